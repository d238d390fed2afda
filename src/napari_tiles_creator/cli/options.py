"""Options that several commands share, and the recipe they make together."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.media import Media

Command = TypeVar("Command", bound=Callable[..., Any])

# Flags of their own for the fields that are set most often; the value is checked by the recipe.
FIELD_OF_FLAG = {
    "size": "tiling.size_px",
    "overlap": "tiling.overlap_px",
    "edge": "tiling.edge",
    "pixel_size": "calibration.pixel_size_um",
    "target_pixel_size": "calibration.target_pixel_size_um",
    "scale": "calibration.scale",
    "scope": "normalization.scope",
    "dtype": "normalization.dtype",
    "format_": "export.format",
    "layout": "export.layout",
    "classes": "annotations.classes",
    "split": "export.split",
    "seed": "tiling.seed",
}
# Endings of files that name a class a line: no class is called so.
NAME_FILES = (".txt", ".names", ".csv", ".json", ".yaml", ".yml")
# Flags whose text is taken as it is.
PLAIN_FLAGS = {
    "pattern": "media.pattern",
    "recursive": "media.recursive",
    "axes": "media.axes",
    "channels_from": "media.channels_from",
    "labels": "annotations.labels",
    "boxes": "annotations.boxes",
}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
workers_option = click.option("--workers", type=click.IntRange(1), help="Threads; one a processor by default.")


def recipe_options(command: Command) -> Command:
    """Add everything that makes a recipe: a file or a preset, folders, flags and ``--set``."""
    for option in reversed(_RECIPE_OPTIONS):
        command = option(command)
    return command


def read_size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | list[int] | None:
    """Read ``512``, or ``512x256`` as height and width."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)(?:[x×](\d+))?", value.strip())
    if not match:
        raise click.BadParameter(f"{value!r}: write pixels, such as 512, or height and width, such as 512x256")
    return int(match[1]) if match[2] is None else [int(match[1]), int(match[2])]


def read_bytes(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """Read an amount of memory, ``512``, ``512M`` (MiB) or ``2G`` (GiB), in bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(M|G)?(?:i?B)?", value.strip(), re.IGNORECASE)
    if not match or not float(match[1]):
        raise click.BadParameter(f"{value!r}: write MiB, such as 512 or 512M, or GiB, such as 2G")
    return int(float(match[1]) * (1 << (30 if (match[2] or "M").upper() == "G" else 20)))


def read_classes(context: click.Context, parameter: click.Parameter, value: str | None) -> str | list[str] | None:
    """Read names with commas between them, or one name; a file is meant where there is one, or its ending says so."""
    if value is None or not value.strip() or Path(value).is_file():
        return value
    if value.lower().endswith(NAME_FILES):
        raise click.BadParameter(f"{value!r}: there is no such file: check the path, or write names, such as cell,soma")
    return [name.strip() for name in value.split(",")]


def read_split(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, Any] | None:
    """Read ``train=0.8,val=0.2``, any field of ``export.split`` among them."""
    if value is None:
        return None
    fields = [part.partition("=") for part in value.split(",")]
    if any(not equals for _, equals, _ in fields):
        raise click.BadParameter(f"{value!r}: write shares, such as train=0.8,val=0.2, and by=blocks among them")
    names = [name.strip() for name, _, _ in fields]
    if len(set(names)) < len(names):
        raise click.BadParameter(f"{value!r}: names {max(names, key=names.count)} twice")
    return {name.strip(): _value(text) for name, _, text in fields}


memory_option = click.option(
    "--memory", default="512M", show_default=True, callback=read_bytes, help="Memory for pixels: 512M, 2G."
)


def read_scheduler(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Refuse a cluster: there is none yet."""
    if value is not None:
        raise click.UsageError(f"--scheduler {value}: all is done on this machine only so far; leave it out")


scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    callback=read_scheduler,
    expose_value=False,
    help="A cluster's scheduler (not available yet).",
)


def run_options(command: Command) -> Command:
    """Add what says how much a command may take: threads, memory, a cluster."""
    return workers_option(memory_option(scheduler_option(command)))


def whole_image_options(command: Command) -> Command:
    """Add what makes the tiles of whole images, without what chooses some of them or makes a dataset of them."""
    for option in reversed([*_BEGINNINGS, *_TILES]):
        command = option(command)
    return command


def media_options(command: Command) -> Command:
    """Add a source and everything that says which images are meant and how they are to be understood."""
    for option in reversed(_MEDIA_OPTIONS):
        command = option(command)
    return command


