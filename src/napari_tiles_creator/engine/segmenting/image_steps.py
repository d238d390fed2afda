"""One image segmented: its planes are cut, predicted and merged band by band."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.outputs.image_output import ImageForm
from napari_tiles_creator.engine.back.resized import resized_bands
from napari_tiles_creator.engine.back.values.blended import blended_bands
from napari_tiles_creator.engine.predicting.maps import class_type, classified, masked
from napari_tiles_creator.engine.segmenting.cutting import cutter
from napari_tiles_creator.engine.segmenting.outcomes import (
    ArrayOutput,
    opened_probability,
    opened_result,
    probability_path,
    result_path,
    written_together,
)
from napari_tiles_creator.engine.segmenting.predictions import Predictions
from napari_tiles_creator.engine.segmenting.request import Segmented
from napari_tiles_creator.engine.segmenting.watched import watched
from napari_tiles_creator.engine.steps import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.outputs.image_output import ImageOutput
    from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
    from napari_tiles_creator.engine.predicting.models.base import Model, TileForm
    from napari_tiles_creator.engine.predicting.tile_result import Kind
    from napari_tiles_creator.engine.segmenting.outlined import OutlinesOutput
    from napari_tiles_creator.engine.segmenting.request import SegmentRequest
    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.geometry.pixel_size import PixelSize


@dataclass(frozen=True)
class ImageJob:
    """One image, ready to be segmented.

    Parameters
    ----------
    request : SegmentRequest
        How, and where to.
    maker : TileMaker
        Cuts its tiles; prepared.
    model : Model
        Fitted to it.
    form : TileForm
        What its tiles are to the model.
    """

    request: SegmentRequest
    maker: TileMaker
    model: Model
    form: TileForm

    @property
    def grid(self) -> TileGrid:
        """Where the tiles lie in every plane."""
        grid: Any = self.maker.image.tiling
        return grid  # type: ignore[no-any-return]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the result, px."""
        image = self.maker.image
        return image.info.plane_shape if self.request.at == "source" else image.shape

    @property
    def scale(self) -> tuple[float, float]:
        """Length of the result / length of the source along y and x."""
        return (1.0, 1.0) if self.request.at == "source" else self.maker.image.scale

    @property
    def pixel_size(self) -> PixelSize | None:
        """Of the result, µm."""
        image = self.maker.image
        return image.pixel_size if self.request.at == "source" else image.tile_pixel_size

    @cached_property
    def lengths(self) -> tuple[tuple[str, int], ...]:
        """Axes before the plane, those of several positions, with their lengths."""
        planes = self.maker.image.planes
        counts = (("T", len({plane.t for plane in planes})), ("Z", len({plane.z for plane in planes})))
        return tuple((axis, count) for axis, count in counts if count > 1)

    @property
    def total_px(self) -> int:
        """Pixels of all planes of the result."""
        return len(self.maker.image.planes) * self.shape[0] * self.shape[1]

    def done_px(self, plane_number: int, share: float) -> int:
        """Return the pixels of all planes before one, and of a share of it."""
        return int((plane_number + share) * self.shape[0] * self.shape[1])

    def positions(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield the number of each plane, and its position on `lengths`."""
        for number, at in enumerate(np.ndindex(tuple(length for _, length in self.lengths))):
            yield number, tuple(int(place) for place in at)

    def image_form(self, dtype: np.dtype[Any], *, nearest: bool = True, channels: int = 0) -> ImageForm:
        """Return what kind of image is written."""
        return ImageForm(
            self.shape, dtype, self.lengths, channels=channels, pixel_size=self.pixel_size, nearest=nearest
        )

    def predictions(self, plane_number: int) -> Predictions:
        """Return what the model says of a plane's tiles, made as they are asked for."""
        return Predictions(
            self.grid,
            cutter(self.maker, plane_number),
            self.model,
            self.form,
            wanted=self.request.wanted,
            workers=self.request.threads,
        )

    def done(
        self,
        kind: Kind,
        output: ImageOutput | ArrayOutput | OutlinesOutput,
        form: ImageForm,
        inside_px: int,
        **more: Any,
    ) -> Segmented:
        """Return what is told of the image."""
        image, axes = self.maker.image, "".join(axis for axis, _ in self.lengths) + "YX"
        shape = (*(length for _, length in self.lengths), *self.shape)
        probability = probability_path(self.request, image) if kind != "labels" else None
        files = (result_path(self.request, image), probability)
        pixels = output.pixels if isinstance(output, ArrayOutput) else None
        return Segmented(
            image.name,
            image.stem,
            kind,
            axes,
            shape,
            form.dtype.name,
            self.scale,
            self.pixel_size,
            files=tuple(path for path in files if path is not None),
            pixels=pixels,
            inside_px=inside_px,
            **more,
        )


def probability_steps(job: ImageJob) -> Generator[Progress, None, Segmented]:
    """Segment an image by a model that gives probabilities, which are blended before they become a mask."""
    request, image, inside = job.request, job.maker.image, [0]
    classes = 0 if request.wanted is not None else _classes(job)
    form = job.image_form(class_type(classes) if classes else np.dtype(np.uint8))
    fine = job.image_form(np.dtype(np.float32), nearest=False, channels=classes)

    def shown(band: NDArray[Any]) -> NDArray[Any]:
        result = classified(band) if classes else masked(band, request.threshold)
        inside[0] += int(np.count_nonzero(result))
        return result

    kind: Kind = "classes" if classes else "mask"
    with ExitStack() as stack:
        outputs = [stack.enter_context(opened_result(request, image, form, kind))]
        if request.probabilities:
            outputs.append(stack.enter_context(opened_probability(request, image, fine)))
        for number, at in job.positions():
            with closing(job.predictions(number)) as predictions:
                bands = blended_bands(predictions.tiles, request.blend, workers=request.threads)
                if request.at == "source":
                    bands = resized_bands(bands, image.shape, job.shape, nearest=False, workers=request.threads)
                pairs = ((shown(band), band)[: len(outputs)] for band in bands)
                rows = written_together(outputs, pairs, at)
                # Rows are through when all tiles over them are: of a model that takes its time each tile is told.
                for share in watched(partial(deque, rows, 0), lambda: predictions.share, predictions.stop):
                    yield Progress(job.done_px(number, share), job.total_px)
            yield Progress(job.done_px(number, 1.0), job.total_px)
    kept = outputs[-1].pixels if len(outputs) > 1 and isinstance(outputs[-1], ArrayOutput) else None
    return job.done(kind, outputs[0], form, inside[0], probability=kept)


def _classes(job: ImageJob) -> int:
    """Return how many classes the model tells apart; the first tile shows it."""
    with closing(job.predictions(0)) as predictions:
        return int(predictions.read(0).shape[-1])
