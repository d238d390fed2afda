"""Tiles made one by one are, pixel for pixel, what an export writes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from image_folder import read
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.pixels import resample, source_blocks
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    grey = RNG.gamma(2, 300, (2, 90, 110)).astype(np.uint16)
    tifffile.imwrite(folder / "stack.tif", grey, imagej=True, metadata={"axes": "ZYX"})
    channels = RNG.integers(0, 5000, (2, 70, 60)).astype(np.uint16)
    tifffile.imwrite(folder / "channels.tif", channels, imagej=True, metadata={"axes": "CYX"})
    tifffile.imwrite(folder / "colour.tif", RNG.integers(0, 255, (50, 70, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(folder / "float.tif", RNG.normal(5, 2, (64, 64)).astype(np.float32))
    return folder


def recipe_for(images, output, **fields):
    small = {"tiling.size_px": 32, "tiling.overlap_px": 9, "normalization.per_channel": False}
    return Recipe.preset("unet", source=images, output=output).changed(small | fields)


NORMALIZATIONS = [
    *itertools.product(["tile", "image", "dataset"], ["float32", "uint8", "uint16"], [(0, 100), (2, 97.5)]),
    ("none", None, (0, 100)),
]
CALIBRATIONS = {
    "plain": {},
    "enlarged": {"calibration.enabled": True, "calibration.scale": 1.3},
    "shrunk": {"calibration.enabled": True, "calibration.scale": "2/3", "calibration.interpolation": "nearest"},
}


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize(("scope", "dtype", "percentiles"), NORMALIZATIONS, ids=str)
def test_tiles_are_those_of_the_export(images, tmp_path, scope, dtype, percentiles, calibration):
    fields = {"normalization.scope": scope, "normalization.dtype": dtype, "normalization.percentiles": percentiles}
    edge = {"tiling.edge": "pad", "tiling.pad_mode": "reflect"} if dtype == "uint8" else {"tiling.edge": "pad"}
    plan = make_plan(recipe_for(images, tmp_path / "out", **fields, **CALIBRATIONS[calibration], **edge))
    list(run(plan))
    assert len(plan.images) == 4
    for image in plan.images:
        maker = TileMaker(plan, image)
        assert maker.is_ready == (scope in ("none", "tile"))
        for _ in maker.prepare():
            pass
        again = TileMaker(plan, image, ranges=maker.ranges)
        assert again.is_ready
        for planned in image:
            written = read(tmp_path / "out" / f"{planned.name}.tif")
            made = maker.tile(planned.index).pixels
            assert made.dtype == written.dtype
            np.testing.assert_array_equal(made, written)
            np.testing.assert_array_equal(again.tile(planned.index).pixels, written)
        maker.close()
        again.close()


def test_tiles_that_filters_leave_out_are_made_too(images, tmp_path):
    fields = {"tiling.roi": [0, 0, 10, 10], "tiling.min_foreground": 1, "tiling.exclude_tiles": ["float_001"]}
    plan = make_plan(recipe_for(images, tmp_path / "out", **fields))
    maker = TileMaker(plan, plan.image("float.tif"))
    list(maker.prepare())
    assert maker.tile(1).pixels.shape == maker.tile(8).pixels.shape == (32, 32)
    with pytest.raises(IndexError):
        maker.tile(9)
    maker.close()


def test_tiles_are_not_made_before_the_ranges_are_known(images, tmp_path):
    plan = make_plan(recipe_for(images, tmp_path / "out"))
    maker = TileMaker(plan, plan.images[0])
    steps = maker.prepare()
    next(steps)
    with pytest.raises(ValueError, match="prepare"):
        maker.tile(0)
    list(steps)
    assert maker.ranges is not None
    assert list(maker.prepare()) == []  # nothing is measured twice
    maker.tile(0)
    maker.close()


def test_a_dataset_range_leaves_out_what_cannot_be_read(images, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name, top in (("a", 10), ("b", 900)):
        tifffile.imwrite(folder / f"{name}.tif", RNG.integers(0, top, (40, 40)).astype(np.uint16))
    plan = make_plan(recipe_for(folder, tmp_path / "out", **{"normalization.scope": "dataset"}))
    (folder / "b.tif").unlink()
    maker = TileMaker(plan, plan.images[0])
    list(maker.prepare())
    assert maker.ranges[0].high < 10
    maker.close()
    plan = make_plan(recipe_for(folder, tmp_path / "out"))
    (folder / "a.tif").unlink()
    with pytest.raises(SourceError, match=r"a\.tif"):
        list(TileMaker(plan, plan.images[0]).prepare())


@pytest.mark.parametrize("scope", ["none", "tile", "image"])
def test_a_tile_here_and_there_decodes_its_chunks_alone(tmp_path, scope):
    pixels = RNG.integers(0, 4000, (256, 1024)).astype(np.uint16)
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "wide.tif", pixels, tile=(64, 64), compression="zlib")
    dtype = None if scope == "none" else "float32"
    plan = make_plan(
        recipe_for(
            tmp_path / "images", tmp_path / "out", **{"normalization.scope": scope, "normalization.dtype": dtype}
        )
    )
    (image,) = plan.images
    by_bands, by_box = TileMaker(plan, image), TileMaker(plan, image, by_box=True)
    for maker in (by_bands, by_box):
        for _ in maker.prepare():
            pass
    source = by_box.pixels._source._source
    before = source.decoded_segments if source else 0
    for index in (0, 57, len(image) - 1):
        np.testing.assert_array_equal(by_box.tile(index).pixels, by_bands.tile(index).pixels)
    # 32 px lie in four chunks of 64 px at most; a band of whole rows has 16.
    assert 0 < by_box.pixels._source._source.decoded_segments - before <= 3 * 4
    by_bands.close()
    by_box.close()


class CountedSource(ArraySource):
    """Remembers how many pixels were read of it."""

    read_px = 0

    def read(self, box, z=0, t=0, channel=None, level=0):
        CountedSource.read_px += box.area
        return super().read(box, z, t, channel, level)


@pytest.mark.parametrize("scope", ["tile", "image"])
def test_a_large_plane_is_never_read_at_one_go(tmp_path, monkeypatch, scope):
    """Interpolated values are clipped to the range of the whole plane, which is found band by band, too."""
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 1 << 12)
    monkeypatch.setattr(resample, "BLOCK_ROWS", 32)
    monkeypatch.setattr(CountedSource, "read_px", 0)
    pixels = RNG.integers(0, 5000, (640, 64)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "large.tif", pixels, rowsperstrip=8)
    fields = {"normalization.scope": scope, "calibration.enabled": True, "calibration.scale": 1.5}
    plan = make_plan(recipe_for(tmp_path, tmp_path / "out", **fields))
    image = plan.images[0]
    opened = replace(image.info, opener=lambda: CountedSource(image.info, (pixels,), "YX"))
    maker = TileMaker(plan, replace(image, info=opened))
    steps = [CountedSource.read_px for _ in maker.prepare(image.planes[0])]
    assert max(np.diff([0, *steps])) <= 1 << 13 < pixels.size / 4
    assert steps[-1] >= pixels.size
    before = CountedSource.read_px
    found = maker.tile(40).pixels
    assert CountedSource.read_px == before  # all of it is in memory
    whole = TileMaker(plan, image)
    for _ in whole.prepare():
        pass
    np.testing.assert_array_equal(found, whole.tile(40).pixels)
    whole.close()
