"""Detections of all tiles, joined to those of whole images: from files to files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.back.detections.class_list import ClassList
from napari_tiles_creator.engine.back.detections.outputs.coco import CocoOutput
from napari_tiles_creator.engine.back.detections.outputs.geojson import GeoJsonOutput
from napari_tiles_creator.engine.back.detections.outputs.yolo import YoloOutput
from napari_tiles_creator.engine.back.detections.source_detections import detections_steps, plane_suffixes, work_px
from napari_tiles_creator.engine.back.detections.tile_results import tile_results
from napari_tiles_creator.engine.back.going_on import is_there, refuse_there
from napari_tiles_creator.engine.back.report import MergedSource
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.steps import Progress, Warned, passed_on
from napari_tiles_creator.errors import AnnotationError, DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.back.detections.outputs.base import DetectionsOutput
    from napari_tiles_creator.engine.back.detections.tile_results import TileResults
    from napari_tiles_creator.engine.back.request import MergeRequest
    from napari_tiles_creator.engine.back.tiled_image import TiledSource

OUTPUTS: dict[str, Callable[[Path], DetectionsOutput]] = {
    "geojson": GeoJsonOutput,
    "coco": CocoOutput,
    "yolo": YoloOutput,
}
# So many tiles or files are named in a warning.
NAMED = 5


@dataclass(frozen=True, slots=True)
class DetectionsReport:
    """What a merge of detections came to.

    Parameters
    ----------
    files : tuple of Path
        What was written, in the order of the sources.
    count : int
        Objects in all of them.
    failed : tuple of Failure
        Sources that were left out.
    sources : tuple of MergedSource
        Of each source that was merged what became of it.
    there_already : tuple of str
        Sources that were passed over, as their results were there.
    """

    files: tuple[Path, ...]
    count: int
    failed: tuple[Failure, ...]
    sources: tuple[MergedSource, ...] = ()
    there_already: tuple[str, ...] = ()


def merge_detections(
    request: MergeRequest, sources: Sequence[TiledSource], classes: tuple[str, ...]
) -> Generator[Warned | Progress, None, DetectionsReport]:
    """Join the detections of all sources and write them.

    A tile without a result is one without an object, as long as any tile has one: YOLO writes none where it finds
    none. A source whose results cannot be understood is told in the report, and the others go on.

    Parameters
    ----------
    request : MergeRequest
        Of kind detections.
    sources : sequence of TiledSource
        Of the dataset, as `tiled_sources` gives them.
    classes : tuple of str
        Names in index order as the dataset's ``tiles.json`` has them; more may come with the results.

    Raises
    ------
    DatasetError
        If no tile has a result, or the results are of an unknown form; nothing is written then.
    AnnotationError
        If a COCO JSON of all tiles cannot be understood.
    ExportError
        If a file is there already, or cannot be written.
    """
    if not sources:
        return DetectionsReport((), 0, ())
    output = OUTPUTS[request.file_format](request.output)
    names = [(source.stem, plane_suffixes(source)) for source in sources]
    if not request.skip_existing:
        refuse_there(output.paths(names))
    there = [source for source, name in zip(sources, names, strict=True) if all(map(is_there, output.paths_of(*name)))]
    results = tile_results(request.tiles or request.dataset, sources, ClassList(classes))
    passed_over = {source.name for source in there}
    wanted = [source for source in sources if source.name not in passed_over]
    total, done = sum(map(work_px, wanted)), 0
    files: list[Path] = []
    merged: list[MergedSource] = []
    failed: list[Failure] = []
    missing: list[str] = []
    notes: list[str] = []
    try:
        for source in sources:
            if source.name in passed_over:
                _note_classes(source, results)
                continue
            steps = detections_steps(source, results, request.join, at_source=request.at == "source")
            try:
                read = yield from passed_on(steps, partial(_counted, done, total))
            except (AnnotationError, DatasetError) as error:
                failed.append(Failure(source.name, str(error)))
            else:
                files += output.write(read.found, results.classes.names)
                paths = output.paths_of(source.stem, plane_suffixes(source))
                merged.append(MergedSource(source.name, tuple(paths), read.count, read.left_out))
                missing += read.missing
                notes += read.notes
            done += work_px(source)
            yield Progress(done, total)
        if merged or there:
            files += output.finish(results.classes.names)
    finally:
        output.close()
    if not results.leaves_out_empty:
        yield from _missing(missing, sum(len(source.rows) for source in wanted), request)
    yield from _noted(notes)
    count = sum(one.objects or 0 for one in merged)
    return DetectionsReport(tuple(files), count, tuple(failed), tuple(merged), tuple(one.name for one in there))


def _note_classes(source: TiledSource, results: TileResults) -> None:
    """Read the results of a source that is passed over, so that new classes get the numbers that they had before."""
    for row in source.rows:
        with suppress(AnnotationError, DatasetError):
            results.of(row)


def _counted(done: int, total: int, step: Progress) -> Progress:
    """Return a step of one source as one of all."""
    return Progress(done + step.done_px, total)


def _missing(missing: Sequence[str], tiles: int, request: MergeRequest) -> Iterator[Warned]:
    if missing:
        shown = ", ".join(missing[:NAMED]) + (", …" if len(missing) > NAMED else "")
        yield Warned(
            f"{len(missing)} of {tiles} tiles have no result in {request.tiles or request.dataset} and are taken for "
            f"tiles without an object: {shown}"
        )


def _noted(notes: Sequence[str]) -> Iterator[Warned]:
    yield from map(Warned, notes[:NAMED])
    if len(notes) > NAMED:
        yield Warned(f"{len(notes) - NAMED} more results have objects that were left out or taken differently")
