"""Masks as run lengths: what is not zero is inside."""

from contextlib import closing

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.convert.convert import convert_steps
from napari_tiles_creator.engine.convert.request import Request
from napari_tiles_creator.engine.steps import Progress, result_of
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.registry import open_source


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_mask_there_and_back(tmp_path, dtype):
    rng = np.random.default_rng(0)
    mask = (np.kron(rng.random((30, 20)) < 0.4, np.ones((37, 41))) * 255).astype(dtype)
    resolution = {"resolution": (20_000, 20_000), "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(tmp_path / "in.tif", mask, tile=(128, 128), compression="zlib", **resolution)
    steps = convert_steps(Request(str(tmp_path / "in.tif"), tmp_path / "mask.rle"))
    assert list(steps)[-1] == Progress(mask.size, mask.size)
    with closing(open_source(tmp_path / "mask.rle")) as source:
        assert source.info.plane_shape == mask.shape
        assert source.info.pixel_size == PixelSize(0.5, 0.5)
        assert np.array_equal(source.read(Box(0, 0, *mask.shape)).astype(bool), mask != 0)
    result = result_of(convert_steps(Request(str(tmp_path / "mask.rle"), tmp_path / "back.tif", pyramid=False)))
    assert np.array_equal(tifffile.imread(tmp_path / "back.tif").astype(bool), mask != 0)
    assert result.bytes == (tmp_path / "back.tif").stat().st_size


def test_more_than_one_plane_is_no_mask(tmp_path):
    tifffile.imwrite(tmp_path / "stack.ome.tif", np.zeros((3, 20, 20), np.uint8), metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "colour.tif", np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    for name in ("stack.ome.tif", "colour.tif"):
        with pytest.raises(ExportError, match=rf"{name} .*holds 3 planes or colours, out.rle one mask"):
            result_of(convert_steps(Request(str(tmp_path / name), tmp_path / "out.rle")))
    tifffile.imwrite(tmp_path / "one.ome.tif", np.ones((1, 1, 20, 20), np.uint8), metadata={"axes": "ZCYX"})
    result_of(convert_steps(Request(str(tmp_path / "one.ome.tif"), tmp_path / "out.rle")))
    assert (tmp_path / "out.rle").exists()


def test_stopped_midway_it_leaves_nothing(tmp_path):
    np.save(tmp_path / "in.npy", np.random.default_rng(0).integers(0, 2, (6000, 6000), np.uint8))
    steps = convert_steps(Request(str(tmp_path / "in.npy"), tmp_path / "out.rle"))
    assert next(steps).done_px < 6000 * 6000
    steps.close()
    assert [path.name for path in tmp_path.iterdir()] == ["in.npy"]
