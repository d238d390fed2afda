"""A huge plane that is mostly uniform is reduced exactly, and only the rest of it is decoded."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_tiles_creator.engine.pictures import reduction, uniform_chunks
from napari_tiles_creator.engine.pictures.reduction import reduced_plane
from napari_tiles_creator.engine.pictures.uniform_chunks import area_weights
from napari_tiles_creator.sources.registry import open_source
from peak_memory import PEAK


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


def test_of_a_very_long_axis_some_pixels_stand_for_all():
    weights = area_weights(2**40, 1000)
    assert weights.shape == (1000, 2**40)
    assert weights.nnz < 100_000
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for row in (0, 499, 999):  # each of its own share
        taken = weights.indices[weights.indptr[row] : weights.indptr[row + 1]]
        assert row * 2**40 / 1000 <= taken.min() < taken.max() < (row + 1) * 2**40 / 1000


def test_chunks_of_a_long_axis_are_weighed_as_in_one_go(tmp_path, monkeypatch):
    monkeypatch.setattr(uniform_chunks, "LONGEST", 500)
    plane = np.zeros((3, 3000), np.uint8)
    plane[:, 1500:] = 200
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("m", data=plane, chunks=(3, 100), compression="gzip")
    monkeypatch.setattr(reduction, "HUGE_BYTES", 2000)
    source = open_source(tmp_path / "a.h5")
    np.testing.assert_allclose(reduced_plane(source, (1, 6))[0], [[0, 0, 0, 200, 200, 200]])
    source.close()


MEASURED = f"""{PEAK}
import json, sys
from pathlib import Path
import h5py, scipy.sparse, PIL.Image
from napari_tiles_creator.engine.pictures.preview import pattern_picture
from napari_tiles_creator.engine.pictures.reduction import reduced_plane
from napari_tiles_creator.sources.registry import open_source
before = peak()
source = open_source(Path(sys.argv[1]))
found = reduced_plane(source, tuple(json.loads(sys.argv[2])))
source.close()
print(json.dumps([float(found.min()), float(found.max()), peak() - before]))
"""


@pytest.mark.parametrize(
    ("shape", "chunks", "picture"),
    [
        ((2**33, 64), (4096, 64), [1200, 1]),
        ((64, 2**33), (64, 4096), [1, 1200]),
        ((2**33, 128), (4096, 64), [1200, 1]),
        ((2**24, 2**24), (2**14, 2**14), [600, 600]),
        ((10**6, 10**6), (32, 32), [600, 600]),
    ],
    ids=["tall", "wide", "tall, of two chunks", "large chunks", "10^9 chunks"],
)
def test_planes_that_were_never_written_take_no_memory_for_their_size(tmp_path, shape, chunks, picture):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("m", shape, "u1", chunks=chunks, compression="gzip", fillvalue=7)
    command = [sys.executable, "-c", MEASURED, str(tmp_path / "a.h5"), json.dumps(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    least, most, used = json.loads(done.stdout)
    assert least == pytest.approx(7, rel=1e-6)
    assert most == pytest.approx(7, rel=1e-6)
    assert used < 150e6
