"""Segment the tiles of a finished dataset, tile by tile: masks, outlines of objects, probabilities."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.back.tiled_image import TiledSource, tiled_sources
from napari_tiles_creator.engine.export.lock import locked
from napari_tiles_creator.engine.export.manifest import Manifest, as_json
from napari_tiles_creator.engine.export.predicted import COCO, RECORD, home
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.placing import not_written
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.predicting.batches import HOPELESS, batches_of, predictions_of, read_batch
from napari_tiles_creator.engine.predicting.dataset_tiles import form_of, own_pixels
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.engine.predicting.models.thresholds import threshold_notes
from napari_tiles_creator.engine.predicting.outputs.coco_json import CocoImage, coco_json
from napari_tiles_creator.engine.predicting.outputs.files import PredictionFiles
from napari_tiles_creator.engine.predicting.outputs.tile_objects import objects_of
from napari_tiles_creator.engine.predicting.record import (
    any_stands,
    read_record,
    record_of,
    refuse_another,
    refuse_foreign,
    refuse_others,
    remove_idle,
    remove_predictions,
)
from napari_tiles_creator.engine.predicting.request import PredictReport, PredictRequest
from napari_tiles_creator.engine.predicting.tile_result import tile_result
from napari_tiles_creator.engine.steps import Progress, Warned, default_workers, in_order
from napari_tiles_creator.errors import DatasetError, ExportError, ModelError, SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.batches import Batch
    from napari_tiles_creator.engine.predicting.models.base import Model


@dataclass
class _Tally:
    """What has happened so far."""

    done_px: int = 0
    tiles: int = 0
    skipped: int = 0
    objects: int = 0
    kind: str = ""
    failed: list[Failure] = field(default_factory=list)
    model_failures: int = 0
    # Each is told once.
    notes: dict[str, None] = field(default_factory=dict)


def predict_steps(request: PredictRequest) -> Generator[Warned | Progress, None, PredictReport]:
    """Predict the tiles of a dataset; returns what came of it.

    Every file is whole or absent; tiles whose files are there are skipped, so that it can be stopped at any time and
    goes on when it is asked for again. The same dataset and model give the same bytes.

    Yields
    ------
    Warned or Progress
        Pixels are counted over the files of all tiles.

    Raises
    ------
    DatasetError
        If the dataset is none, or not finished.
    ModelError
        If the model cannot be loaded, takes the tiles of no source, or fails on all of them.
    ExportError
        If predictions cannot be written, or others are there.
    """
    request.check()
    manifest = Manifest.read(request.dataset)
    if not manifest.finished:
        raise DatasetError(
            f"{request.dataset}: the export did not come to its end: run the same export again, then predict"
        )
    sources = tiled_sources(manifest)
    if not sources:
        raise DatasetError(f"{request.dataset} has no tiles: there is nothing to predict")
    model = _model(request)
    tally = _Tally()
    fitting = _fitting(sources, model, tally)
    folder = _folder(request, manifest)
    names = tuple(str(name) for name in manifest.head.get("classes") or ())
    files = PredictionFiles(
        folder, request.dataset, request.annotations, request.probabilities, names, model.fingerprint
    )
    for note in threshold_notes(model, any(form_of(one, one.rows[0]).channels == 3 for one in fitting)):
        yield Warned(note)
    tiles = list(manifest.rows)
    with _held(folder):
        _prepare(request, files, record_of(request, model, manifest), tiles)
        try:
            yield from _predicted(request, model, fitting, files, tally)
            if request.annotations == "coco" and tally.tiles + tally.skipped:
                _write_coco(request, files, fitting)
        finally:
            remove_idle(folder, tiles)
    for note in tally.notes:
        yield Warned(note)
    if request.probabilities and tally.kind == "labels":
        yield Warned(f"{model.spec} gives numbered objects and no probabilities: none are written")
    return PredictReport(folder, tally.tiles, tally.skipped, tally.objects, tuple(tally.failed), tally.kind)


def _model(request: PredictRequest) -> Model:
    if not isinstance(request.model, str):
        return request.model
    return load_model(request.model, allow_code=request.allow_code, batch=request.batch, workers=request.workers)


def _fitting(sources: Sequence[TiledSource], model: Model, tally: _Tally) -> list[TiledSource]:
    """Return the sources whose tiles the model can take; the others have failed.

    Raises
    ------
    ModelError
        If there is none.
    """
    found = []
    for source in sources:
        try:
            for form in {form_of(source, row): None for row in source.rows}:
                model.check(form)
        except ModelError as error:
            tally.failed.append(Failure(source.name, str(error)))
            continue
        found.append(source)
    if not found:
        raise ModelError(tally.failed[0].reason)
    return found


def _folder(request: PredictRequest, manifest: Manifest) -> Path:
    """Return where predictions go.

    Raises
    ------
    ExportError
        If that is among the folders of a dataset for trainers, a file, or a folder of other files.
    """
    dataset, layout = request.dataset, str(manifest.head["recipe"]["export"]["layout"])
    own = home(dataset, layout)
    folder = request.output or own
    inside = [folder.resolve(), *folder.resolve().parents]
    if dataset.resolve() in inside and folder.resolve() != own.resolve() and layout != "flat":
        raise ExportError(
            f"--output {folder} lies in the dataset, where a program that trains from it may take masks for tiles: "
            f"choose {own}, or a folder elsewhere"
        )
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"--output {folder} is a file: choose a folder")
    if folder.resolve() != own.resolve():
        refuse_others(folder)
    return folder


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; one that was made for nothing goes again.

    Raises
    ------
    ExportError
        If it cannot be written to, or another process holds it.
    """
    there = folder.is_dir()
    try:
        (folder / WORK_FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder / RECORD, error) from error
    try:
        with locked(folder):
            yield
    finally:
        if not there:
            with suppress(OSError):  # it holds something
                folder.rmdir()


