"""Put the tiles of an export, or results named like them, back into one image a source, out of core."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS
from napari_tiles_creator.engine.back.request import At, Kind, MergeRequest
from napari_tiles_creator.engine.back.results import MASKS_FIRST, SUFFIXES, ResultFiles
from napari_tiles_creator.engine.back.source_merge import source_steps, work_px
from napari_tiles_creator.engine.back.source_tiles import SourceTiles
from napari_tiles_creator.engine.back.tiled_image import tiled_sources
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.steps import MEMORY_BYTES, Progress, Warned, result_of
from napari_tiles_creator.errors import DatasetError, ExportError, SourceError
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.sources.registry import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.back.tiled_image import TiledSource


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge wrote.

    Parameters
    ----------
    files : tuple of Path
        One a source, in their order.
    warnings : tuple of str
        What may surprise in the result.
    failed : tuple of Failure
        Sources that could not be merged.
    """

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    failed: tuple[Failure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``merge --json`` prints."""
        return {
            "files": [str(path) for path in self.files],
            "warnings": list(self.warnings),
            "failed": [{"source": failure.source, "reason": failure.reason} for failure in self.failed],
        }


def merge(
    dataset: str | Path,
    output: str | Path,
    *,
    tiles: str | Path | None = None,
    kind: str = "values",
    blend: str = "linear",
    at: str = "calibrated",
    missing: str | float = "fail",
    denormalize: bool = False,
    format: str | None = None,  # noqa: A002  as the command calls it
    stitch: StitchRule | None = None,
    join: JoinRule | None = None,
    workers: int | None = None,
    memory_bytes: int = MEMORY_BYTES,
) -> MergeReport:
    """Merge a dataset back into whole images, ``OUTPUT/{stem}.tif``, one file a source.

    Parameters
    ----------
    dataset : str or Path
        An exported dataset.
    output : str or Path
        Folder of the merged images; not the dataset itself.
    tiles : str or Path, optional
        Folder of results that are named like the tiles, with any readable extension; in folders as the tiles, or
        all in one. The dataset's own tiles by default, for labels and classes its masks.
    kind : {"values", "labels", "classes", "detections"}, default "values"
        What the tiles hold: numbers, ids of objects, numbers of classes, boxes and polygons.
    blend : {"linear", "hann", "gaussian", "mean", "core", "max"}, default "linear"
        How overlapping values are combined.
    at : {"calibrated", "source"}
        In which pixels the result is: those of the tiles, or those of the image's own file.
    missing : "fail" or float, default "fail"
        What stands where no tile is.
    denormalize : bool, default False
        Map the values back to the range of the source, and to its type.
    format : str, optional
        ``tif`` (the default), ``zarr``, ``h5``, ``png``; of detections ``geojson`` (the default), ``coco``, ``yolo``.
    stitch : StitchRule, optional
        How labels are put together.
    join : JoinRule, optional
        How detections are put together.
    workers : int, optional
        Threads; one a processor by default.
    memory_bytes : int, optional
        Memory for pixels.

    Raises
    ------
    DatasetError
        If the folder is no finished dataset, or an option is unknown.
    ExportError
        If the output cannot be written, or a file of that name is there already.
    """
    request = MergeRequest(
        Path(dataset),
        Path(output),
        Path(tiles) if tiles else None,
        kind=cast("Kind", kind),
        blend=blend,
        at=cast("At", at),
        missing=missing,
        denormalize=denormalize,
        format=format,
        stitch=stitch,
        join=join,
        workers=workers,
        memory_bytes=memory_bytes,
    )
    return result_of(merge_steps(request))


def merge_steps(request: MergeRequest) -> Generator[Warned | Progress, None, MergeReport]:
    """Merge a dataset; returns what was written.

    Files appear under their names one by one, each when it is whole; nothing is ever overwritten. A source that fails
    is told in the report, and the others go on.

    Yields
    ------
    Warned or Progress
        Warnings as they come up, which the report has, too; pixels are counted over all sources.

    Raises
    ------
    DatasetError
        If the folder is no finished dataset, or the options do not fit it.
    ExportError
        If the output cannot be written, or a file of that name is there already.
    """
    manifest = _checked_manifest(request)
    sources = [source for source in tiled_sources(manifest) if not source.facts.get("failed")]
    failed = _without_tiles(manifest, sources)
    told = tuple(_warnings(request, manifest, sources))
    for message in told:
        yield Warned(message)
    if request.kind == "detections":
        return (yield from _merged_detections(request, manifest, sources, told, failed))
    return (yield from _merged_images(request, sources, told, failed))


def _checked_manifest(request: MergeRequest) -> Manifest:
    folder, target = request.dataset, request.output
    manifest = Manifest.read(folder)
    if not manifest.finished:
        raise DatasetError(f"{folder}: the export did not come to its end: run the same export again, then merge")
    if target.resolve() == folder.resolve():
        raise DatasetError(f"{target} is the dataset itself: choose another folder for the merged images")
    if request.denormalize and Recipe.of(manifest.head["recipe"]).media.colours is not None:
        raise DatasetError("the channels were composed to colours (media.colours): their values cannot be had back")
    return manifest


def _without_tiles(manifest: Manifest, sources: Sequence[TiledSource]) -> list[Failure]:
    with_tiles = {source.name for source in sources}
    paths = [facts["path"] for facts in manifest.head["sources"] if not facts.get("failed")]
    return [Failure(path, f"{path}: the dataset holds no tile of it") for path in paths if path not in with_tiles]


def _warnings(request: MergeRequest, manifest: Manifest, sources: Sequence[TiledSource]) -> Iterator[str]:
    recipe = Recipe.of(manifest.head["recipe"])
    if recipe.normalization.scope == "tile" and request.kind == "values":
        yield "each tile was normalized on its own (scope tile): seams between tiles are to be expected"
    if request.file_format == "zarr" and request.tiles is None and any(source.is_rgb for source in sources):
        yield "OME-Zarr has no colours: red, green and blue become channels"
    if recipe.tiling.sampling != "grid":
        yield f"tiles of {recipe.tiling.sampling} sampling do not cover the images: there are gaps between them"
        return
    planned = sum(len(source.grid) * len(source.planes) for source in sources if source.grid)
    there = sum(len(source.rows) for source in sources)
    if there < planned:
        yield (
            f"{planned - there} of {planned} tiles of the grid are not in the dataset (filters, annotations or splits "
            f"left them out): what only they showed is not there"
        )


def _merged_images(
    request: MergeRequest, sources: Sequence[TiledSource], told: tuple[str, ...], failed: list[Failure]
) -> Generator[Progress, None, MergeReport]:
    paths = [request.output / f"{source.stem}{ENDINGS[request.file_format]}" for source in sources]
    for path in paths:
        if os.path.lexists(path):
            raise ExportError(
                f"{path} is there already and may be an image of yours: choose another folder for the merged images, "
                f"or move it"
            )
    results = None
    if request.tiles is not None:
        suffixes = MASKS_FIRST if request.kind in ("labels", "classes") else SUFFIXES
        results = ResultFiles(request.tiles, EXTENSIONS, suffixes)
    jobs = [SourceTiles(request, source, results) for source in sources]
    total, done, files = sum(map(work_px, jobs)), 0, []
    for job, path in zip(jobs, paths, strict=True):
        try:
            for step in source_steps(job, path):
                yield Progress(done + step.done_px, total)
            files.append(path)
        except (DatasetError, SourceError, ValueError) as error:
            failed.append(Failure(job.source.name, _named(job.source, error)))
        done += work_px(job)
        yield Progress(done, total)
    return MergeReport(tuple(files), told, tuple(failed))


def _named(source: TiledSource, error: Exception) -> str:
    """Return what failed, with the name of the source."""
    return str(error) if source.name in str(error) else f"{source.name}: {error}"


def _merged_detections(
    request: MergeRequest,
    manifest: Manifest,
    sources: Sequence[TiledSource],
    told: tuple[str, ...],
    failed: list[Failure],
) -> Generator[Warned | Progress, None, MergeReport]:
    from napari_tiles_creator.engine.back.detections.merge import merge_detections

    warnings = list(told)
    steps = merge_detections(request, sources, tuple(manifest.head.get("classes") or ()))
    try:
        while True:
            step = next(steps)
            if isinstance(step, Warned):
                warnings.append(step.message)
            yield step
    except StopIteration as end:
        report = end.value
    finally:
        steps.close()
    return MergeReport(report.files, tuple(warnings), (*failed, *report.failed))
