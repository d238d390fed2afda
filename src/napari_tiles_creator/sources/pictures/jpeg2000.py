"""JPEG 2000: files (.jp2) and bare codestreams (.j2k), 1 to 16 bits, grey, RGB and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.whole import WholeSource, file_content, whole_source
from napari_tiles_creator.sources.headers.claim import check_claim
from napari_tiles_creator.sources.pictures.jpeg2000_header import Jpeg2000Header, read_header
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Opening

# Bytes that one of the file may become: a flat picture takes next to none, so this is no rule but a suspicion.
MOST = 100_000
# What OpenJPEG holds besides the pixels: 32 bits a sample and its work space (measured with 2.5).
WORK_BYTES = 6


def open_file(path: Path, opening: Opening) -> WholeSource:
    """Open a JPEG 2000 file; see `registry.open_source`."""
    header = read_header(path)
    _check(path, header)
    dtype = np.dtype(f"{'i' if header.is_signed else 'u'}{1 if header.bits <= 8 else 2}")
    check_claim(path, header.height, header.width, header.components * dtype.itemsize, MOST)
    axes, samples, notes = _meaning(header)
    size, comes_from = header.pixel_size
    shape = (header.height, header.width)

    def decode() -> NDArray[Any]:
        import imagecodecs

        pixels: NDArray[Any] = imagecodecs.jpeg2k_decode(file_content(path))
        if axes == "YX" and pixels.ndim == 3:
            return np.ascontiguousarray(pixels[..., 0])
        return pixels

    return whole_source(
        path,
        opening,
        decode,
        axes=axes,
        shape=(*shape, samples) if samples > 1 else shape,
        dtype=dtype,
        extra_bytes=WORK_BYTES * header.height * header.width * header.components,
        pixel_size=size,
        pixel_size_from=comes_from,
        notes=notes,
    )


def _meaning(header: Jpeg2000Header) -> tuple[str, int, tuple[str, ...]]:
    """Return the axes, the samples of a pixel, and what is left out."""
    count = header.components
    if count == 1:
        return "YX", 1, ()
    if count == 2 and header.colours == 1:
        return "YX", 1, (ALPHA_LEFT_OUT,)
    return ("YXS" if count in (3, 4) and header.colours in (None, 3) else "YXC"), count, ()


def _check(path: Path, header: Jpeg2000Header) -> None:
    name = path.name
    if header.is_ycc:
        raise SourceError(f"{name}: JPEG 2000 in YCC colours is not read; save it as RGB")
    if header.bits > 16:
        raise SourceError(f"{name}: JPEG 2000 with {header.bits} bits is not read; save it with 16 bits or as TIFF")
    if not header.is_even:
        raise SourceError(f"{name}: JPEG 2000 whose components differ in size or bits is not read; save it as RGB")
