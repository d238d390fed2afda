"""One source of a dataset merged: its planes one after the other, band by band, into one file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.outputs.formats import refusal
from napari_tiles_creator.engine.back.outputs.image_output import ImageForm, written
from napari_tiles_creator.engine.back.report import MergedSource
from napari_tiles_creator.engine.back.resized import resized_bands
from napari_tiles_creator.engine.back.values.blended import blended_bands
from napari_tiles_creator.engine.back.values.gaps import Gaps
from napari_tiles_creator.engine.steps import Progress, Warned, default_workers, passed_on
from napari_tiles_creator.errors import DatasetError
from napari_tiles_creator.geometry.pixel_size import PixelSize

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.stitch import Stitched
    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.engine.back.source_tiles import SourceTiles

# How often each kind reads its tiles.
PASSES = {"values": 1, "classes": 1, "labels": 2}


def work_px(tiles: SourceTiles) -> int:
    """Return how many pixels go through in all, over all planes and passes."""
    height, width = tiles.source.plane_shape
    return height * width * int(np.prod(tiles.source.lengths, dtype=np.int64)) * PASSES[tiles.request.kind]


def source_steps(tiles: SourceTiles, path: Path) -> Generator[Warned | Progress, None, MergedSource]:
    """Merge a source and write it to a path that is free; returns what was made of it.

    Yields
    ------
    Warned or Progress
        Of `work_px`.

    Raises
    ------
    DatasetError, SourceError, ValueError
        If the tiles cannot be merged.
    ExportError
        If the result cannot be written.
    """
    merging = _Merging(tiles)
    total = work_px(tiles)
    for done in merging.prepared():
        yield Progress(done, total)
    form = merging.form()
    reason = refusal(tiles.request.file_format, form)
    if reason:
        raise DatasetError(f"{tiles.source.name}: {reason}")
    request = tiles.request
    whole = tiles.source.plane_shape
    with written(
        path, request.file_format, form, workers=merging.workers, memory_bytes=request.memory_bytes // 2
    ) as output:
        for position in tiles.positions:
            for rows in output.plane(merging.bands(position, form), position):
                through = rows * whole[0] // form.shape[0] * whole[1]
                yield Progress(merging.done_px + through, total)
            merging.done_px += whole[0] * whole[1]
    if tiles.one_value.found is not None:
        yield Warned(
            f"{tiles.source.name}: its tiles hold one value, {tiles.one_value.found}: masks rather than numbers of "
            f"objects? use --kind classes"
        )
    return MergedSource(tiles.source.name, (path,), *merging.counts)


class _Merging:
    """What is known of a source while it is merged."""

    def __init__(self, tiles: SourceTiles) -> None:
        self._tiles, self._request, self._source = tiles, tiles.request, tiles.source
        self.workers = tiles.request.workers or default_workers()
        self.done_px = 0
        self._stitched: dict[tuple[int, ...], Stitched] = {}
        # Looked at first, so that nothing is written where tiles are missing.
        self._planes = {position: tiles.plane(position) for position in tiles.positions}
        self._read = tiles.form

    def prepared(self) -> Iterator[int]:
        """Do what comes before anything can be written; yield the pixels that are through."""
        if self._request.kind != "labels":
            return
        from napari_tiles_creator.engine.back.labels.rule import StitchRule
        from napari_tiles_creator.engine.back.labels.stitch import stitch_steps

        rule = self._request.stitch or StitchRule()
        plane_px = self._source.plane_shape[0] * self._source.plane_shape[1]
        for position, plane in self._planes.items():
            steps = stitch_steps(plane, rule, workers=self.workers)
            self._stitched[position] = yield from passed_on(steps, partial(self._through, plane_px))
            self.done_px += plane_px

    def _through(self, plane_px: int, step: Progress) -> int:
        """Return the pixels of all planes that are through."""
        return self.done_px + plane_px * step.done_px // max(1, step.total_px)

    @property
    def counts(self) -> tuple[int | None, int]:
        """How many objects there are, None for values and classes; and how many were left out."""
        if self._request.kind != "labels":
            return None, 0
        of_planes = self._stitched.values()
        return sum(one.count for one in of_planes), sum(one.left_out for one in of_planes)

    def form(self) -> ImageForm:
        """Return what is written."""
        is_number = self._request.kind in ("labels", "classes")
        dtype = self._read.dtype
        if self._stitched:
            dtype = np.result_type(*(stitched.dtype for stitched in self._stitched.values()))
        return ImageForm(
            self._shape,
            dtype,
            self._tiles.names,
            self._read.channels,
            self._read.is_rgb,
            self._pixel_size,
            nearest=is_number,
        )

    def bands(self, position: tuple[int, ...], form: ImageForm) -> Iterator[NDArray[Any]]:
        """Yield a plane of the result from top to bottom, arrays (rows, width[, c])."""
        return resized_bands(
            self._merged(position, form),
            self._source.plane_shape,
            form.shape,
            nearest=form.nearest,
            workers=self.workers,
            window_bytes=self._request.memory_bytes // 8,
        )

    def _merged(self, position: tuple[int, ...], form: ImageForm) -> Iterator[NDArray[Any]]:
        """Yield a plane in calibrated pixels."""
        plane = self._planes[position]
        if position in self._stitched:
            yield from (band.astype(form.dtype, copy=False) for band in self._stitched[position].bands())
        elif not len(plane):
            yield from self._empty(plane, form)
        elif self._request.kind == "classes":
            from napari_tiles_creator.engine.back.values.votes import voted_bands

            yield from voted_bands(plane, fill=self._request.fill, workers=self.workers)
        else:
            yield from blended_bands(plane, self._request.blend, fill=self._request.fill, workers=self.workers)

    def _empty(self, plane: PlaneTiles, form: ImageForm) -> Iterator[NDArray[Any]]:
        """Yield a plane of which no tile is there, in the form of the others."""
        samples = (3,) if form.is_rgb else (form.channels,) if form.channels else ()
        return Gaps(plane, self._request.fill).bands(plane.shape[0], samples, form.dtype)

    @property
    def _shape(self) -> tuple[int, int]:
        """Height and width of the result, px."""
        if self._request.at == "calibrated":
            return self._source.plane_shape
        lengths = dict(zip(self._source.facts["axes"], self._source.facts["shape"], strict=True))
        return lengths["Y"], lengths["X"]

    @property
    def _pixel_size(self) -> PixelSize | None:
        if self._request.at == "source":
            return self._source.pixel_size
        text = self._source.rows[0].pixel_size_um
        sizes = [float(size) for size in text.split(";")] if text else []
        return PixelSize(sizes[0], sizes[-1]) if sizes else None
