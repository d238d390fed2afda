"""The HDF5 of a pair: what other programs see in it, and that empty chunks take no room."""

import h5py
import numpy as np
import pytest

from napari_tiles_creator.engine.samples.pair import write_pair


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("pair"), size_px=10000, seed=1, file_format="h5")[0]


def test_dataset_and_pixel_size(body):
    with h5py.File(body) as file:
        assert list(file) == ["body"]
        data = file["body"]
        assert (data.shape, data.dtype, data.compression, data.fillvalue) == ((10000, 10000), np.uint8, "gzip", 0)
        assert data.attrs["element_size_um"].tolist() == [0.5, 0.5]


def test_chunks_are_there_where_something_is_inside(body):
    with h5py.File(body) as file:
        data = file["body"]
        pixels = data[()]
        rows, columns = data.chunks
        written = {data.id.get_chunk_info(index).chunk_offset for index in range(data.id.get_num_chunks())}
        wanted = {
            (y, x)
            for y in range(0, 10000, rows)
            for x in range(0, 10000, columns)
            if pixels[y : y + rows, x : x + columns].any()
        }
        assert written == wanted
        assert len(wanted) < 0.75 * (10000 // rows + 1) * (10000 // columns + 1)
