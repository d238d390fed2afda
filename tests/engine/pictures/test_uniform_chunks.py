"""A huge plane that is mostly uniform is reduced exactly, and only the rest of it is decoded."""

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_tiles_creator.engine.pictures import reduction
from napari_tiles_creator.engine.pictures.reduction import reduced_plane
from napari_tiles_creator.sources.registry import open_source


def exact(plane, shape):
    """Return area means by repeating every pixel so often that both sizes divide it."""
    fine = plane.astype(float).repeat(shape[0], 0).repeat(shape[1], 1)
    return fine.reshape(shape[0], plane.shape[0], shape[1], plane.shape[1]).mean(axis=(1, 3))


def write(path, plane):
    """Write tiles of 16 px, those of zeros not at all."""
    height, width = (-(-n // 16) * 16 for n in plane.shape)
    padded = np.zeros((height, width), plane.dtype)
    padded[: plane.shape[0], : plane.shape[1]] = plane
    tiles = (padded[y : y + 16, x : x + 16] for y in range(0, height, 16) for x in range(0, width, 16))
    tifffile.imwrite(
        path,
        (tile if tile.any() or not i else None for i, tile in enumerate(tiles)),  # the first must be there
        shape=plane.shape,
        dtype=plane.dtype,
        tile=(16, 16),
        compression="zlib",
    )


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_it_equals_the_means_of_all_pixels(tmp_path_factory, data):
    height, width = (data.draw(st.integers(33, 90)) for _ in range(2))
    plane = np.zeros((height, width), np.uint16)
    for _ in range(2):
        y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
        plane[y : y + 9, x : x + 9] = np.arange(81).reshape(9, 9)[: height - y, : width - x] + 900
    path = tmp_path_factory.mktemp("planes") / "a.tif"
    write(path, plane)
    shape = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "HUGE_BYTES", 8 * 512)  # eight tiles
        source = open_source(path)
        found = reduced_plane(source, shape)[0]
        decoded = source.decoded_segments
        source.close()
    np.testing.assert_allclose(found, exact(plane, shape), rtol=1e-5, atol=1e-3)
    assert decoded <= 8


def test_where_too_much_is_not_uniform_some_tiles_stand_for_all(tmp_path, monkeypatch):
    plane = np.random.default_rng(0).integers(1, 999, (96, 96), np.uint16)
    write(tmp_path / "a.tif", plane)
    monkeypatch.setattr(reduction, "HUGE_BYTES", 8 * 512)
    source = open_source(tmp_path / "a.tif")
    found = reduced_plane(source, (40, 40))[0]
    assert source.decoded_segments <= 8
    assert 300 < found.mean() < 700
    source.close()
