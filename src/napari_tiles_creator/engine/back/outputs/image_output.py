"""A whole image, written plane by plane from bands of rows, which appears under its name when it is whole."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.image_files import tile_codec, zarr_folder
from napari_tiles_creator.engine.image_files.halving import level_shapes
from napari_tiles_creator.engine.image_files.layout import Layout
from napari_tiles_creator.engine.placing import placed
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.outputs.base import Output
    from napari_tiles_creator.geometry.pixel_size import PixelSize

ENDINGS = {"tif": ".tif", "zarr": ".zarr", "h5": ".h5", "png": ".png"}
COMPRESSIONS = {"tif": tile_codec.COMPRESSIONS[0], "zarr": zarr_folder.COMPRESSIONS[0], "h5": "zlib", "png": "zlib"}
# The smallest level is at most so long, px.
SMALLEST_PX = 1024
TILES = (512, 256, 128)


@dataclass(frozen=True)
class ImageForm:
    """What kind of image is written.

    Parameters
    ----------
    shape : (int, int)
        Height and width of a plane, px.
    dtype : dtype
        Type of the pixels.
    lengths : tuple of (str, int)
        Axes before the plane but channels, ``T`` and ``Z``, with their lengths; empty for one plane.
    channels : int
        Length of the axis of channels, 0 where there is none.
    is_rgb : bool
        Whether a pixel has red, green and blue.
    pixel_size : PixelSize or None
        µm.
    nearest : bool
        Whether smaller levels take the nearest pixel, as masks and labels need it, rather than a mean.
    channel_names : tuple of str
        Names of the channels, empty where they have none.
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    lengths: tuple[tuple[str, int], ...] = ()
    channels: int = 0
    is_rgb: bool = False
    pixel_size: PixelSize | None = None
    nearest: bool = False
    channel_names: tuple[str, ...] = ()


class ImageOutput:
    """An image that is being written; see `written`.

    Parameters
    ----------
    output : Output
        The format's own.
    form : ImageForm
        The image.
    """

    def __init__(self, output: Output, form: ImageForm) -> None:
        self._output, self._form = output, form

    def plane(self, bands: Iterable[NDArray[Any]], at: tuple[int, ...] = ()) -> Iterator[int]:
        """Write a plane; yield the number of its rows that are through.

        Parameters
        ----------
        bands : iterable of array (rows, width[, c])
            The plane from top to bottom, of the form's dtype; the last axis is channels or colours.
        at : tuple of int
            Position on the form's `lengths`.
        """
        position = {axis: place for (axis, _), place in zip(self._form.lengths, at, strict=True)}
        yield from self._output.plane(position, map(self._shaped, bands))

    def _shaped(self, band: NDArray[Any]) -> NDArray[Any]:
        """Return a band as array (planes, y, x, samples)."""
        if self._form.is_rgb:
            return band[None]
        if self._form.channels:
            return np.moveaxis(band, -1, 0)[..., None]
        return band[None, ..., None]


@contextmanager
def written(
    path: Path, file_format: str, form: ImageForm, *, workers: int = 1, memory_bytes: int = 256 << 20
) -> Iterator[ImageOutput]:
    """Open an image for writing; it gets its name when the block succeeds, and nothing stays when it fails.

    Parameters
    ----------
    path : Path
        Its final name, with the ending of `ENDINGS`; does not exist. Its folder is made.
    file_format : {"tif", "zarr", "h5", "png"}
        Format.
    form : ImageForm
        The image.
    workers : int
        Threads that compress.
    memory_bytes : int
        Memory for rows that wait.

    Raises
    ------
    ExportError
        If the format cannot hold the image, it is there already, or it cannot be written.
    """
    from napari_tiles_creator.engine.back.outputs.formats import open_output, refusal

    reason = refusal(file_format, form)
    if reason:
        raise ExportError(f"{path.name}: {reason}")
    with placed(path) as part:
        layout = _layout(file_format, form, memory_bytes)
        with closing(open_output(file_format, part, form, layout, path.name, workers)) as output:
            yield ImageOutput(output, form)
            output.finish()


def _layout(file_format: str, form: ImageForm, memory_bytes: int) -> Layout:
    samples = 3 if form.is_rgb else 1
    row_bytes = form.shape[1] * max(form.channels, 1) * samples * form.dtype.itemsize
    # Two rows of tiles are in memory with a pyramid, and the band that fills them.
    fitting = [tile for tile in TILES if 3 * tile * row_bytes <= memory_bytes]
    has_levels = file_format in ("tif", "zarr")
    return Layout(
        outer=(*form.lengths, *((("C", form.channels),) if form.channels else ())),
        shapes=level_shapes(form.shape, SMALLEST_PX) if has_levels else (form.shape,),
        samples=samples,
        dtype=form.dtype,
        tile=fitting[0] if fitting else TILES[-1],
        compression=COMPRESSIONS[file_format],
        pixel_size=form.pixel_size,
        channel_names=form.channel_names,
    )
