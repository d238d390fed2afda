"""What of a dataset new images share, so that a model which was trained on it meets tiles that look the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.export.frozen_normalization import FIELDS, frozen_normalization
from napari_tiles_creator.engine.export.manifest import HEAD, Manifest, folder_of
from napari_tiles_creator.errors import DatasetError, RecipeError
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_tiles_creator.recipe.section import Section

# How images are brought to one size. What a file says of its own pixel size is its own affair.
CALIBRATION = ("enabled", "target_pixel_size_um", "scale", "interpolation", "antialias", "use_pyramid")
TILING = ("size_px", "overlap_px", "edge", "small_images", "pad_mode")
# Which channels a tile holds, and how.
MEDIA = ("channel", "colours", "rgb")


def fields_like(dataset: str | Path) -> dict[str, Any]:
    """Return the fields of a recipe that treat images as those of a dataset were, for `Recipe.changed`.

    Parameters
    ----------
    dataset : str or Path
        Its folder, or its ``tiles.json``.

    Returns
    -------
    fields : dict
        Calibration, tiling, channels and normalization; with scope dataset its ranges are those that were measured.
        Random tiles are replaced by a grid of tiles of their size.

    Raises
    ------
    DatasetError
        If there is no such dataset, or it is not finished or damaged.
    """
    folder, recipe = _exported(dataset)
    fields = (
        _fields("calibration", recipe.calibration, CALIBRATION)
        | _fields("tiling", recipe.tiling, TILING)
        | _fields("media", recipe.media, MEDIA)
    )
    fields["tiling.sampling"] = "grid"
    for axis in ("z", "t"):  # planes by number are of one image; projections are of all
        if getattr(recipe.media, axis) in ("max", "mean"):
            fields[f"media.{axis}"] = getattr(recipe.media, axis)
    if recipe.normalization.scope == "dataset":
        return fields | frozen_normalization(folder)
    return fields | _fields("normalization", recipe.normalization, FIELDS)


def notes_like(dataset: str | Path) -> Iterator[str]:
    """Yield what of a dataset's treatment of images is done in another way, see `fields_like`."""
    _, recipe = _exported(dataset)
    if recipe.tiling.sampling != "grid":
        yield (
            f"tiles of {dataset} lie at random (tiling.sampling {recipe.tiling.sampling}): images are cut in a grid of "
            f"tiles of their size"
        )


def _exported(dataset: str | Path) -> tuple[Path, Recipe]:
    """Return the folder and the recipe of a dataset; DatasetError where there is none."""
    folder = folder_of(Path(dataset))
    try:
        return folder, Recipe.of(Manifest.read_head(folder)["recipe"])
    except RecipeError as error:
        raise DatasetError(f"{folder / HEAD} is damaged: {error}") from error


def _fields(name: str, section: Section, wanted: tuple[str, ...]) -> dict[str, Any]:
    return {f"{name}.{field}": getattr(section, field) for field in wanted}
