"""Where the results of an image go: files that are whole or absent, or arrays in memory."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.going_on import is_there, refuse_there
from napari_tiles_creator.engine.back.outputs.formats import refusal
from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS, ImageForm, written
from napari_tiles_creator.engine.placing import refuse_taken
from napari_tiles_creator.errors import ExportError, PlanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.outputs.image_output import ImageOutput
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.predicting.tile_result import Kind
    from napari_tiles_creator.engine.segmenting.outlined import OutlinesOutput
    from napari_tiles_creator.engine.segmenting.request import SegmentRequest

# Of results by their formats.
RESULTS = {**ENDINGS, "geojson": ".geojson"}
FORMATS = tuple(RESULTS)
# What is a result of its own kind alone: probabilities are numbers, which these do not hold.
WITHOUT_NUMBERS = ("png", "geojson")
# Of the files of probabilities.
PROBABILITY = "_probability"


def result_path(request: SegmentRequest, image: ImagePlan) -> Path | None:
    """Return the file of an image's result, None in memory."""
    return request.output / (image.stem + RESULTS[request.format]) if request.output is not None else None


def probability_path(request: SegmentRequest, image: ImagePlan) -> Path | None:
    """Return the file of an image's probabilities, None in memory or where they are not kept."""
    if request.output is None or not request.probabilities:
        return None
    kind = "tif" if request.format in WITHOUT_NUMBERS else request.format
    return request.output / (image.stem + PROBABILITY + ENDINGS[kind])


def check_format(request: SegmentRequest) -> None:
    """Refuse a format that is not known; ExportError tells which are."""
    if request.format not in FORMATS:
        raise ExportError(f"--format {request.format} is not known: use {', '.join(FORMATS)}")


def images_to_do(request: SegmentRequest, images: Iterable[ImagePlan]) -> list[ImagePlan]:
    """Return the images without those whose results are there already, if these are to be passed over.

    Raises
    ------
    ExportError
        If a file is there already that is not to be passed over, for nothing is ever overwritten; or two images would
        give the same.
    """
    taken: dict[Path, str] = {}
    found = []
    for image in images:
        result, probability = result_path(request, image), probability_path(request, image)
        for path in (result, probability):
            if path in taken:
                raise ExportError(f"{taken[path]} and {image.name} would both give {path.name}: rename one of them")
            if path is not None:
                taken[path] = image.name
        # It gets its name after its probabilities: where it is there, both are.
        if request.skip_existing and result is not None and is_there(result):
            continue
        refuse = refuse_taken if request.skip_existing else refuse_there
        refuse([path for path in (result, probability) if path is not None])
        found.append(image)
    return found


def refuse_forms(request: SegmentRequest, images: Sequence[ImagePlan]) -> None:
    """Refuse a format that can hold the planes of none of the images, whatever they come to.

    Raises
    ------
    PlanError
        If it cannot; the sentence is that of the first image.
    """
    reasons = []
    for image in images:
        form = ImageForm(image.shape, np.dtype(np.uint8), (("Z", len(image.planes)),))
        try:
            refuse_form(request, image, form)
        except PlanError as error:
            reasons.append(error)
    if reasons and len(reasons) == len(images):
        raise reasons[0]


class ArrayOutput:
    """An image in memory, filled as a file is.

    Parameters
    ----------
    form : ImageForm
        The image.

    Attributes
    ----------
    pixels : array (t, z, c, y, x), those that the form has
        Zero where nothing was written yet.
    """

    def __init__(self, form: ImageForm) -> None:
        self._form = form
        lengths = [length for _, length in form.lengths] + [form.channels] * bool(form.channels)
        self.pixels: NDArray[Any] = np.zeros((*lengths, *form.shape), form.dtype)

    def plane(self, bands: Iterable[NDArray[Any]], at: tuple[int, ...] = ()) -> Iterator[int]:
        """Take a plane; see `ImageOutput.plane`."""
        done, plane = 0, self.pixels[at]
        for band in bands:
            plane[..., done : done + len(band), :] = np.moveaxis(band, -1, 0) if self._form.channels else band
            done += len(band)
            yield done


def refuse_form(request: SegmentRequest, image: ImagePlan, form: ImageForm) -> None:
    """Refuse an image that the format of the results cannot hold.

    Raises
    ------
    PlanError
        If it cannot; the sentence says which formats can.
    """
    reason = refusal(request.format, form) if request.output is not None else None
    if reason:
        raise PlanError(f"{image.name}: {reason}")


@contextmanager
def opened_result(
    request: SegmentRequest, image: ImagePlan, form: ImageForm, kind: Kind
) -> Iterator[ImageOutput | ArrayOutput | OutlinesOutput]:
    """Open the result of an image for writing; a file gets its name when the block succeeds.

    Raises
    ------
    PlanError
        If the format cannot hold it.
    ExportError
        If it cannot be written.
    """
    refuse_form(request, image, form)
    if request.output is None or request.format != "geojson":
        with _opened(result_path(request, image), form, request) as output:
            yield output
        return
    from napari_tiles_creator.engine.segmenting.outlined import OutlinesOutput

    outlines = OutlinesOutput(request.output, image, form, kind, request.wanted)
    yield outlines
    outlines.finish()


@contextmanager
def opened_probability(
    request: SegmentRequest, image: ImagePlan, form: ImageForm
) -> Iterator[ImageOutput | ArrayOutput]:
    """Open the probabilities of an image for writing; see `opened_result`."""
    with _opened(probability_path(request, image), form, request) as output:
        yield output


@contextmanager
def _opened(path: Path | None, form: ImageForm, request: SegmentRequest) -> Iterator[ImageOutput | ArrayOutput]:
    if path is None:
        yield ArrayOutput(form)
        return
    file_format = next(kind for kind, ending in ENDINGS.items() if path.name.endswith(ending))
    memory_bytes = request.memory_bytes // 4
    with written(path, file_format, form, workers=request.threads, memory_bytes=memory_bytes) as output:
        yield output


def written_together(
    outputs: Sequence[ImageOutput | ArrayOutput | OutlinesOutput],
    bands: Iterable[tuple[NDArray[Any], ...]],
    at: tuple[int, ...],
) -> Iterator[int]:
    """Write a plane to several outputs in step, so that few bands wait for any of them.

    Parameters
    ----------
    outputs : sequence
        One for each array of a band.
    bands : iterable of tuple of array
        The same rows for each output.
    at : tuple of int
        Position of the plane.

    Yields
    ------
    rows : int
        How many rows of the first output are through.
    """
    parts = _parted(bands, len(outputs))
    first, *others = (iter(output.plane(part, at)) for output, part in zip(outputs, parts, strict=True))
    # Tiles of files differ in height: each goes as far as the first one, so that few bands wait.
    through = [0] * len(others)
    for done in first:
        for number, other in enumerate(others):
            while through[number] < done:
                through[number] = next(other)
        yield done


def _parted(bands: Iterable[tuple[NDArray[Any], ...]], count: int) -> list[Iterator[NDArray[Any]]]:
    """Return the arrays of each band apart, those of one output each; `itertools.tee` would keep dozens of them."""
    waiting: list[deque[NDArray[Any]]] = [deque() for _ in range(count)]
    source = iter(bands)

    def part(queue: deque[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        while True:
            if not queue:
                band = next(source, None)
                if band is None:
                    return
                for other, array in zip(waiting, band, strict=True):
                    other.append(array)
                del band, array
            yield queue.popleft()

    return [part(queue) for queue in waiting]
