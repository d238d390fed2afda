"""The command that does what a recipe says: read by the command line's own options, it gives the recipe again."""

import shlex

import click
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from napari_tiles_creator import Recipe
from napari_tiles_creator.cli.options import make_recipe, recipe_options
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.command_line import command_line
from napari_tiles_creator.recipe.presets import PRESETS
from strategies import recipes


def read(line):
    """Return the recipe that the options of the command line make of a command."""
    made = []

    @click.command()
    @recipe_options
    def export(**options):
        made.append(make_recipe(**options))

    words = shlex.split(line)
    assert words[:2] == ["tiles-creator", "export"]
    done = CliRunner().invoke(export, words[2:])
    assert done.exit_code == 0, (line, done.output, done.exception)
    return made[0]


@given(recipes())
def test_it_gives_the_same_recipe(recipe):
    assert read(command_line(recipe)) == recipe


@given(st.sampled_from(list(PRESETS)), st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
@example("unet", "--preset")
@example("yolo", "a b'c\"d$e\\")
def test_any_folder(preset, folder):
    recipe = Recipe.preset(preset, source=folder, output=folder + " tiles")
    assert read(command_line(recipe)) == recipe


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "tiles-creator export in out --preset unet"),
        ({"tiling.size_px": 256}, "tiles-creator export in out --preset unet --size 256"),
        ({"tiling.size_px": [256, 512]}, "tiles-creator export in out --preset unet --size 256x512"),
        ({"calibration.enabled": True}, "tiles-creator export in out --preset unet --target-pixel-size 0.325"),
        (
            {"calibration.enabled": True, "calibration.scale": "1/3"},
            "tiles-creator export in out --preset unet --scale 1/3",
        ),
        (
            {"normalization.dtype": "uint8", "export.format": "png", "media.recursive": True},
            "tiles-creator export in out --preset yolo --set media.recursive=true",
        ),
        ({"media.pattern": "*_c1.tif"}, "tiles-creator export in out --preset unet --set 'media.pattern=*_c1.tif'"),
    ],
)
def test_it_is_short(changes, line):
    recipe = Recipe.preset("unet", source="in", output="out").changed(changes)
    assert command_line(recipe) == line
    assert read(line) == recipe


def test_every_preset_is_its_own_name():
    for name in PRESETS:
        assert command_line(Recipe.preset(name, source="in", output="out")).endswith(f"--preset {name}")


@pytest.mark.parametrize("value", ["null", "true", "1", "1e3", "2024-01-05", "a: b", "[x]", "#c", "ü µ", " a ", "~"])
def test_texts_that_look_like_something_else(value):
    recipe = Recipe.preset("unet", source="in", output="out").changed(
        {"media.pattern": value, "media.exclude": [value], "tiling.exclude_tiles": [value, "b"]}
    )
    assert read(command_line(recipe)) == recipe


def test_open_layers_are_refused():
    recipe = Recipe.preset("unet", source="napari:layers", output="out")
    with pytest.raises(RecipeError, match="save them") as told:
        command_line(recipe)
    assert told.value.problems[0].field == "media.folder"


@pytest.mark.parametrize("field", ["media.folder", "export.folder"])
def test_a_missing_folder_is_told(field):
    with pytest.raises(RecipeError, match="choose a folder") as told:
        command_line(Recipe.preset("unet", source="in", output="out").changed({field: ""}))
    assert told.value.problems[0].field == field


_RANGES = st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2).map(sorted)


@given(st.lists(_RANGES, min_size=1, max_size=4))
@example([[1e-07, 1e22], [-5e-324, 0.1 + 0.2]])
def test_given_ranges_keep_every_digit(ranges):
    fields = {"normalization.scope": "dataset", "normalization.ranges": ranges}
    recipe = Recipe.preset("unet", source="in", output="out").changed(fields)
    line = command_line(recipe)
    assert read(line) == recipe
    assert read(line).normalization.ranges == tuple(map(tuple, ranges))
    assert "normalization.ranges" in line