_WHICH_IMAGES = [
    click.option("--pattern", help="Only file names that fit, such as '*_c1.tif'."),
    click.option("--recursive", is_flag=True, default=None, help="Also look into the folders inside."),
    click.option("--axes", metavar="LETTERS", help="Axes of images whose file does not tell them, such as ZYX."),
    click.option(
        "--channels-from",
        metavar="PATTERN",
        help="One file per channel: pattern of their names with {channel}, such as '*_{channel}.tif'.",
    ),
]
_MEDIA_OPTIONS = [
    click.argument("source"),
    *_WHICH_IMAGES,
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="media.FIELD=VALUE",
        help="Change any field of the recipe's section media; repeatable; the value is read as YAML.",
    ),
]
_BEGINNINGS = [
    click.option("--recipe", "recipe_file", metavar="FILE", help="Recipe to start from (YAML or JSON)."),
    click.option("--preset", metavar="NAME", help="Preset to start from: unet, yolo, axons, imgsplit."),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="SECTION.FIELD=VALUE",
        help="Change any field of the recipe; repeatable; the value is read as YAML.",
    ),
    *_WHICH_IMAGES,
]
_TILES = [
    click.option("--size", callback=read_size, metavar="PX", help="Tile size: 512, or 512x256 (height x width)."),
    click.option("--overlap", callback=read_size, metavar="PX", help="Overlap of neighbours: 128, or 128x64 (y x x)."),
    click.option("--edge", help="When the last tile does not fit: shift, spread, pad, drop, ragged."),
    click.option("--pixel-size", metavar="UM", help="Pixel size of the images, µm; overrides the files'."),
    click.option("--target-pixel-size", metavar="UM", help="Rescale to this pixel size, µm."),
    click.option("--scale", metavar="FACTOR", help="Rescale by a plain factor, such as 0.5 or 1/3."),
    click.option("--scope", help="Normalization: none, tile (Local), image (Global), dataset."),
    click.option(
        "--normalization-from",
        metavar="DATASET",
        help="Map values as this dataset does, which was exported with scope dataset; flags and --set come on top.",
    ),
    click.option("--dtype", help="Type of the tiles: float32, uint8, uint16, or null for the images' own."),
]
_RECIPE_OPTIONS = [
    click.argument("source", required=False),
    click.argument("output", required=False),
    *_BEGINNINGS,
    *_TILES,
    click.option("--format", "format_", help="Format of the tiles: tif, png, jpg."),
    click.option("--layout", help="Form of the dataset: flat, pairs, stardist, yolo, coco, … (see the recipe)."),
    click.option("--labels", metavar="FOLDER", help="Label images, named as their images, to be cut with them."),
    click.option("--boxes", metavar="PLACE", help="Boxes and polygons: a folder of YOLO texts, or a COCO JSON file."),
    click.option(
        "--classes", callback=read_classes, metavar="NAMES", help="Names of the classes, a,b,c, or a file of them."
    ),
    click.option(
        "--split", callback=read_split, metavar="SHARES", help="Splits and their shares: train=0.8,val=0.1,test=0.1."
    ),
    click.option("--seed", metavar="N", help="Seed of random draws."),
]


def make_recipe(
    source: str | None,
    output: str | None,
    recipe_file: str | None,
    preset: str | None,
    settings: tuple[str, ...],
    **flags: Any,
) -> Recipe:
    """Return the recipe that the options ask for: file or preset, another dataset's normalization, flags, ``--set``.

    Raises
    ------
    click.UsageError
        If there is nothing to start from, or too much.
    RecipeError
        If a value is wrong.
    DatasetError
        If there is no normalization to take from the dataset that is named.
    """
    from napari_tiles_creator.recipe.document import Recipe

    if recipe_file and preset:
        raise click.UsageError("give --recipe or --preset, not both")
    if not recipe_file and not source:
        raise click.UsageError("name the folder of images (SOURCE), or a recipe with --recipe FILE")
    recipe = Recipe.load(recipe_file) if recipe_file else Recipe.preset(preset or "unet")
    changes: dict[str, Any] = {}
    if source:
        changes["media.folder"] = source
    if output:
        changes["export.folder"] = output
    if flags.get("like"):
        from napari_tiles_creator.engine.segmenting.likeness import fields_like

        changes |= fields_like(flags["like"])
    if flags.get("normalization_from"):
        from napari_tiles_creator.engine.export.frozen_normalization import frozen_normalization

        changes |= frozen_normalization(flags["normalization_from"])
    for flag, field in FIELD_OF_FLAG.items():
        value = flags.get(flag)
        if value is not None:
            plain = not isinstance(value, str) or flag == "classes"
            changes[field] = value if plain else _value(value)
    changes |= {field: flags[flag] for flag, field in PLAIN_FLAGS.items() if flags.get(flag) is not None}
    if flags.get("target_pixel_size") is not None or flags.get("scale") is not None:
        changes["calibration.enabled"] = True
    return recipe.changed(changes | _set(settings))


def make_media(source: str, settings: tuple[str, ...] = (), **flags: Any) -> Media:
    """Return the recipe's section media that the options ask for.

    Raises
    ------
    click.UsageError
        If ``--set`` names another section.
    RecipeError
        If a value is wrong.
    """
    from napari_tiles_creator.recipe.document import Recipe

    changes = {"media.folder": source} | {PLAIN_FLAGS[flag]: value for flag, value in flags.items() if value}
    for field, value in _set(settings).items():
        if not field.startswith("media."):
            raise click.UsageError(f"--set {field}: only fields of media matter here, such as media.series")
        changes[field] = value
    return Recipe().changed(changes).media


def _set(settings: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that ``--set`` changes, with their values."""
    changes = {}
    for setting in settings:
        field, equals, text = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write section.field=value")
        changes[field.strip()] = _value(text)
    return changes


def _value(text: str) -> Any:
    """Return a value as a recipe's YAML would have it; what YAML cannot read, such as ``*.tif``, is text."""
    import yaml

    from napari_tiles_creator.recipe.document import parsed

    try:
        return parsed(text)
    except yaml.YAMLError as error:
        if (
            text.startswith("{") and ": " in text
        ):  # a mapping that is written wrongly: no text, as a template of names is
            reason = getattr(error, "problem", None) or "it cannot be read"
            hint = "; texts with a backslash stand in single quotes" if "escape" in reason else ""
            raise click.UsageError(f"{text}: no YAML: {reason}{hint}") from error
        return text
