"""Results of a dataset's tiles as layers, in a thread: merged image by image, in pixels of the image's own file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator._widget.predicting.merged_layers import detections_layer, file_layer
from napari_tiles_creator._widget.predicting.stages import Stage, staged
from napari_tiles_creator._widget.viewing.exported import FEW
from napari_tiles_creator._widget.viewing.merged import Original
from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS
from napari_tiles_creator.engine.back.request import MergeRequest
from napari_tiles_creator.errors import DatasetError, ExportError, SourceError, TilesError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from napari.layers import Layer

    from napari_tiles_creator._widget.prediction import Prediction
    from napari_tiles_creator.engine.back.request import Kind
    from napari_tiles_creator.engine.back.tiled_image import TiledSource

# Kinds whose values stand for something.
NUMBERED = ("labels", "classes")
READING = "Reading the result"


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

    def name_of(self, source: TiledSource) -> str:
        """Return what the layer of an image is called."""
        is_map = self.kind == "values" and not self.asked.is_of_results
        return f"{source.stem} {'probabilities' if is_map else 'merged'}"

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
) -> Generator[Stage, None, list[tuple[Layer | None, Original, Path]]]:
    """Merge the results of some images; return a layer of each of the first few, and the file of each.

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
    merged: list[tuple[Layer | None, Original, Path]] = []
    errors: list[TilesError] = []
    for source in sources:
        try:
            path = yield from _merge_pixels(source, results, notes)
        except (DatasetError, SourceError, ValueError) as error:
            errors.append(_named(source, error))
            continue
        layer = None
        if len(merged) < FEW:
            reading = file_layer(results.name_of(source), path, is_labels=results.kind in NUMBERED)
            layer = yield from staged(READING, reading, [])
        merged.append((layer, original_of(source), path))
    if not merged:
        raise errors[0]
    notes += [str(error) for error in errors]
    return merged


def _merge_pixels(source: TiledSource, results: Results, notes: list[str]) -> Generator[Stage, None, Path]:
    """Merge one image into a file and return it."""
    from napari_tiles_creator.engine.back.results import MASKS_FIRST, SUFFIXES, ResultFiles
    from napari_tiles_creator.engine.back.source_merge import source_steps
    from napari_tiles_creator.engine.back.source_tiles import SourceTiles
    from napari_tiles_creator.sources.registry import EXTENSIONS

    request = results.request(source.folder)
    path = results.output / f"{source.stem}{ENDINGS[request.file_format]}"
    if os.path.lexists(path):
        raise ExportError(f"{path} is there already and may be an image of yours: choose another folder, or move it")
    files = ResultFiles(results.tiles, EXTENSIONS, MASKS_FIRST if results.kind in NUMBERED else SUFFIXES)
    tiles = SourceTiles(request, source, files)
    missing = [row.tile for row in source.rows if row.tile not in tiles.files]
    if missing:
        notes.append(
            f"{source.name}: {len(missing)} of {counted(len(source.rows), 'tile')} have no result: "
            f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}; 0 stands there"
        )
    left_out = len(source.grid) * len(source.planes) - len(source.rows) if source.grid is not None else 0
    if left_out > 0:
        notes.append(f"{source.name}: {counted(left_out, 'tile')} of the grid were not exported; 0 stands there")
    yield from staged(f"Merging {source.stem}", source_steps(tiles, path), notes)
    return path


def _merge_detections(
    sources: Sequence[TiledSource], results: Results, notes: list[str]
) -> Generator[Stage, None, list[tuple[Layer | None, Original, Path]]]:
    from napari_tiles_creator.engine.back.detections.merge import merge_detections
    from napari_tiles_creator.engine.export.manifest import Manifest

    request = results.request(sources[0].folder)
    classes = tuple(Manifest.read_head(sources[0].folder).get("classes") or ())
    report = yield from staged("Merging", merge_detections(request, sources, classes), notes)
    if not report.files:
        raise DatasetError(report.failed[0].reason if report.failed else f"{results.tiles} holds no result of a tile")
    notes += [failure.reason for failure in report.failed]
    failed = {failure.source for failure in report.failed}
    merged: list[tuple[Layer | None, Original, Path]] = []
    for source, path in zip((one for one in sources if one.name not in failed), report.files, strict=False):
        original, layer = original_of(source), None
        if len(merged) < FEW:
            content = json.loads(path.read_text(encoding="utf-8"))
            making = detections_layer(results.name_of(source), content, original.shape, classes)
            layer = yield from staged(READING, making, [])
        merged.append((layer, original, path))
    return merged


def original_of(source: TiledSource) -> Original:
    """Return what a layer needs to know of an image of a dataset."""
    lengths = dict(zip(source.facts["axes"], source.facts["shape"], strict=True))
    return Original(source.name, source.stem, str(source.folder), (lengths["Y"], lengths["X"]), source.pixel_size)


def _named(source: TiledSource, error: Exception) -> TilesError:
    """Return an error with the name of the image in it."""
    if isinstance(error, TilesError) and source.name in str(error):
        return error
    return DatasetError(f"{source.name}: {error}")
