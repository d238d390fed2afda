"""Bands of a source: the mask that its pixels make, whatever its format and however it is stored."""

import h5py
import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.samples.pair import write_pair
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.run_bands import Uniform
from napari_tiles_creator.geometry.run_lengths import RunLengths
from napari_tiles_creator.sources.registry import open_source
from napari_tiles_creator.sources.run_lengths import mask_bands as mask_bands_module
from napari_tiles_creator.sources.run_lengths.mask_bands import mask_bands


def mask_of(path, **plane):
    source = open_source(path)
    try:
        return RunLengths.of_bands(source.info.plane_shape, mask_bands(source, **plane)).decode()
    finally:
        source.close()


@pytest.mark.parametrize("extension", ["tif", "h5"])
def test_a_pair_is_its_pixels(tmp_path, extension):
    for path in write_pair(tmp_path, size_px=(3000, 2600), file_format=extension, seed=3):
        if extension == "tif":
            pixels = tifffile.imread(path)
        else:
            with h5py.File(path) as file:
                pixels = file[path.stem][()]
        np.testing.assert_array_equal(mask_of(path), pixels > 0)


def test_tiles_stored_once_are_not_decoded_again_and_again(tmp_path):
    source = open_source(write_pair(tmp_path, size_px=20_000)[0])
    pieces = [piece for band in mask_bands(source) for piece in band]
    drawn = sum(piece.shape[0] * piece.shape[1] for piece in pieces if not isinstance(piece, Uniform))
    assert drawn < 0.45 * 20_000**2
    assert source.decoded_segments < 0.45 * 40**2
    source.close()


def test_strips_and_whole_images(tmp_path):
    pixels = (np.random.default_rng(0).random((700, 90)) < 0.1).astype(np.uint16) * 9
    tifffile.imwrite(tmp_path / "strips.tif", pixels, rowsperstrip=64, compression="zlib")
    tifffile.imwrite(tmp_path / "plain.tif", pixels)
    for name in ("strips.tif", "plain.tif"):
        np.testing.assert_array_equal(mask_of(tmp_path / name), pixels > 0)


def test_a_row_of_chunks_larger_than_what_is_read_together(tmp_path):
    pixels = (np.random.default_rng(2).random((600, 9000)) < 0.01).astype(np.uint8)
    assert 512 * pixels.shape[1] > mask_bands_module.TOGETHER_PX
    tifffile.imwrite(tmp_path / "noise.tif", pixels, tile=(512, 512), compression="zlib")
    np.testing.assert_array_equal(mask_of(tmp_path / "noise.tif"), pixels > 0)


def test_chunks_that_are_no_number_are_outside(tmp_path):
    pixels = np.full((60, 40), np.nan, np.float32)
    pixels[20:30] = 2
    with h5py.File(tmp_path / "nan.h5", "w") as file:
        data = file.create_dataset("mask", pixels.shape, "f4", chunks=(20, 20), compression="gzip", fillvalue=np.nan)
        data[20:30] = 2
    np.testing.assert_array_equal(mask_of(tmp_path / "nan.h5"), pixels == 2)


def test_planes_and_channels(tmp_path):
    pixels = (np.random.default_rng(1).random((3, 2, 60, 70)) < 0.3).astype(np.uint8)
    tifffile.imwrite(tmp_path / "stack.ome.tif", pixels, metadata={"axes": "ZCYX"})
    for z in range(3):
        for channel in range(2):
            found = mask_of(tmp_path / "stack.ome.tif", z=z, channel=channel)
            np.testing.assert_array_equal(found, pixels[z, channel] > 0)
    with pytest.raises(SourceError, match=r"stack.ome.tif is an image of several channels: a mask has one value"):
        mask_of(tmp_path / "stack.ome.tif")
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    with pytest.raises(SourceError, match=r"rgb\.tif is an RGB image: a mask has one value a pixel"):
        mask_of(tmp_path / "rgb.tif")
