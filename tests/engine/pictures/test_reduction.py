"""Large planes in small: a pyramid's levels are used, and of a huge plane some tiles stand for all."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.engine.pictures import reduction as module
from napari_tiles_creator.engine.pictures.reduction import level_for, reduced_plane
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.registry import open_source


class Noting:
    """An array that notes how much of it is read."""

    def __init__(self, array, chunks):
        self.array, self.shape, self.dtype, self.chunks = array, array.shape, array.dtype, chunks
        self.read = 0

    def __getitem__(self, key):
        part = self.array[key]
        self.read += part.size
        return part


@pytest.fixture
def smooth():
    """A plane whose values change slowly, so that any tile stands for its neighbourhood."""
    y, x = np.mgrid[:1000, :1400]
    return (1000 + y + 2 * x).astype(np.uint16)


@pytest.mark.parametrize(
    ("shape", "level"), [((300, 300), 0), ((250, 350), 1), ((251, 10), 0), ((125, 175), 2), ((1, 1), 2)]
)
def test_the_coarsest_level_that_is_large_enough(smooth, shape, level):
    levels = [smooth, smooth[::2, ::2][:250, :350], smooth[::8, ::8]]
    info = array_source(Path("a"), [smooth, levels[1], levels[2]]).info
    assert info.levels == ((1000, 1400), (250, 350), (125, 175))
    assert level_for(info, shape) == level


def test_of_a_pyramid_only_that_level_is_read(smooth):
    half = smooth.reshape(500, 2, 700, 2).mean(axis=(1, 3)).astype(np.uint16)
    arrays = [Noting(array, (64, 64)) for array in (smooth, half)]
    source = array_source(Path("a"), arrays)
    picture = reduced_plane(source, (100, 140))
    assert arrays[0].read == 0
    expected = half.reshape(100, 5, 140, 5).mean(axis=(1, 3))
    assert np.allclose(picture[0], expected)


def test_of_a_huge_plane_some_tiles_are_read(smooth, monkeypatch):
    monkeypatch.setattr(module, "HUGE_BYTES", smooth.nbytes // 10)
    array = Noting(smooth, (20, 20))
    picture = reduced_plane(array_source(Path("a"), [array]), (100, 140))[0]
    assert 0 < array.read * 2 <= smooth.nbytes // 10
    expected = smooth.reshape(100, 10, 140, 10).mean(axis=(1, 3))
    assert np.abs(picture - expected).max() < 200  # of a range of 3,800


def test_a_huge_float_plane_with_gaps(smooth, monkeypatch):
    plane = smooth.astype(np.float32)
    plane[:500] = np.nan
    monkeypatch.setattr(module, "HUGE_BYTES", plane.nbytes // 10)
    picture = reduced_plane(array_source(Path("a"), [Noting(plane, (20, 20))]), (100, 140))[0]
    assert np.isnan(picture[:45]).all()
    assert np.isfinite(picture[55:]).all()


def test_what_is_decoded_as_a_whole_is_reduced_in_bands_all_the_same(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (6000, 6000), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "whole.png", compress_level=1)
    source = open_source(tmp_path / "whole.png")
    assert source.info.chunk_rows == 6000
    source.read(Box(0, 0, 1, 1))  # decoded from here on
    tracemalloc.start()
    picture = reduced_plane(source, (100, 100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_allclose(picture[0], pixels.reshape(100, 60, 100, 60).mean(axis=(1, 3)), rtol=1e-5)
    assert peak < 4 * module.BAND_PIXELS * 4 < pixels.size * 4  # bands in float32, not all of it
