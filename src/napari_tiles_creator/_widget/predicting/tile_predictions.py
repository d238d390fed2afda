"""Tiles of some images of a dataset, segmented into a folder, in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator._widget.predicting.stages import STEPS, Stage
from napari_tiles_creator.errors import ModelError, SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from napari_tiles_creator._widget.prediction import Prediction
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.predicting.models.base import Model
    from napari_tiles_creator.engine.predicting.outputs.files import PredictionFiles
    from napari_tiles_creator.engine.predicting.tile_result import Kind


def predict_tiles(
    asked: Prediction, sources: Sequence[TiledSource], folder: Path, notes: list[str]
) -> Generator[Stage, None, Kind]:
    """Segment the tiles of some images; return what the masks hold.

    Parameters
    ----------
    asked : Prediction
        The model, and what of it is wanted.
    sources : sequence of TiledSource
        The images.
    folder : Path
        Where masks, and probabilities where they are shown, are written; it is there and empty.
    notes : list of str
        Takes which tiles failed, and why.

    Raises
    ------
    TilesError
        If the model cannot be loaded, or fails on every tile.
    """
    from napari_tiles_creator.engine.predicting.models.registry import load_model
    from napari_tiles_creator.engine.predicting.outputs.files import PredictionFiles

    name = f"Predicting by {asked.named()}"
    yield Stage(name)
    model = load_model(asked.spec, allow_code=asked.allow_code)
    files = PredictionFiles(folder, sources[0].folder, "none", asked.shown == "probabilities", (), model.fingerprint)
    total, done = sum(len(source.rows) for source in sources), 0
    kind: Kind | None = None
    failed: list[str] = []
    for source in sources:
        for made in _of_source(asked, source, model, files, failed):
            kind, done = made or kind, done + 1
            yield Stage(name, STEPS * done // total, STEPS)
    if kind is None:
        raise ModelError(failed[0] if failed else f"{asked.spec} was given no tile")
    notes += failed
    return kind


def _of_source(
    asked: Prediction, source: TiledSource, model: Model, files: PredictionFiles, failed: list[str]
) -> Iterator[Kind | None]:
    """Segment the tiles of an image; yield for each what its mask holds, None where it failed."""
    from napari_tiles_creator.engine.predicting.batches import batches_of, predictions_of, read_batch
    from napari_tiles_creator.engine.predicting.dataset_tiles import own_pixels
    from napari_tiles_creator.engine.predicting.tile_result import tile_result
    from napari_tiles_creator.engine.steps import default_workers, in_order

    batches = list(batches_of(source, model.batch))
    try:
        for form in {batch.form: None for batch in batches}:
            model.check(form)
        fitted = model.fitted(own_pixels(source))
    except ModelError as error:
        failed.append(str(error))
        return
    reading = in_order(lambda batch: read_batch(source, batch), batches, default_workers())
    for batch, tiles in zip(batches, reading, strict=True):
        for row, prediction in predictions_of(fitted, batch, tiles):
            try:
                if isinstance(prediction, (SourceError, ModelError)):
                    raise prediction
                inside = (int(row.height), int(row.width))
                result = tile_result(prediction, asked.class_number, asked.threshold, inside)
            except (SourceError, ModelError) as error:
                failed.append(str(error) if row.tile in str(error) else f"{row.tile}: {error}")
                yield None
                continue
            files.write(row, result)
            yield result.kind