def _prepare(request: PredictRequest, files: PredictionFiles, record: dict[str, Any], tiles: list[str]) -> None:
    """See that what is in the folder belongs to these predictions, and tell how they are made."""
    was = read_record(files.folder)
    if was is None or not any_stands(files.folder, tiles):
        refuse_foreign(files.folder, tiles)
    elif request.overwrite:
        remove_predictions(files.folder, tiles)
    else:
        refuse_another(files.folder, was, record)
        return
    files.put_text(RECORD, [as_json(record)])


def _predicted(
    request: PredictRequest, model: Model, sources: Sequence[TiledSource], files: PredictionFiles, tally: _Tally
) -> Generator[Progress, None, None]:
    batches = {source.name: list(batches_of(source, model.batch)) for source in sources}
    total = sum(batch.pixels for found in batches.values() for batch in found)
    yield Progress(0, total)
    for source in sources:
        for _ in _of_source(request, model, source, batches[source.name], files, tally):
            yield Progress(tally.done_px, total)


def _of_source(
    request: PredictRequest,
    model: Model,
    source: TiledSource,
    batches: Sequence[Batch],
    files: PredictionFiles,
    tally: _Tally,
) -> Iterator[None]:
    todo = []
    for batch in batches:
        if all(files.is_done(row.tile) for row in batch.rows):
            tally.skipped += len(batch.rows)
            tally.done_px += batch.pixels
        else:
            todo.append(batch)
    if not todo:
        return
    try:
        fitted = model.fitted(own_pixels(source))
        tally.notes |= dict.fromkeys(threshold_notes(fitted, in_colour=False))
    except ModelError as error:
        tally.failed.append(Failure(source.name, str(error)))
        tally.done_px += sum(batch.pixels for batch in todo)
        yield
        return

    # Tiles are read ahead in other threads; the model is called in this one alone.
    every = in_order(lambda batch: read_batch(source, batch), todo, request.workers or default_workers())
    for batch, tiles in zip(todo, every, strict=True):
        _of_batch(request, fitted, batch, tiles, files, tally)
        tally.done_px += batch.pixels
        yield


def _of_batch(
    request: PredictRequest,
    model: Model,
    batch: Batch,
    tiles: Sequence[NDArray[Any] | SourceError],
    files: PredictionFiles,
    tally: _Tally,
) -> None:
    for row, prediction in predictions_of(model, batch, tiles):
        if files.is_done(row.tile):  # predicted again for the others of its batch
            tally.skipped += 1
            continue
        if isinstance(prediction, SourceError):
            tally.failed.append(Failure(row.source, str(prediction)))
            continue
        if isinstance(prediction, ModelError):
            tally.failed.append(Failure(row.source, f"{row.tile}: {prediction}"))
            tally.model_failures += 1
            if tally.model_failures >= HOPELESS and not tally.tiles + tally.skipped:
                raise ModelError(f"the first {HOPELESS} tiles failed, {row.tile} at last: {prediction}") from prediction
            continue
        result = tile_result(prediction, request.wanted, request.threshold, (int(row.height), int(row.width)))
        tally.objects += files.write(row, result)
        tally.tiles += 1
        tally.kind = result.kind


def _write_coco(request: PredictRequest, files: PredictionFiles, sources: Sequence[TiledSource]) -> None:
    """Write the file of all tiles that have a mask, from their masks."""
    rows = [(source, row) for source in sources for row in source.rows if files.mask(row.tile) is not None]
    images = [
        CocoImage(row.tile, *form_of(source, row).shape, row.source, int(row.y), int(row.x)) for source, row in rows
    ]
    objects = (objects_of(files.result(row.tile, request.wanted)) for _, row in rows)
    labels = any(path is not None and path.suffix == ".tif" for path in map(files.mask, (row.tile for _, row in rows)))
    files.put_text(COCO, coco_json(images, objects, files.classes, 1 if labels else request.wanted))
