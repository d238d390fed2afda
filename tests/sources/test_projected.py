"""Stacks as one plane: the projection of any rectangle is that of the stack, whatever the axes and the type."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.projected import ProjectedSource, projected
from napari_tiles_creator.sources.registry import open_source, reopen

LABELS = ("t", "c", "z", "y", "x")


def stack_of(pixels):
    return array_source(Path("a stack"), [pixels], labels=LABELS)


@given(
    hnp.arrays(
        st.sampled_from(["uint8", "int16", "uint16"]),
        st.tuples(*[st.integers(2, 4)] * 3, st.integers(1, 9), st.integers(1, 9)),
    ),
    st.sampled_from("TZ"),
    st.data(),
)
def test_a_rectangle_is_that_of_the_whole_projection(pixels, axis, data):
    at = LABELS.index(axis.lower())
    exact = pixels.astype(np.int64)
    expected = {
        "max": exact.max(axis=at),
        # Python rounds half to even, of exact fractions.
        "mean": np.vectorize(lambda total: round(total / pixels.shape[at]))(exact.sum(axis=at)),
    }
    y, x = (data.draw(st.integers(0, n - 1)) for n in pixels.shape[-2:])
    box = Box.between(y, x, *pixels.shape[-2:])
    other = data.draw(st.integers(0, pixels.shape[2 - at] - 1))
    channel = data.draw(st.none() | st.integers(0, pixels.shape[1] - 1))
    for how, whole in expected.items():
        source = ProjectedSource(stack_of(pixels), axis, how)
        found = source.read(box, z=other, t=other, channel=channel)
        plane = whole[other] if axis == "Z" else whole[:, other]  # the other axis is first, or behind the channels
        plane = plane[:, y:, x:] if channel is None else plane[channel, y:, x:]
        assert found.dtype == pixels.dtype
        np.testing.assert_array_equal(found, plane)


def test_nan_is_no_pixel():
    pixels = np.array([[[1, np.nan, np.nan]], [[3, 5, np.nan]]], np.float32)
    source = array_source(Path("a"), [pixels], labels=("z", "y", "x"))
    box = Box(0, 0, 1, 3)
    np.testing.assert_array_equal(ProjectedSource(source, "Z", "max").read(box), [[3, 5, np.nan]])
    np.testing.assert_array_equal(ProjectedSource(source, "Z", "mean").read(box), [[2, 5, np.nan]])


def test_the_header_opens_it_again_and_tells_it_from_others(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 999, (3, 2, 20, 30), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, imagej=True, metadata={"axes": "ZCYX"})
    source = open_source(tmp_path / "a.tif")
    info = projected(source.info, "Z", "max")
    source.close()
    assert (info.axes, info.shape) == ("CYX", (2, 20, 30))
    again = reopen(info)
    np.testing.assert_array_equal(again.read(Box(0, 0, 20, 30)), pixels.max(axis=0))
    assert again.info == info
    assert again.info.opener == info.opener != projected(source.info, "Z", "mean").opener
    again.close()


@pytest.mark.parametrize("how", ["max", "mean"])
def test_an_export_cuts_the_projection(tmp_path, how):
    pixels = np.random.default_rng(1).integers(0, 60000, (4, 100, 120), np.uint16)
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "a.tif", pixels, imagej=True, metadata={"axes": "ZYX"})
    recipe = Recipe.preset("unet", source=tmp_path / "in", output=tmp_path / "out").changed(
        {"media.z": how, "tiling.size_px": 64, "tiling.overlap_px": 0, "normalization.scope": "none"}
        | {"normalization.dtype": None}
    )
    plan = make_plan(recipe)
    assert [len(plan), plan.images[0].info.axes] == [4, "YX"]
    assert list(run(plan))[-1].tiles == 4
    whole = pixels.max(axis=0) if how == "max" else np.rint(pixels.mean(axis=0))
    first = tifffile.imread(tmp_path / "out" / "a_000.tif")
    np.testing.assert_array_equal(first, whole[:64, :64])
    assert "max" not in (tmp_path / "out" / "tiles.csv").read_text()  # no one plane was taken
