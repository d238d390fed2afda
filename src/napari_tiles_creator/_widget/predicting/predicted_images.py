"""Images of a dataset segmented by a model, in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator._widget.predicting.each_image import each_image
from napari_tiles_creator._widget.predicting.merging import Results, merge_pixels
from napari_tiles_creator._widget.predicting.passing_folder import PassingFolder
from napari_tiles_creator._widget.predicting.stages import Stage, staged
from napari_tiles_creator.engine.export.predicted import MASKS
from napari_tiles_creator.errors import ModelError, SourceError, named

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from napari_tiles_creator._widget.predicting.each_image import ImageResult
    from napari_tiles_creator._widget.prediction import Prediction
    from napari_tiles_creator.engine.back.request import Kind
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.predicting.models.base import Model


def predict_images(
    asked: Prediction, sources: Sequence[TiledSource], output: Path, notes: list[str]
) -> Generator[Stage, None, list[ImageResult]]:
    """Segment the tiles of some images and merge them; return what became of each image.

    Probabilities are blended before they become a mask; objects are put together by their rule.

    Parameters
    ----------
    asked : Prediction
        The model, and what of it is wanted.
    sources : sequence of TiledSource
        The images, at least one.
    output : Path
        Folder of the files.
    notes : list of str
        Takes which tiles and images failed, and why.

    Raises
    ------
    TilesError
        If the model cannot be loaded, or fails on every image.
    """
    from napari_tiles_creator.engine.predicting.models.registry import load_model

    yield Stage("Loading the model")
    model = load_model(asked.spec, allow_code=asked.allow_code)

    def work(source: TiledSource, path: Path, which: str) -> Generator[Stage, None, Kind]:
        return (yield from _predict_image(asked, model, source, path, which, notes))

    return (yield from each_image(sources, output, work, "probabilities", notes))


def _predict_image(
    asked: Prediction, model: Model, source: TiledSource, path: Path, which: str, notes: list[str]
) -> Generator[Stage, None, Kind]:
    """Segment an image into a file; return what that holds."""
    from napari_tiles_creator.engine.segmenting.dataset_steps import DatasetJob, dataset_steps, fitted_steps

    fitted = yield from staged(f"Looking at the image{which}", fitted_steps(model, source), notes)
    name = f"Predicting{which}"
    if fitted.gives == "labels":
        objects = PassingFolder()
        yield from staged(name, _predict_objects(fitted, source, objects.path, notes), notes)
        results = Results(asked, objects.path / MASKS, "labels", path.parent)
        yield from merge_pixels(source, results, path, f"Merging{which}", notes)
        return "labels"
    job = DatasetJob(source, fitted, *asked.mask, asked.blend, asked.is_map)
    yield from staged(name, dataset_steps(job, path), notes)
    return "values" if asked.is_map else "classes"


def _predict_objects(model: Model, source: TiledSource, folder: Path, notes: list[str]) -> Generator[float, None, None]:
    """Write the numbered objects of an image's tiles, each tile with numbers of its own; yield how far it is, 0…1."""
    from napari_tiles_creator.engine.predicting.batches import HOPELESS, batches_of, predictions_of, read_batch
    from napari_tiles_creator.engine.predicting.outputs.files import PredictionFiles
    from napari_tiles_creator.engine.predicting.tile_result import tile_result
    from napari_tiles_creator.engine.steps import default_workers, in_order

    files = PredictionFiles(folder, source.folder, "none", False, (), model.fingerprint)
    failed: list[str] = []
    done = 0
    batches = list(batches_of(source, model.batch))
    reading = in_order(lambda batch: read_batch(source, batch), batches, default_workers())
    for batch, tiles in zip(batches, reading, strict=True):
        for row, prediction in predictions_of(model, batch, tiles):
            done += 1
            if isinstance(prediction, (SourceError, ModelError)):
                failed.append(named(prediction, row.tile))
            else:
                files.write(row, tile_result(prediction, None, 0, (int(row.height), int(row.width))))
            if len(failed) == done and done in (HOPELESS, len(source.rows)):
                raise ModelError(failed[0])
            yield done / len(source.rows)
    notes += failed
