"""One image segmented by a model that gives objects: tiles are staged on disk, and stitched."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.back.labels.stitch import stitch_steps
from napari_tiles_creator.engine.back.resized import resized_bands
from napari_tiles_creator.engine.placing import not_written
from napari_tiles_creator.engine.segmenting.outcomes import opened_result
from napari_tiles_creator.engine.segmenting.staged import StagedTiles
from napari_tiles_creator.engine.steps import Progress, passed_on

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari_tiles_creator.engine.back.labels.stitch import Stitched
    from napari_tiles_creator.engine.segmenting.image_steps import ImageJob
    from napari_tiles_creator.engine.segmenting.request import Segmented, SegmentRequest

# Of the way to the result, what comes of each part: predicting, stitching; writing is the rest.
PREDICTED, STITCHED = 0.7, 0.9


def label_steps(job: ImageJob) -> Generator[Progress, None, Segmented]:
    """Segment an image by a model that gives labels: an object has one number, however many tiles show it."""
    request = job.request
    positions = list(job.positions())
    stitched: list[Stitched] = []
    with staging(request) as folder:
        for number, _ in positions:
            steps = _plane_steps(job, number, folder / str(number))
            stitched.append((yield from passed_on(steps, partial(_of_image, job, number, len(positions)))))
        dtype = np.result_type(*(one.dtype for one in stitched))
        form, inside = job.image_form(dtype), 0
        with opened_result(request, job.maker.image, form, "labels") as output:
            for (number, at), one in zip(positions, stitched, strict=True):
                bands = one.bands()
                if request.at == "source":
                    old = job.maker.image.shape
                    bands = resized_bands(bands, old, job.shape, nearest=True, workers=request.threads)
                counted = _Counted(bands, dtype)
                for rows in output.plane(counted, at):
                    share = STITCHED + (1 - STITCHED) * (number + rows / job.shape[0]) / len(positions)
                    yield Progress(int(share * job.total_px), job.total_px)
                inside += counted.inside_px
    return job.done("labels", output, form, inside, objects=sum(one.count for one in stitched))


def _plane_steps(job: ImageJob, number: int, folder: Path) -> Generator[float, None, Stitched]:
    """Predict a plane's tiles and find which objects are one; yield how much of that is done, 0…1."""
    folder.mkdir()
    staged = StagedTiles(folder)
    with closing(job.predictions(number)) as predictions:
        tiles = predictions.tiles
        for tile in range(len(tiles)):
            staged.write(tile, predictions.read(tile))
            yield PREDICTED / STITCHED * (tile + 1) / len(tiles)
    steps = stitch_steps(
        replace(tiles, read=staged.read), job.request.rule or StitchRule(), workers=job.request.threads
    )
    return (yield from passed_on(steps, _stitched_share))


def _stitched_share(step: Progress) -> float:
    return (PREDICTED + (STITCHED - PREDICTED) * step.done_px / max(1, step.total_px)) / STITCHED


def _of_image(job: ImageJob, number: int, planes: int, share: float) -> Progress:
    """Return what is done of a plane as progress of the image."""
    return Progress(int(STITCHED * (number + share) / planes * job.total_px), job.total_px)


class _Counted:
    """Bands as they pass, of one type; their pixels other than 0 are counted."""

    def __init__(self, bands: Any, dtype: np.dtype[Any]) -> None:
        self._bands, self._dtype = bands, dtype
        self.inside_px = 0

    def __iter__(self) -> Iterator[Any]:
        for band in self._bands:
            self.inside_px += int(np.count_nonzero(band))
            yield band.astype(self._dtype, copy=False)


@contextmanager
def staging(request: SegmentRequest) -> Iterator[Path]:
    """Give a hidden folder for what is needed for a while, which is gone afterwards, whatever happens.

    It lies beside the results, where there is room for them; for results in memory it is the system's own.

    Raises
    ------
    ExportError
        If it cannot be made.
    """
    try:
        if request.output is not None:
            request.output.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(
            prefix=f".tiles-creator-segment-{os.getpid()}-", dir=request.output, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise not_written(Path(error.filename or request.output or "."), error) from error
    with folder as name:
        yield Path(name)
