"""The TIFF of a pair: what other programs see in it, and that equal tiles are one."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.engine.samples.pair import write_pair


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("pair"), size_px=10000, seed=1)[0]


def test_header_and_pixel_size(body):
    with tifffile.TiffFile(body) as file:
        page = file.pages[0]
        assert file.is_bigtiff
        assert file.is_ome
        assert (file.series[0].axes, file.series[0].shape, file.series[0].dtype) == ("YX", (10000, 10000), np.uint8)
        assert (page.is_tiled, page.tilelength, page.tilewidth) == (True, 512, 512)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        for name in ("XResolution", "YResolution"):  # pixels per centimetre
            numerator, denominator = page.tags[name].value
            assert numerator / denominator == 20_000
        assert page.resolutionunit == tifffile.RESUNIT.CENTIMETER
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
        assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (0.5, 0.5)


def test_equal_tiles_are_stored_once(body):
    with tifffile.TiffFile(body) as file:
        page = file.pages[0]
        values = {}
        for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
            assert offset + count <= file.filehandle.size
            values.setdefault(offset, []).append(number)
        shared = [tiles for tiles in values.values() if len(tiles) > 1]
        assert len(shared) == 2
        pixels = page.asarray()
        for tiles in shared:
            parts = [pixels[n // 20 * 512 :, n % 20 * 512 :][:512, :512] for n in tiles]
            assert len({value for part in parts for value in np.unique(part)}) == 1
        # and no tile that is not shared is of one value
        for offset, (number, *_) in values.items():
            if len(values[offset]) == 1:
                assert np.ptp(pixels[number // 20 * 512 :, number % 20 * 512 :][:512, :512]) == 255


def test_another_library_reads_the_same_pixels(tmp_path):
    for path in write_pair(tmp_path, size_px=(1500, 2000), seed=1):
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image), tifffile.imread(path))
