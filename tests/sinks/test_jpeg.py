"""JPEG tiles as Pillow reads them: close, in full colour."""

import io

import numpy as np
import pytest
import skimage.data
from PIL import Image

from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink

GREY, RGB = skimage.data.camera()[:200, :200], skimage.data.astronaut()[:160, :200]


def encoded(tile, quality=95) -> bytes:
    facts = TileFacts("YXS" if tile.ndim == 3 else "YX")
    return b"".join(bytes(part) for part in make_sink("jpg", quality=quality).encode(tile, facts))


@pytest.mark.parametrize(("tile", "mode"), [(GREY, "L"), (RGB, "RGB")], ids=["grey", "RGB"])
def test_pillow_reads_close_to_what_was_written(tile, mode):
    with Image.open(io.BytesIO(encoded(tile))) as image:
        assert image.mode == mode
        found = np.asarray(image).astype(int)
    assert found.shape == tile.shape
    assert np.abs(found - tile).mean() < 2


def test_colour_is_kept_at_full_resolution():
    """Alternating red and blue columns: halved colour would mix them."""
    tile = np.zeros((32, 32, 3), np.uint8)
    tile[:, ::2, 0] = tile[:, 1::2, 2] = 255
    with Image.open(io.BytesIO(encoded(tile, 100))) as image:
        assert np.abs(np.asarray(image).astype(int) - tile).max() < 30


def test_quality_counts():
    sizes = [len(encoded(GREY, quality)) for quality in (10, 50, 95, 100)]
    assert sizes == sorted(set(sizes))


def test_the_same_tile_gives_the_same_bytes():
    assert encoded(RGB) == encoded(np.asfortranarray(RGB))


@pytest.mark.parametrize(
    ("axes", "dtype", "refusal"),
    [
        ("YX", "uint8", None),
        ("YXS", "uint8", None),
        ("YX", "uint16", "jpg cannot hold uint16 tiles: use tif, or normalization.dtype uint8"),
        ("YX", "float32", "jpg cannot hold float32 tiles: use tif, or normalization.dtype uint8"),
        ("CYX", "uint8", "jpg cannot hold 2 channels: use tif, or pick one with media.channel"),
    ],
)
def test_refusals_name_what_can(axes, dtype, refusal):
    assert make_sink("jpg").refusal(axes, 2, dtype) == refusal
