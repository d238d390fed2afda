"""Images divided into bands: judged by painting the source pixels of every tile, and by changing real pixels."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.resample import ResampledAxis
from napari_tiles_creator.engine.planning.image_plan import Plane
from napari_tiles_creator.engine.planning.splits.blocks import source_axes, tiles_of
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.source_axis import source_boxes
from napari_tiles_creator.geometry.split_bands import shared_between

SHARES = [
    {"train": 0.5, "val": 0.5},
    {"train": 0.8, "val": 0.2},
    {"train": 0.7, "val": 0.1, "test": 0.2},
    {"val": 0.4, "test": 0.6},
]


def level_span(axis, full, start, stop):
    """Source pixels that the real resampler reads, of a level of the pyramid those under it and one more."""
    first, last = axis.source_span(start, stop)
    if full == axis.old:
        return first, last
    return max(0, (first - 1) * full // axis.old), min(full, -(-(last + 1) * full // axis.old))


def painted(image, recipe):
    """Which source pixels the tiles of each split of a plane are made from: arrays (y, x), bool."""
    height, width = image.info.plane_shape
    calibration = recipe.calibration
    level = image.info.levels[image.level]
    axes = [ResampledAxis(level[i], image.shape[i], calibration.interpolation, calibration.antialias) for i in range(2)]
    planes = {}
    for planned in image:
        if image.left_out(planned.index):
            continue
        assert planned.split
        box, of_split = planned.tile.box, planes.setdefault(planned.split, np.zeros((height, width), bool))
        if not image.is_calibrated:
            of_split[box.slices] = True
            continue
        top, bottom = level_span(axes[0], height, box.y, box.y_stop)
        left, right = level_span(axes[1], width, box.x, box.x_stop)
        of_split[top:bottom, left:right] = True
    return planes


@st.composite
def recipes(draw, **split):
    """Draw a recipe for images of up to 160 pixels a side."""
    size = draw(st.integers(4, 24))
    sampling = draw(st.sampled_from(["grid", "grid", "random", "jittered"]))
    scale = draw(st.sampled_from([None, None, "1/2", "2/3", "3/2", "2/1", 0.37, 1.7, 0.123]))
    return Recipe.of(
        {
            "calibration": {
                "enabled": scale is not None,
                "scale": scale,
                "interpolation": draw(st.sampled_from(["nearest", "linear", "cubic", "lanczos"])),
                "antialias": draw(st.booleans()),
            },
            "tiling": {
                "size_px": size,
                "overlap_px": draw(st.integers(0, size - 1)),
                "edge": draw(st.sampled_from(["shift", "spread", "pad", "drop", "ragged"])),
                "order": draw(st.sampled_from(["rows", "edges_last"])),
                "pad_mode": draw(st.sampled_from(["constant", "reflect"])),
                "sampling": sampling,
                "count": draw(st.integers(1, 9)) if sampling != "grid" else None,
                "seed": draw(st.integers(0, 9)),
                "roi": draw(st.sampled_from([None, None, [0, 0, 70, 50]])),
            },
            "export": {
                "split": {
                    **draw(st.sampled_from(SHARES)),
                    "seed": draw(st.integers(0, 99)),
                    "gap_px": draw(st.sampled_from([0, 0, 1, 7])),
                    **{key: draw(value) for key, value in split.items()},
                }
            },
        }
    )


@st.composite
def sources(draw, most=3):
    """Draw headers of images, stacks among them, and some with a pyramid."""
    found = []
    for i in range(draw(st.integers(1, most))):
        height, width = draw(st.integers(10, 160)), draw(st.integers(10, 160))
        item = source(f"{i}.tif", (draw(st.integers(1, 2)), height, width), "ZYX")
        levels = draw(st.sampled_from([(), ((height, width), (-(-height // 2), -(-width // 2)))]))
        found.append(replace(item, info=replace(item.info, levels=levels)))
    return found


def plan_of(recipe, items):
    """The plan, None where a split would get no tile, or no tile lies in the region."""
    try:
        return make_plan(recipe, items)
    except PlanError as error:
        if error.field not in ("export.split", "tiling.roi"):
            raise
        return None


@settings(max_examples=200)
@given(st.data())
def test_no_two_tiles_of_different_splits_share_a_source_pixel(data):
    """For any recipe: grids and scattered tiles, any edge, overlap, scale, kernel, gap, number of images."""
    by = data.draw(st.sampled_from(["image", "group", "blocks"]))
    recipe = data.draw(recipes(by=st.just(by), group=st.just(r"\d" if by == "group" else None)))
    split = recipe.export.split
    plan = plan_of(recipe, data.draw(sources()))
    if plan is None or not any(image.tiles for image in plan.images):
        return
    assert {name for image in plan.images for name in tiles_of(image)} == set(split.shares)
    for image in plan.images:
        planes = painted(image, recipe)
        assert planes.keys() == tiles_of(image).keys()
        for name, of_split in planes.items():
            others = np.logical_or.reduce([other for key, other in planes.items() if key != name] or [False])
            assert not (of_split & others).any()
            if split.gap_px and np.any(others):
                # Distance 1 is to the neighbour: so many pixels lie free in between, and one more.
                assert ndimage.distance_transform_cdt(~of_split)[others].min() > split.gap_px
        kept = [planned for planned in image if not image.left_out(planned.index)]
        if kept:
            boxes = np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in (planned.tile.box for planned in kept)])
            found = source_boxes(boxes, *source_axes(image, recipe.calibration))
            assert shared_between(found, np.array([planned.split for planned in kept])) is None


@given(st.data())
def test_a_tile_is_left_out_only_where_no_band_holds_it(data):
    recipe = data.draw(recipes(by=st.just("blocks")))
    plan = plan_of(recipe, data.draw(sources(1)))
    for image in plan.images if plan else ():
        for planned in image:
            reason = image.left_out(planned.index)
            if reason and "another split" in reason:
                assert planned.split == ""
        if image.bands:
            covered = {b for name in recipe.export.split.shares for b in image.boxes_of(name)}
            assert sum(box.area for box in covered) <= image.shape[0] * image.shape[1]
            first, *_, last = sorted(image.bands.bands, key=lambda band: band.start)
            assert (first.start, last.stop) == (0, image.shape[image.bands.axis])


def test_bands_depend_on_the_image_and_the_seed_alone():
    fields = {"tiling.size_px": 32, "tiling.overlap_px": 0}
    split = {"train": 0.6, "val": 0.2, "test": 0.2, "by": "blocks"}
    recipe = Recipe().changed({**fields, "export.split": split})
    items = [source(f"{i}.tif", (640, 320)) for i in range(12)]
    bands = [image.bands for image in make_plan(recipe, items).images]
    assert [image.bands for image in make_plan(recipe, items[3:5]).images] == bands[3:5]
    assert len({tuple(band.split for band in found.bands) for found in bands}) > 2
    other = recipe.changed({"export.split": {**split, "seed": 1}})
    assert [image.bands for image in make_plan(other, items).images] != bands
    assert all(found.axis == 0 for found in bands)


def test_tiles_rejected_by_hand_move_no_border_unless_a_split_would_be_empty():
    split = {"train": 0.5, "val": 0.5, "by": "blocks"}
    recipe = Recipe().changed({"tiling.size_px": 32, "tiling.overlap_px": 0, "export.split": split})
    item = source("a.tif", (320, 32))
    (image,) = make_plan(recipe, [item]).images
    names = [planned.name for planned in image]
    (some,) = make_plan(recipe.changed({"tiling.exclude_tiles": names[:4]}), [item]).images
    assert some.bands == image.bands
    (most,) = make_plan(recipe.changed({"tiling.exclude_tiles": names[:5]}), [item]).images
    assert most.bands != image.bands
    assert sorted(tiles_of(most).values()) == [2, 3]
    with pytest.raises(PlanError, match="are too few for blocks"):
        make_plan(recipe.changed({"tiling.exclude_tiles": names[:9]}), [item])


def test_names_with_the_split_can_be_rejected():
    split = {"train": 0.5, "val": 0.5, "by": "blocks"}
    fields = {
        "tiling.size_px": 32,
        "tiling.overlap_px": 0,
        "export.split": split,
        "export.name": "{split}_{stem}_{index}",
    }
    recipe, item = Recipe().changed(fields), source("a.tif", (320, 32))
    (image,) = make_plan(recipe, [item]).images
    name = image[3].name
    assert name in ("train_a_3", "val_a_3")
    (found,) = make_plan(recipe.changed({"tiling.exclude_tiles": [name]}), [item]).images
    assert found.tiles == 9
    assert found.bands == image.bands


def test_images_too_small_for_blocks_go_where_tiles_are_missing():
    split = {"train": 0.5, "val": 0.5, "by": "blocks"}
    recipe = Recipe().changed({"tiling.size_px": 32, "tiling.overlap_px": 0, "export.split": split})
    items = [source("big.tif", (96, 32)), *(source(f"{i}.tif", (32, 32)) for i in range(5))]
    plan = make_plan(recipe, items)
    assert sorted(sum(tiles_of(i).get(name, 0) for i in plan.images) for name in ("train", "val")) == [4, 4]
    assert plan.warnings == (
        "too small for a tile in each split, so that all of it goes to one (export.split): "
        "0.tif, 1.tif, 2.tif, 3.tif, 4.tif",
    )


@pytest.mark.parametrize("gap", [0, 9])
def test_what_is_too_small_is_an_error_that_tells_what_to_do(gap):
    split = {"train": 0.8, "val": 0.1, "test": 0.1, "gap_px": gap}
    with pytest.raises(PlanError) as caught:
        make_plan(Recipe().changed({"export.split": split}), [source("a.tif", (900, 900))])
    assert str(caught.value).startswith("a.tif: its 9 tiles are too few for blocks of train, val, test")
    assert ("gap_px" in str(caught.value)) == bool(gap)


def test_what_is_left_out_is_told():
    split = {"train": 0.8, "val": 0.2, "by": "blocks"}
    plan = make_plan(
        Recipe().changed({"export.split": split}), [source("a.tif", (4096, 512)), source("b.tif", (512, 4096))]
    )
    assert len(plan.images[0]) == 11
    assert [image.bands.axis for image in plan.images] == [0, 1]
    assert plan.warnings == (
        "2 of 22 tiles are left out, because they share pixels with another split's (export.split)",
    )


def pixels_of(path, recipe, plan):
    """The calibrated pixels of every tile that is kept, with its split."""
    (image,) = plan.images
    reader = CalibratedImage(image, recipe, 1 << 28)
    kept = [planned for planned in image if not image.left_out(planned.index)]
    found = [(planned.split, reader.read(Plane(), planned.tile.box, clipped=False)) for planned in kept]
    reader.close()
    return found


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "lanczos"])
@pytest.mark.parametrize("scale", ["1/3", "2/3", "5/3", "1/1"])
def test_changed_source_pixels_change_tiles_of_one_split_alone(tmp_path, interpolation, scale):
    """The real resampler on real files: pixels as bright as can be, in one row after the other around the border."""
    path = tmp_path / "a.tif"
    pixels = np.random.default_rng(0).integers(1000, 2000, (240, 24), np.uint16)
    recipe = Recipe.of(
        {
            "media": {"folder": str(path)},
            "calibration": {"enabled": True, "scale": scale, "interpolation": interpolation},
            "tiling": {"size_px": 8, "overlap_px": 5},
            "export": {"split": {"train": 0.6, "val": 0.4, "by": "blocks", "seed": 3}},
        }
    )
    tifffile.imwrite(path, pixels)
    plan = make_plan(recipe)
    (image,) = plan.images
    before = pixels_of(path, recipe, plan)
    assert {split for split, _ in before} == {"train", "val"}
    first, second = image.bands.bands
    rows = range(int(first.stop / image.scale[0]) - 8, min(240, int(second.start / image.scale[0]) + 9))
    seen = set()
    for row in rows:
        changed = pixels.copy()
        changed[row, 9:15] = 65535
        tifffile.imwrite(path, changed)
        after = pixels_of(path, recipe, make_plan(recipe))
        splits = {
            split
            for (split, old), (_, new) in zip(before, after, strict=True)
            if np.abs(new - old.astype(float)).max() > 1e-6
        }
        assert len(splits) <= 1, row
        seen |= splits
    assert seen == {"train", "val"}


def test_planes_share_bands_and_normalization_sees_the_training_part_alone():
    split = {"train": 0.8, "val": 0.2, "by": "blocks"}
    recipe = Recipe().changed({"tiling.size_px": 64, "tiling.overlap_px": 0, "export.split": split})
    (image,) = make_plan(recipe, [source("a.tif", (3, 640, 64), "ZYX")]).images
    assert tiles_of(image) == {"train": 24, "val": 6}
    assert [planned.split for planned in image][:10] * 3 == [planned.split for planned in image]
    (train,), (val,) = image.boxes_of("train"), image.boxes_of("val")
    assert train.intersection(val).area == 0
    assert sorted([train, val]) in (
        [Box(0, 0, 512, 64), Box(512, 0, 128, 64)],
        [Box(0, 0, 128, 64), Box(128, 0, 512, 64)],
    )


def test_a_million_tiles():
    """Quick enough for a preview: no tile is looked at by itself."""
    split = {"train": 0.8, "val": 0.1, "test": 0.1, "gap_px": 100}
    fields = {"tiling.size_px": 64, "tiling.overlap_px": 0, "export.split": split}
    (image,) = make_plan(Recipe().changed(fields), [source("a.tif", (64_000, 64_000))]).images
    assert len(image) == 1_000_000
    assert tiles_of(image) == {"train": 797_000, "val": 100_000, "test": 99_000}
