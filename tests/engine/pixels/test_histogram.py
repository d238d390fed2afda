"""Values before and after normalization, against numpy on whole arrays."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels import calibrated_image, histogram, source_blocks
from napari_tiles_creator.engine.pixels.histogram import histograms
from napari_tiles_creator.engine.pixels.measure import Range
from napari_tiles_creator.engine.steps import result_of

RNG = np.random.default_rng(0)


def planned(path, **fields):
    recipe = Recipe.preset("unet", source=path).changed({"tiling.size_px": 24, "tiling.overlap_px": 5} | fields)
    plan = make_plan(recipe)
    return plan, plan.images[0]


def check(found, values):
    assert (found.low, found.high) == (values.min(), values.max())
    np.testing.assert_array_equal(found.counts, np.histogram(values, 64, (values.min(), values.max()))[0])


@pytest.mark.parametrize("scope", ["none", "image", "dataset"])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_before_and_after_are_those_of_the_plane(tmp_path, scope, dtype):
    stack = RNG.gamma(2, 30, (3, 101, 90)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    fields = {"normalization.scope": scope, "normalization.dtype": dtype, "normalization.percentiles": (1, 99)}
    plan, image = planned(tmp_path, **fields)
    before, after = result_of(histograms(plan, image, 1))
    check(before, stack[1])
    low, high = np.percentile(stack.astype(float), (1, 99))
    top = 1 if dtype == "float32" else 255
    mapped = np.clip((stack[1].astype(float) - low) / (high - low) * top, 0, top)
    mapped = np.rint(mapped).astype(np.uint8) if dtype == "uint8" else mapped.astype(np.float32)
    check(after, stack[1].astype(dtype) if scope == "none" else mapped)


def test_local_tiles_are_mapped_each_by_its_own_range(tmp_path):
    image = RNG.gamma(2, 30, (101, 90)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", image)
    plan, item = planned(tmp_path, **{"normalization.scope": "tile", "tiling.edge": "pad"})
    values = []
    for tile in item.tiling:
        part = image[tile.box.slices].astype(float)
        mapped = (part - part.min()) / (part.max() - part.min())
        values.append(mapped[tile.core.moved(-tile.box.y, -tile.box.x).slices].ravel())
    check(result_of(histograms(plan, item))[1], np.concatenate(values).astype(np.float32))


def test_channels_and_colours_are_counted_together(tmp_path):
    colour = RNG.integers(0, 255, (50, 40, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colour, photometric="rgb")
    tifffile.imwrite(tmp_path / "b.tif", colour.transpose(2, 0, 1).copy(), imagej=True, metadata={"axes": "CYX"})
    for number, name in enumerate("ab"):
        plan, _ = planned(tmp_path, **{"normalization.per_channel": False})
        assert plan.images[number].stem == name
        check(result_of(histograms(plan, plan.images[number]))[0], colour)


def test_only_finite_values_count(tmp_path):
    image = RNG.normal(0, 1, (50, 40)).astype(np.float32)
    image[:10], image[10, 0] = np.nan, np.inf
    tifffile.imwrite(tmp_path / "a.tif", image)
    tifffile.imwrite(tmp_path / "b.tif", np.full((30, 30), np.nan, np.float32))
    tifffile.imwrite(tmp_path / "c.tif", np.full((30, 30), 7, np.uint8))
    plan, item = planned(tmp_path)
    check(result_of(histograms(plan, item))[0], image[np.isfinite(image)])
    before, after = result_of(histograms(plan, plan.images[1]))
    assert np.isnan([before.low, after.high]).all()
    assert before.counts.sum() == after.counts.sum() == 0
    before, after = result_of(histograms(plan, plan.images[2]))
    assert (before.low, before.counts[0], after.low) == (7, 900, 0)


def test_large_planes_are_sampled(tmp_path, monkeypatch):
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 300)
    monkeypatch.setattr(histogram, "MOST_VALUES", 600)
    image = RNG.normal(100, 10, (300, 300)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", image)
    plan, item = planned(tmp_path)
    reads = []

    class Watched(calibrated_image.CalibratedImage):
        def read(self, plane, box, **options):
            reads.append(box)
            return super().read(plane, box, **options)

    monkeypatch.setattr("napari_tiles_creator.engine.pixels.tile_maker.CalibratedImage", Watched)
    before, after = result_of(histograms(plan, item, ranges=[Range(0.0, 200.0)]))
    assert len(reads) == histogram.MOST_BLOCKS  # with known ranges, nothing else is read
    assert 300 < before.counts.sum() == after.counts.sum() <= 640
    assert before.low < 85 < 115 < before.high
    assert after.low == pytest.approx(before.low / 200)
    assert not after.is_estimate
    monkeypatch.setattr(histogram, "MOST_MEASURED", 80_000)
    reads.clear()
    before, after = result_of(histograms(plan, item))
    assert len(reads) == histogram.MOST_BLOCKS
    assert (after.is_estimate, after.low, after.high) == (True, 0, 1)


@pytest.mark.parametrize("axes", ["YX", "CYX", "YXS"])
def test_large_planes_are_sampled_whatever_shape_their_last_blocks_have(tmp_path, monkeypatch, axes):
    """300 is no multiple of 64: the blocks at the right and at the bottom are cut short."""
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 64 * 128)
    monkeypatch.setattr(histogram, "MOST_MEASURED", 80_000)
    shape = {"YX": (300, 300), "CYX": (2, 300, 300), "YXS": (300, 300, 3)}[axes]
    image = RNG.integers(10, 200, shape).astype(np.uint8)
    if axes == "CYX":
        image[1] = 60
        image[1, 0, 0], image[1, -1, -1] = 20, 80
    how = {"photometric": "rgb"} if axes == "YXS" else {"photometric": "minisblack", "metadata": {"axes": axes}}
    tifffile.imwrite(tmp_path / "a.ome.tif", image, tile=(64, 64), **how)
    plan, item = planned(tmp_path)
    before, after = result_of(histograms(plan, item))
    check(before, image)  # few enough values that all of them are looked at
    assert after.is_estimate
    assert (after.low, after.high) == (0, 1)
    if axes == "CYX":  # each channel has a range of its own: most of the second lies in the middle of it
        assert after.counts[int(64 * 40 / 60)] > 80_000
