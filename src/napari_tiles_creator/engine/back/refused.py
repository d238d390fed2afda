"""What is refused before any pixel is read: mistakes that concern all images alike, told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.engine.back.outputs.formats import refusal
from napari_tiles_creator.engine.back.outputs.image_output import ImageForm
from napari_tiles_creator.engine.export.manifest import TABLE, Manifest
from napari_tiles_creator.errors import DatasetError, SourceError
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.back.request import MergeRequest
    from napari_tiles_creator.engine.back.results import ResultFiles
    from napari_tiles_creator.engine.back.source_tiles import SourceTiles
    from napari_tiles_creator.engine.export.rows import TileRow


def checked_manifest(request: MergeRequest) -> Manifest:
    """Return the manifest of the dataset.

    Raises
    ------
    DatasetError
        If the folder is no finished dataset, or what is asked cannot be had from it, or put where it is wanted.
    """
    folder = request.dataset
    if folder.is_file():
        raise DatasetError(f"{folder} is a file: name the dataset's folder")
    manifest = Manifest.read(folder)
    if not manifest.finished:
        raise DatasetError(f"{folder}: the export did not come to its end: run the same export again, then merge")
    if manifest.table_state() == "missing":
        raise DatasetError(f"{folder}: {TABLE} is missing, which tells where tiles lie: run the same export again")
    _check_output(request.output, folder)
    _check_results(request)
    if request.denormalize and Recipe.of(manifest.head["recipe"]).media.colours is not None:
        raise DatasetError("the channels were composed to colours (media.colours): their values cannot be had back")
    return manifest


def _check_output(target: Path, folder: Path) -> None:
    if target.resolve() == folder.resolve():
        raise DatasetError(f"{target} is the dataset itself: choose another folder for the merged images")
    if target.resolve().is_relative_to(folder.resolve()):
        raise DatasetError(f"{target} lies inside the dataset {folder}: choose another folder for the merged images")
    for place in (target, *target.parents):
        if place.is_file():
            raise DatasetError(f"{place} is a file: choose a folder for the merged images")


def _check_results(request: MergeRequest) -> None:
    """Refuse a place of results that cannot be one; detections may be in a single file, too."""
    results = request.tiles
    if results is None or results.is_dir():
        return
    if not results.exists():
        raise DatasetError(f"{results}: there is no such folder of results (--tiles)")
    if request.kind != "detections":
        raise DatasetError(f"{results} is a file: name the folder of the results (--tiles)")


def check_any_result(results: ResultFiles, jobs: Sequence[SourceTiles]) -> None:
    """Raise DatasetError where no tile at all has a result."""
    if results.is_empty:
        raise DatasetError(f"{results.folder}: holds no file that may be a result of a tile (--tiles)")
    rows = [row for job in jobs for row in job.source.rows]
    if rows and not any(_may_have(results, row) for row in rows):
        raise DatasetError(
            f"{results.folder}: holds no result of any tile, such as {rows[0].tile}: results are named like their tiles"
        )


def _may_have(results: ResultFiles, row: TileRow) -> bool:
    try:
        return results.of(row.tile) is not None
    except DatasetError:  # of several that may be meant it is told with the image
        return True


def check_format(request: MergeRequest, jobs: Sequence[SourceTiles]) -> None:
    """Raise DatasetError where the format can hold the pixels of no image; headers are read for it.

    What an image alone is refused for is told with it. Labels get a type that fits their number.
    """
    if request.kind == "labels" or request.file_format in ("zarr", "h5"):
        return
    reason = None
    for job in jobs:
        try:
            reason = refusal(request.file_format, ImageForm((1, 1), job.form.dtype))
        except (DatasetError, SourceError, ValueError):  # told with its image
            continue
        if reason is None:
            return
    if reason is None:
        return
    ways = ""
    if request.kind == "values":
        own = request.tiles is None and not request.denormalize
        ways = ", or --denormalize for the images' own type" if own else ""
        ways += ", or --kind labels or classes where masks are meant"
    raise DatasetError(f"{reason}{ways}")
