"""Where predictions of a dataset's tiles stand, so that whoever looks into its folder knows them from foreign files.

In the dataset's own folder where that is for people (layout flat): an annotation tool wants its JSON beside the tile.
Else in a folder of their own, which no trainer lists.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.partners.names import bare_stem, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# What tells how predictions were made.
RECORD = "predictions.json"
# Where they are in a dataset for trainers.
FOLDER = "predictions"
COCO = "predictions_coco.json"
MASKS, PROBABILITIES = "masks", "probabilities"
MASK_EXTENSIONS = (".png", ".tif")
LABELLER, LABELME = "__labels.json", ".json"


def home(dataset: Path, layout: str) -> Path:
    """Return the folder of a dataset's predictions."""
    return dataset if layout == "flat" else dataset / FOLDER


def mask_name(tile: str, extension: str) -> str:
    """Return the path of a tile's mask in that folder; of ``train/images/a.tif``: ``masks/train/images/a_mask.png``."""
    return f"{MASKS}/{_stem(tile)}_mask{extension}"


def probabilities_name(tile: str) -> str:
    """Return the path of a tile's probabilities in that folder."""
    return f"{PROBABILITIES}/{_stem(tile)}.tif"


def annotation_name(tile: str, ending: str) -> str:
    """Return the path of a tile's JSON in that folder; `ending` is `LABELLER` or `LABELME`."""
    return _stem(tile) + ending


def names_of(tile: str) -> tuple[str, ...]:
    """Return all paths that predictions of a tile may have."""
    masks = (mask_name(tile, extension) for extension in MASK_EXTENSIONS)
    annotations = (annotation_name(tile, ending) for ending in (LABELLER, LABELME))
    return (*masks, probabilities_name(tile), *annotations)


def predictions_among(folder: Path, layout: str, tiles: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Return which of some files of a dataset, named by their relative paths, are predictions of its tiles."""
    place = home(folder, layout)
    if not (place / RECORD).is_file():
        return set()
    found = list(paths)
    if place != folder:
        return {path for path in found if PurePosixPath(path).parts[0] == FOLDER}
    stems = {_stem(tile) for tile in tiles}
    return {path for path in found if path in (RECORD, COCO) or _tile_stem(path) in stems}


def _stem(tile: str) -> str:
    """Return a tile's path without its extension."""
    folder = folder_of(tile)
    return f"{folder}/{bare_stem(tile)}" if folder else bare_stem(tile)


def _tile_stem(path: str) -> str | None:
    """Return what would be the stem of the tile that a prediction of this path belongs to, None for another file."""
    top, slash, rest = path.partition("/")
    if slash and top == MASKS:
        stem = next((rest[: -len(end)] for end in MASK_EXTENSIONS if rest.endswith(end)), "")
        return stem.removesuffix("_mask") if stem.endswith("_mask") else None
    if slash and top == PROBABILITIES:
        return rest.removesuffix(".tif") if rest.endswith(".tif") else None
    return next((path[: -len(end)] for end in (LABELLER, LABELME) if path.endswith(end)), None)
