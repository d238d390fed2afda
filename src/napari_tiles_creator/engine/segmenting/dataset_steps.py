"""One image of a dataset segmented: its tiles are predicted when they are asked for, and merged band by band.

Probabilities are blended before they become a mask: what a model gets wrong near the borders of its tiles is mended
by their neighbours, as when an image is segmented in one go.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.outputs.image_output import ImageForm, written
from napari_tiles_creator.engine.back.resized import resized_bands
from napari_tiles_creator.engine.back.values.blended import blended_bands
from napari_tiles_creator.engine.predicting.dataset_tiles import form_of, own_pixels
from napari_tiles_creator.engine.predicting.maps import class_type, classified, masked
from napari_tiles_creator.engine.predicting.models.thresholds import threshold_notes
from napari_tiles_creator.engine.segmenting.fitting import fitting_steps
from napari_tiles_creator.engine.segmenting.tile_predictions import TilePredictions
from napari_tiles_creator.engine.segmenting.watched import watched
from napari_tiles_creator.engine.steps import Progress, Warned, default_workers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.predicting.models.base import Model


@dataclass(frozen=True)
class DatasetJob:
    """One image of a dataset, ready to be segmented.

    Parameters
    ----------
    source : TiledSource
        The image and its tiles.
    model : Model
        Fitted to it (`fitted_steps`); gives probabilities.
    wanted : int or None, default 1
        The class that is wanted, as a mask of 0 and 255; None takes the likeliest of all classes, as its number.
    threshold : float, default 0.5
        A pixel is of the wanted class where its probability is above this, 0…1.
    blend : str, default "linear"
        How probabilities of tiles combine where they overlap.
    probabilities : bool, default False
        Whether the probabilities themselves are the result, float32.
    """

    source: TiledSource
    model: Model
    wanted: int | None = 1
    threshold: float = 0.5
    blend: str = "linear"
    probabilities: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the image's own plane, px."""
        lengths = dict(zip(self.source.facts["axes"], self.source.facts["shape"], strict=True))
        return lengths["Y"], lengths["X"]

    def form(self, classes: int) -> ImageForm:
        """Return what is written; `classes` counts those of a map of all, else it is 0."""
        front = [axis.upper() for axis in self.source.axes if axis in ("t", "z")]
        lengths = tuple(zip(front, self.source.lengths, strict=True))
        if self.probabilities:
            fine = np.dtype(np.float32)
            return ImageForm(self.shape, fine, lengths, classes, pixel_size=self.source.pixel_size)
        dtype = class_type(classes) if classes else np.dtype(np.uint8)
        return ImageForm(self.shape, dtype, lengths, pixel_size=self.source.pixel_size, nearest=True)

    def shown(self, band: NDArray[Any]) -> NDArray[Any]:
        """Return what is written of a band of probabilities (y, x), or (y, x, k) of all classes."""
        if self.probabilities:
            return band
        return classified(band) if self.wanted is None else masked(band, self.threshold)


def fitted_steps(model: Model, source: TiledSource) -> Generator[float, None, Model]:
    """Return a model as it is for one image of a dataset; yield how many of its tiles it has looked at, 0…1.

    Raises
    ------
    ModelError
        If it cannot take the tiles, or they do not tell what it needs of the image.
    """
    for form in {form_of(source, row): None for row in source.rows}:
        model.check(form)
    return (yield from fitting_steps(model, partial(own_pixels, source), len(source.rows)))


def dataset_steps(job: DatasetJob, path: Path) -> Generator[Progress | Warned, None, None]:
    """Segment an image of a dataset into a TIFF file, in the pixels of the image's own file.

    Where no tile is, or where the model fails, 0 stands, and it is told; so is what surprises of a threshold.

    Parameters
    ----------
    job : DatasetJob
        The image, and how.
    path : Path
        The file; is not there.

    Raises
    ------
    ModelError
        If the model fails on every tile.
    ExportError
        If the file cannot be written.
    """
    source, workers = job.source, default_workers()
    for note in threshold_notes(job.model, form_of(source, source.rows[0]).channels == 3):
        yield Warned(note)
    predictions = TilePredictions(source, job.model, job.wanted)
    classes = predictions.classes() if job.wanted is None else 0
    total_px = len(source.rows) * job.shape[0] * job.shape[1]
    with written(path, "tif", job.form(classes), workers=workers) as output:
        for at in np.ndindex(*source.lengths):
            bands = blended_bands(predictions.plane(at), job.blend, fill=0.0, workers=workers)
            bands = _whole(bands, classes)
            bands = resized_bands(bands, source.plane_shape, job.shape, nearest=False, workers=workers)
            rows = output.plane(map(job.shown, bands), at)
            for share in watched(partial(deque, rows, 0), lambda: predictions.share, predictions.stop):
                yield Progress(int(share * total_px), total_px)
        predictions.check()
    for reason in predictions.failed:
        yield Warned(reason)


def _whole(bands: Iterator[NDArray[Any]], classes: int) -> Iterator[NDArray[Any]]:
    """Give bands of a plane without any tile the axis of classes that the others have."""
    for band in bands:
        yield np.repeat(band[..., None], classes, axis=2) if classes and band.ndim == 2 else band
