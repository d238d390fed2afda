"""Channels composed to colours: the formula by plain numpy, saturated and never wrapped."""

import json

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.pixels.compose import Composer
from napari_tiles_creator.errors import DatasetError, RecipeError

unit = st.floats(0, 1, width=32)


@given(
    hnp.arrays(np.uint8, st.tuples(st.just(3), st.integers(1, 5), st.integers(1, 5))),
    st.lists(st.tuples(unit, unit, unit), min_size=3, max_size=3),
)
def test_each_channel_lends_its_colour(values, colours):
    found = Composer(tuple(colours), (0, 255), "uint8")(values)
    assert found.shape == (*values.shape[1:], 3)
    for (y, x, sample), value in np.ndenumerate(found):
        total = sum(int(values[c, y, x]) / 255 * colours[c][sample] for c in range(3))
        assert abs(int(value) - min(1, total) * 255) <= 0.5 + 1e-9


def test_pure_colours_are_the_channels_themselves():
    values = np.random.default_rng(0).integers(0, 256, (3, 20, 30), np.uint8)
    composer = Composer(((1, 0, 0), (0, 1, 0), (0, 0, 1)), (0, 255), "uint8")
    np.testing.assert_array_equal(composer(values), np.moveaxis(values, 0, -1))


@pytest.fixture
def channels(tmp_path):
    pixels = np.random.default_rng(1).integers(100, 4000, (2, 96, 96), np.uint16)
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "a.tif", pixels, imagej=True, metadata={"axes": "CYX"})
    return pixels


def recipe_for(tmp_path, **changes):
    small = {"tiling.size_px": 64, "tiling.overlap_px": 0, "media.colours": ["magenta", "green"]}
    return Recipe.preset("yolo", source=tmp_path / "in", output=tmp_path / "out").changed(small | changes)


def test_tiles_are_colour_pictures(tmp_path, channels):
    plan = make_plan(recipe_for(tmp_path))
    assert plan.bytes == 4 * 64 * 64 * 3
    assert list(run(plan))[-1].tiles == 4
    grey = [
        np.rint((channel - channel.min()) / (channel.max() - channel.min()) * 255) / 255
        for channel in channels.astype(float)
    ]
    expected = np.stack([grey[0], grey[1], grey[0]], axis=-1)[:64, :64] * 255
    tile = np.asarray(Image.open(tmp_path / "out" / "a_000.png"))
    np.testing.assert_array_equal(tile, np.rint(expected))
    row = (tmp_path / "out" / "tiles.csv").read_text().splitlines()[1]
    assert f"{channels[0].min()};{channels[1].min()}" in row
    assert json.loads((tmp_path / "out" / "tiles.json").read_text())["recipe"]["media"]["colours"]
    # Merged back they are one colour image.
    merge(tmp_path / "out", tmp_path / "back")
    back = tifffile.imread(tmp_path / "back" / "a.tif")
    assert back.shape == (96, 96, 3)
    np.testing.assert_array_equal(back[:64, :64], tile)


def test_values_as_they_are_fill_the_type(tmp_path, channels):
    fields = {"normalization.scope": "none", "normalization.dtype": None, "export.format": "tif"}
    list(run(make_plan(recipe_for(tmp_path, **fields))))
    tile = tifffile.imread(tmp_path / "out" / "a_000.tif")
    np.testing.assert_array_equal(tile, np.stack([channels[0], channels[1], channels[0]], axis=-1)[:64, :64])


def test_colours_cannot_be_taken_apart_again(tmp_path, channels):
    list(run(make_plan(recipe_for(tmp_path))))
    with pytest.raises(DatasetError, match=r"media\.colours"):
        merge(tmp_path / "out", tmp_path / "back", denormalize=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"media.colours": ["red"]}, "names 1 colours, it has 2 channels"),
        ({"media.colours": ["red", "green", "none"]}, "names 3 colours, it has 2 channels"),
    ],
)
def test_every_channel_needs_a_colour(tmp_path, channels, changes, said):
    plan = make_plan(recipe_for(tmp_path, **changes))
    assert not plan.images
    assert said in plan.failed[0].reason
    assert plan.failed[0].field == "media.colours"


def test_what_is_no_colour_is_told(tmp_path):
    with pytest.raises(RecipeError, match="'gren' is no colour"):
        Recipe().changed({"media.colours": ["gren"]})
    with pytest.raises(RecipeError, match=r"media\.channel"):
        Recipe().changed({"media.colours": ["red"], "media.channel": 1})
