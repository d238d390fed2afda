"""The normalization of a finished dataset, to be used again: new images are mapped exactly as its own were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_tiles_creator.engine.export.manifest import HEAD, Manifest, folder_of
from napari_tiles_creator.errors import DatasetError, RecipeError
from napari_tiles_creator.recipe.document import Recipe

# What of the section is taken besides the ranges: with it a source value has one tile value.
FIELDS = ("scope", "low", "high", "percentiles", "per_channel", "dtype")


def frozen_normalization(dataset: str | Path) -> dict[str, Any]:
    """Return the fields of a recipe that map values as a dataset does, for `Recipe.changed`.

    Parameters
    ----------
    dataset : str or Path
        Its folder, or its ``tiles.json``.

    Returns
    -------
    fields : dict
        ``normalization.scope`` and the rest of the section, ``normalization.ranges`` being what was measured.

    Raises
    ------
    DatasetError
        If there is no such dataset, if it is not finished or damaged, or if its images had no range in common.
    """
    folder = folder_of(Path(dataset))
    head = Manifest.read_head(folder)
    section = head["recipe"].get("normalization") if isinstance(head["recipe"], dict) else None
    if not isinstance(section, dict):
        raise _damaged(folder, "its recipe has no normalization")
    _check_scope(folder, section.get("scope"))
    if not head.get("finished"):
        raise DatasetError(
            f"{folder}: its export did not come to its end, so that its range is not known: export it again, "
            f"it goes on where it stopped"
        )
    fields = {name: section[name] for name in FIELDS if name in section}
    fields["ranges"] = _ranges(folder, head.get("ranges"))
    try:
        Recipe.of({"normalization": fields})
    except RecipeError as error:
        raise _damaged(folder, str(error)) from error
    return {f"normalization.{name}": value for name, value in fields.items()}


def _check_scope(folder: Path, scope: object) -> None:
    """Refuse a dataset whose tiles do not share one range."""
    if scope == "dataset":
        return
    had = {
        "none": "values stayed as they were: --scope none does the same for other images",
        "tile": "each tile had a range of its own: --scope tile does the same for other images",
        "image": "each image had a range of its own: --scope image does the same for other images",
    }
    if scope not in had:
        raise _damaged(folder, f"its normalization.scope is {scope!r}")
    raise DatasetError(
        f"{folder}: its normalization.scope is {scope}, so that there is no range to use again: {had[str(scope)]}; "
        f"to share one range, export it with scope dataset first"
    )


def _ranges(folder: Path, ranges: Any) -> list[list[float]]:
    """Return the ranges that an export measured, checked for what JSON may hold instead."""
    if not isinstance(ranges, list):
        raise _damaged(folder, "it holds no ranges")
    if not ranges or any(isinstance(pair, list) and None in pair for pair in ranges):
        raise DatasetError(
            f"{folder}: no range was found in its images, so that there is none to use again: choose another dataset"
        )
    return ranges


def _damaged(folder: Path, reason: str) -> DatasetError:
    return DatasetError(f"{folder / HEAD} is damaged: {reason}")
