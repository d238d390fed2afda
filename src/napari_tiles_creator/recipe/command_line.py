"""The command that does what a recipe says."""

from __future__ import annotations

import json
import math
import re
import shlex
from typing import TYPE_CHECKING, Any

import yaml

from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.document import Recipe, parsed
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.recipe.presets import PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Fields with a flag of their own; all others go by --set.
FLAG_OF_FIELD = {
    "tiling.size_px": "--size",
    "tiling.overlap_px": "--overlap",
    "tiling.edge": "--edge",
    "calibration.pixel_size_um": "--pixel-size",
    "calibration.target_pixel_size_um": "--target-pixel-size",
    "calibration.scale": "--scale",
    "normalization.scope": "--scope",
    "normalization.dtype": "--dtype",
    "export.format": "--format",
    "export.layout": "--layout",
    "annotations.labels": "--labels",
    "annotations.boxes": "--boxes",
    "tiling.seed": "--seed",
}
FOLDERS = ("media.folder", "export.folder")
# Flags that switch calibration on, whatever else is said.
RESCALING = ("calibration.target_pixel_size_um", "calibration.scale")


def command_line(recipe: Recipe) -> str:
    """Return the shortest ``tiles-creator export`` that gives this recipe, quoted for a shell.

    Raises
    ------
    RecipeError
        If a folder is missing, or the images are layers that are open in napari, which a command line cannot see.
    """
    folders = [recipe.media.folder, recipe.export.folder]
    for field, folder in zip(FOLDERS, folders, strict=True):
        if not folder:
            raise RecipeError.of(field, "choose a folder: the command line names it")
    if recipe.media.folder == OPEN_LAYERS:
        raise RecipeError.of(
            "media.folder", "the images are layers open in napari: save them to a folder for the command line"
        )
    preset, words = min(((name, _words(recipe, name)) for name in PRESETS), key=lambda choice: _length(choice[1]))
    if any(folder.startswith("-") for folder in folders):
        words = [*words, "--", *folders]
        return shlex.join(["tiles-creator", "export", "--preset", preset, *words])
    return shlex.join(["tiles-creator", "export", *folders, "--preset", preset, *words])


def _length(words: list[str]) -> int:
    return sum(len(word) + 1 for word in words)


def _words(recipe: Recipe, preset: str) -> list[str]:
    """Return the options that lead from a preset to the recipe."""
    base, wanted = _fields(Recipe.preset(preset)), _fields(recipe)
    changes = {field: value for field, value in wanted.items() if value != base[field] and field not in FOLDERS}
    if any(field in changes for field in RESCALING) and not recipe.calibration.enabled:
        changes["calibration.enabled"] = False
    elif recipe.calibration.enabled and changes.get("calibration.scale", base["calibration.scale"]) is None:
        # Named even where it is the default: it says what is rescaled to, and switches rescaling on.
        changes["calibration.target_pixel_size_um"] = recipe.calibration.target_pixel_size_um
    if recipe.calibration.enabled and any(_flag(field, changes) for field in RESCALING):
        changes.pop("calibration.enabled", None)
    words: list[str] = []
    for field, value in changes.items():
        flag = _flag(field, changes)
        words += [flag, _plain(field, value)] if flag else ["--set", f"{field}={_yaml(value)}"]
    return words


def _flag(field: str, changes: Mapping[str, Any]) -> str:
    """Return the flag that gives a change, empty where only ``--set`` can."""
    if field not in changes or (value := changes[field]) is None:
        return "--dtype" if field == "normalization.dtype" and field in changes else ""
    if isinstance(value, float) and _yaml(value).startswith("-"):
        return ""
    return FLAG_OF_FIELD.get(field, "")


def _plain(field: str, value: Any) -> str:
    """Return the value of a flag."""
    if field in ("tiling.size_px", "tiling.overlap_px") and isinstance(value, list):
        return "x".join(map(str, value))
    return value if isinstance(value, str) else _yaml(value)


def _yaml(value: Any) -> str:
    """Return a value in the shortest form that YAML reads back as the same."""
    if isinstance(value, str):
        if re.fullmatch(r"[^\s'\"][^\n]*", value) and value == value.strip() and _reads_back(value):
            return value
        return yaml.safe_dump(value, default_style='"', allow_unicode=True, width=math.inf).strip()
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _reads_back(text: str) -> bool:
    try:
        return bool(parsed(text) == text)
    except yaml.YAMLError:  # such as *.tif, which --set takes as it is
        return True


def _number(value: float) -> str:
    """Return a number with all its digits, as YAML reads one: with a point before an exponent."""
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    if exponent:
        sign = "" if power.startswith("-") else "+"
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}{power.lstrip('+')}"
    return text.removesuffix(".0")


def _fields(recipe: Recipe) -> dict[str, Any]:
    """Return every field under its dotted name."""
    sections = {name: part for name, part in recipe.to_dict().items() if isinstance(part, dict)}
    return {f"{name}.{field}": value for name, part in sections.items() for field, value in part.items()}
