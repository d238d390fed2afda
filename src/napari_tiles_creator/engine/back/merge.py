"""Put the tiles of an export, or results named like them, back into one image a source, out of core."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from napari_tiles_creator.engine.back.going_on import is_there, refuse_there, with_way_on
from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS
from napari_tiles_creator.engine.back.refused import check_any_result, check_format, checked_manifest
from napari_tiles_creator.engine.back.report import MergeReport
from napari_tiles_creator.engine.back.request import At, Kind, MergeRequest
from napari_tiles_creator.engine.back.results import MASKS_FIRST, SUFFIXES, ResultFiles
from napari_tiles_creator.engine.back.source_merge import source_steps, work_px
from napari_tiles_creator.engine.back.source_tiles import SourceTiles
from napari_tiles_creator.engine.back.surprises import NAMED, surprises
from napari_tiles_creator.engine.back.tiled_image import tiled_sources
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.steps import MEMORY_BYTES, Progress, Warned, passed_on, result_of
from napari_tiles_creator.errors import DatasetError, ExportError, SourceError, named
from napari_tiles_creator.sources.registry import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.back.report import MergedSource
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.engine.steps import Step


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
    skip_existing: bool = False,
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
    skip_existing : bool, default False
        Pass over sources whose results are there already, so that a merge of many images goes on.

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
        skip_existing=skip_existing,
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
    manifest = checked_manifest(request)
    sources = [source for source in tiled_sources(manifest) if not source.facts.get("failed")]
    merged = _merged_detections if request.kind == "detections" else _merged_images
    steps = merged(request, manifest, sources)
    warnings: list[str] = []

    def noted(step: Step) -> Step:
        if isinstance(step, Warned):
            warnings.append(step.message)
        return step

    try:
        for message in surprises(request, manifest, sources):
            yield noted(Warned(message))
        told: Generator[Step, None, MergeReport] = passed_on(steps, noted)
        report = yield from told
    except ExportError as error:
        way_on = with_way_on(error)
        if way_on is None:
            raise
        raise way_on from error
    finally:
        steps.close()
    if report.left_out:
        message = f"{_objects(report.left_out)} left out that only the rim of a tile shows"
        yield noted(Warned(message))
    failed = (*_without_tiles(manifest, sources), *report.failed)
    return replace(report, warnings=tuple(warnings), failed=failed)


def _objects(count: int) -> str:
    return "1 object was" if count == 1 else f"{count} objects were"


def _without_tiles(manifest: Manifest, sources: Sequence[TiledSource]) -> list[Failure]:
    with_tiles = {source.name for source in sources}
    paths = [facts["path"] for facts in manifest.head["sources"] if not facts.get("failed")]
    return [Failure(path, f"{path}: the dataset holds no tile of it") for path in paths if path not in with_tiles]


def _merged_images(
    request: MergeRequest, manifest: Manifest, sources: Sequence[TiledSource]
) -> Generator[Warned | Progress, None, MergeReport]:
    paths = {source.name: request.output / f"{source.stem}{ENDINGS[request.file_format]}" for source in sources}
    if not request.skip_existing:
        refuse_there(paths.values())
    there = tuple(name for name, path in paths.items() if is_there(path))
    results = None
    if request.tiles is not None:
        suffixes = MASKS_FIRST if request.kind in ("labels", "classes") else SUFFIXES
        results = ResultFiles(request.tiles, EXTENSIONS, suffixes)
    jobs = [SourceTiles(request, source, results) for source in sources if source.name not in there]
    if results is not None:
        check_any_result(results, jobs)
    check_format(request, jobs)
    total, done = sum(map(work_px, jobs)), 0
    merged: list[MergedSource] = []
    failed: list[Failure] = []
    notes: list[str] = []
    for job in jobs:
        try:
            steps = source_steps(job, paths[job.source.name])
            told: Generator[Step, None, MergedSource] = passed_on(steps, _counted(done, total, notes))
            merged.append((yield from told))
        except (DatasetError, SourceError, ValueError) as error:
            failed.append(Failure(job.source.name, named(error, job.source.name)))
        done += work_px(job)
        yield Progress(done, total)
    if len(notes) > NAMED:
        yield Warned(f"of {len(notes) - NAMED} more images the same is to be said")
    files = tuple(path for one in merged for path in one.files)
    return MergeReport(files, (), tuple(failed), tuple(merged), there)


def _counted(done: int, total: int, notes: list[str]) -> Callable[[Step], Step | None]:
    """Return what makes steps of one source steps of all; warnings, which are all alike, of the first few sources."""

    def counted(step: Step) -> Step | None:
        if isinstance(step, Progress):
            return Progress(done + step.done_px, total)
        notes.append(step.message)
        return step if len(notes) <= NAMED else None

    return counted


def _merged_detections(
    request: MergeRequest, manifest: Manifest, sources: Sequence[TiledSource]
) -> Generator[Warned | Progress, None, MergeReport]:
    from napari_tiles_creator.engine.back.detections.merge import merge_detections

    report = yield from merge_detections(request, sources, tuple(manifest.head.get("classes") or ()))
    return MergeReport(report.files, (), report.failed, report.sources, report.there_already)
