"""An image that is read when it is looked at."""

from copy import deepcopy

import numpy as np
import tifffile

from napari_tiles_creator.engine.pictures.source_image import SourceImage
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.sources.registry import open_source


def test_a_copy_reads_the_same_file(tmp_path):
    """An open file cannot be copied, and need not be: nothing is written to it."""
    pixels = np.random.default_rng(0).integers(0, 1000, (1100, 1300)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, tile=(256, 256))
    image = SourceImage(open_source(tmp_path / "a.tif"))
    result_of(image.fill())
    levels = image.levels()
    copies = deepcopy(levels)
    assert [copy.shape for copy in copies] == [level.shape for level in levels]
    for copy, level in zip(copies, levels, strict=True):
        assert copy is not level
        assert copy.pixels is level.pixels
        assert np.array_equal(copy[10:700, ::3], level[10:700, ::3])
    assert np.array_equal(copies[0][...], pixels)
