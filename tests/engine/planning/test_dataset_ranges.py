"""What the range of all images is taken from, and whether ranges that are given fit the images."""

import numpy as np
import pytest

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.dataset_ranges import measured_boxes
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.box import Box
from split_plans import split_plan

GREY, TWO, THREE = (60, 50), (2, 60, 50), (3, 60, 50)


def plan_of(*shapes, **fields):
    """Return the plan of images that are on no disk: grey ones, and some with channels."""
    images = [source(f"{k}.tif", shape, "CYX" if len(shape) == 3 else "YX", "uint16") for k, shape in enumerate(shapes)]
    recipe = Recipe.preset("unet", source="in", output="out")
    fields = {"normalization.scope": "dataset", "tiling.size_px": 16, "tiling.overlap_px": 0} | fields
    return make_plan(recipe.changed(fields), images)


@pytest.mark.parametrize(
    ("shapes", "ranges"),
    [
        ([GREY, GREY], [[1, 2]]),
        ([GREY, TWO, THREE], [[1, 2]]),
        ([TWO, TWO], [[1, 2], [3, 4]]),
        ([THREE], [[1, 2], [3, 4], [5, 5]]),
    ],
)
def test_one_range_or_one_a_channel(shapes, ranges):
    plan = plan_of(*shapes, **{"normalization.ranges": ranges})
    assert len(plan.images) == len(shapes)
    assert [measured_boxes(plan.recipe, image) for image in plan.images] == [[]] * len(shapes)


@pytest.mark.parametrize(
    ("shapes", "ranges", "said"),
    [
        ([TWO, THREE], [[1, 2], [3, 4]], "1.tif: 2 ranges are given (normalization.ranges), it needs 3 for its 3 chan"),
        ([GREY], [[1, 2], [3, 4]], "0.tif: 2 ranges are given (normalization.ranges), it needs 1: give as many"),
        ([TWO], [[1, 2]] * 3, "0.tif: 3 ranges are given (normalization.ranges), it needs 2 for its 2 channels"),
    ],
)
def test_another_number_of_ranges(shapes, ranges, said):
    with pytest.raises(PlanError) as caught:
        plan_of(*shapes, **{"normalization.ranges": ranges})
    assert str(caught.value).startswith(said)
    assert caught.value.field == "normalization.ranges"


def test_one_channel_of_several_needs_one_range():
    plan_of(TWO, **{"normalization.ranges": [[1, 2]], "media.channel": 1})
    with pytest.raises(PlanError, match=r"2 ranges are given .* it needs 1"):
        plan_of(TWO, **{"normalization.ranges": [[1, 2]] * 2, "media.channel": 1})


def test_colours_need_one_range():
    image = source("a.tif", (60, 50, 3), "YXS")
    fields = {"normalization.scope": "dataset", "normalization.ranges": [[1, 2]] * 3}
    with pytest.raises(PlanError, match=r"a\.tif: 3 ranges are given .* it needs 1"):
        make_plan(Recipe.preset("unet", source="in").changed(fields), [image])


def test_channels_that_do_not_correspond():
    with pytest.raises(PlanError, match=r"same number of channels in each \(0\.tif has 2, 1\.tif has 3\)"):
        plan_of(TWO, THREE)
    assert len(plan_of(TWO, THREE, **{"normalization.per_channel": False}).images) == 2


def test_everything_without_a_split():
    plan = plan_of(GREY)
    assert measured_boxes(plan.recipe, plan.images[0]) == [Box(0, 0, 60, 50)]


def test_training_alone_with_a_split(tmp_path):
    import tifffile

    for name in "abc":
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((60, 50), np.uint16))
    recipe = Recipe.preset("unet", source=tmp_path).changed({"normalization.scope": "dataset"})
    bands = (1, [("val", 0, 20), ("train", 22, 30), ("train", 33, 50)])
    plan = split_plan(recipe, {"a.tif": "val", "b.tif": bands, "c.tif": "train"})
    assert [measured_boxes(plan.recipe, image) for image in plan.images] == [
        [],
        [Box(0, 22, 60, 8), Box(0, 33, 60, 17)],
        [Box(0, 0, 60, 50)],
    ]
