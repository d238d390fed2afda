"""PNG tiles as Pillow and imagecodecs read them."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink

RNG = np.random.default_rng(0)
TILES = {
    f"{kind} {dtype} {shape}": RNG.integers(0, np.iinfo(dtype).max, (*shape, *samples), dtype, endpoint=True)
    for kind, samples in {"grey": (), "RGB": (3,)}.items()
    for dtype in ("uint8", "uint16")
    for shape in ((41, 53), (1, 1), (1, 40), (40, 1))
}
TILES |= {"zeros": np.zeros((300, 300), np.uint8), "ramp": np.arange(65536, dtype=np.uint16).reshape(256, 256)}


def encoded(tile, size=None) -> bytes:
    facts = TileFacts("YXS" if tile.ndim == 3 else "YX", size, 5, 6)
    return b"".join(bytes(part) for part in make_sink("png").encode(tile, facts))


@pytest.mark.parametrize("name", list(TILES))
def test_imagecodecs_reads_what_was_written(name):
    found = imagecodecs.png_decode(encoded(TILES[name]))
    assert found.dtype == TILES[name].dtype
    np.testing.assert_array_equal(found, TILES[name])


@pytest.mark.parametrize("name", [name for name in TILES if "RGB uint16" not in name])
def test_pillow_reads_what_was_written(name):
    """Pillow knows no RGB of 16 bits."""
    with Image.open(io.BytesIO(encoded(TILES[name]))) as image:
        image.verify()  # checksums of all chunks
    with Image.open(io.BytesIO(encoded(TILES[name]))) as image:
        np.testing.assert_array_equal(np.asarray(image), TILES[name])


def test_the_pixel_size_is_stored_in_pixels_per_metre():
    with Image.open(io.BytesIO(encoded(TILES["zeros"], PixelSize(0.5, 0.25)))) as image:
        image.load()
        x, y = (dpi / 0.0254 for dpi in image.info["dpi"])
    assert (x, y) == pytest.approx((4e6, 2e6))
    with Image.open(io.BytesIO(encoded(TILES["zeros"]))) as image:
        assert "dpi" not in image.info


@pytest.mark.parametrize("um", [1e-9, 1e9])
def test_pixel_sizes_that_do_not_fit_do_not_break_the_file(um):
    np.testing.assert_array_equal(imagecodecs.png_decode(encoded(TILES["ramp"], PixelSize(um, um))), TILES["ramp"])


def test_the_same_tile_gives_the_same_bytes():
    for tile in TILES.values():
        assert encoded(tile) == encoded(np.asfortranarray(tile))


@pytest.mark.parametrize(
    ("axes", "dtype", "refusal"),
    [
        ("YX", "uint8", None),
        ("YX", "uint16", None),
        ("YXS", "uint16", None),
        ("YX", "float32", "png cannot hold float32 tiles: use tif, or normalization.dtype uint8 or uint16"),
        ("YX", "int16", "png cannot hold int16 tiles: use tif, or normalization.dtype uint8 or uint16"),
        ("CYX", "uint8", "png cannot hold 4 channels: use tif, or pick one with media.channel"),
    ],
)
def test_refusals_name_what_can(axes, dtype, refusal):
    assert make_sink("png").refusal(axes, 4, dtype) == refusal
