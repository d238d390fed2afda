"""Results of a dataset's tiles as layers, in a thread: merged image by image, in pixels of the image's own file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator._widget.predicting.each_image import (
    NUMBERED,
    READING,
    ImageResult,
    each_image,
    original_of,
    refuse_taken,
)
from napari_tiles_creator._widget.predicting.merged_layers import detections_layer
from napari_tiles_creator._widget.predicting.stages import staged
from napari_tiles_creator._widget.viewing.exported import FEW
from napari_tiles_creator.engine.back.request import MergeRequest
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from napari_tiles_creator._widget.predicting.stages import Stage
    from napari_tiles_creator._widget.prediction import Prediction
    from napari_tiles_creator.engine.back.request import Kind
    from napari_tiles_creator.engine.back.tiled_image import TiledSource


@dataclass(frozen=True)
class Results:
    """What is to be merged.

    Parameters
    ----------
    asked : Prediction
        How.
    tiles : Path
        Folder of the results.
    kind : {"values", "classes", "labels", "detections"}
        What they hold.
    output : Path
        Folder of the merged files.
    """

    asked: Prediction
    tiles: Path
    kind: Kind
    output: Path

    def request(self, dataset: Path) -> MergeRequest:
        """Return what is asked of the engine: what no tile shows is 0, and told."""
        return MergeRequest(
            dataset,
            self.output,
            self.tiles,
            kind=self.kind,
            blend=self.asked.blend,
            at="source",
            missing=0,
            stitch=self.asked.stitch_rule() if self.kind == "labels" else None,
            join=self.asked.join_rule() if self.kind == "detections" else None,
        )


def merge_images(
    sources: Sequence[TiledSource], results: Results, notes: list[str]
) -> Generator[Stage, None, list[ImageResult]]:
    """Merge the results of some images; return what became of each.

    Parameters
    ----------
    sources : sequence of TiledSource
        The images, at least one.
    results : Results
        What is merged.
    notes : list of str
        Takes what the user should know.

    Raises
    ------
    TilesError
        If none can be merged: why the first cannot.
    """
    if results.kind == "detections":
        return (yield from _merge_detections(sources, results, notes))

    def work(source: TiledSource, path: Path, which: str) -> Generator[Stage, None, Kind]:
        yield from merge_pixels(source, results, path, f"Merging{which}", notes)
        return results.kind

    return (yield from each_image(sources, results.output, work, "merged", notes))


def merge_pixels(
    source: TiledSource, results: Results, path: Path, stage: str, notes: list[str]
) -> Generator[Stage, None, None]:
    """Merge one image into a file."""
    from napari_tiles_creator.engine.back.results import MASKS_FIRST, SUFFIXES, ResultFiles
    from napari_tiles_creator.engine.back.source_merge import source_steps
    from napari_tiles_creator.engine.back.source_tiles import SourceTiles
    from napari_tiles_creator.sources.registry import EXTENSIONS

    request = results.request(source.folder)
    files = ResultFiles(results.tiles, EXTENSIONS, MASKS_FIRST if results.kind in NUMBERED else SUFFIXES)
    tiles = SourceTiles(request, source, files)
    missing = [row.tile for row in source.rows if row.tile not in tiles.files]
    if missing and results.asked.is_of_results:  # of tiles that a model failed on it is told why
        notes.append(
            f"{source.name}: {len(missing)} of {counted(len(source.rows), 'tile')} have no result: "
            f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}; 0 stands there"
        )
    yield from staged(stage, source_steps(tiles, path), notes)


def _merge_detections(
    sources: Sequence[TiledSource], results: Results, notes: list[str]
) -> Generator[Stage, None, list[ImageResult]]:
    from napari_tiles_creator.engine.back.detections.merge import merge_detections
    from napari_tiles_creator.engine.export.manifest import Manifest

    for source in sources:
        refuse_taken(results.output / f"{source.stem}.geojson")
    request = results.request(sources[0].folder)
    classes = tuple(Manifest.read_head(sources[0].folder).get("classes") or ())
    report = yield from staged("Merging", merge_detections(request, sources, classes), notes)
    if not report.files:
        raise DatasetError(report.failed[0].reason if report.failed else f"{results.tiles} holds no result of a tile")
    notes += [failure.reason for failure in report.failed]
    failed = {failure.source for failure in report.failed}
    merged: list[ImageResult] = []
    for source, path in zip((one for one in sources if one.name not in failed), report.files, strict=False):
        original, layer = original_of(source), None
        if len(merged) < FEW:
            content = json.loads(path.read_text(encoding="utf-8"))
            making = detections_layer(f"{source.stem} merged", content, original.shape, classes)
            layer = yield from staged(READING, making, [])
        merged.append(ImageResult(original, path, layer))
    return merged
