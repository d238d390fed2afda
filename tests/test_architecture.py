"""What a reader of this code relies on: layers without Qt, cheap imports, names that agree, tests that mirror src."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import napari_tiles_creator
from napari_tiles_creator.datasets import registry as layouts
from napari_tiles_creator.datasets.base import TilePlace
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe import export
from napari_tiles_creator.recipe.document import FORMATS_OF_TYPE, Recipe
from napari_tiles_creator.recipe.presets import PRESETS
from napari_tiles_creator.recipe.section import Section
from napari_tiles_creator.sinks import registry as sinks
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sources import registry as sources

SRC = Path(napari_tiles_creator.__file__).parent
TESTS = Path(__file__).parent
GUI = ("napari", "qtpy", "superqt", "magicgui", "PyQt5", "PyQt6", "PySide2", "PySide6", "vispy", "pyqtgraph")
HEAVY = (
    "numpy", "scipy", "shapely", "skimage", "tifffile", "imagecodecs", "PIL", "pydantic", "yaml", "click", "rich", *GUI,
)  # fmt: skip


def python(code: str) -> str:
    """Run code in an interpreter of its own; return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_without_widget() -> list[str]:
    names = (
        ".".join(path.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(SRC.rglob("*.py"))
    )
    return [name for name in names if "._widget" not in name and not name.endswith(".__main__")]


def test_everything_but_the_widget_works_where_there_is_no_gui():
    code = f"""
import importlib, sys
for name in {GUI!r}:
    sys.modules[name] = None  # importing it fails
for name in {modules_without_widget()!r}:
    importlib.import_module(name)
from napari_tiles_creator import *
print(sorted(name for name in sys.modules if name.partition(".")[0] in {GUI!r} and sys.modules[name]))
"""
    assert python(code).strip() == "[]"


def test_importing_the_package_costs_nothing():
    code = f"""
import sys
import napari_tiles_creator
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""
    assert python(code).strip() == "[]"


def test_the_command_line_starts_without_the_readers():
    readers = ("scipy", "shapely", "skimage", "tifffile", "imagecodecs", "PIL", *GUI)
    code = f"""
import sys
import napari_tiles_creator.cli
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({readers!r})))
"""
    assert python(code).strip() == "[]"


def test_the_public_names_are_those_of_the_interface():
    from napari_tiles_creator import Recipe, TileGrid, cut_array, make_plan, merge, merge_arrays, merge_bands, run

    public = (Recipe, TileGrid, make_plan, run, merge, cut_array, merge_arrays, merge_bands)
    assert all(callable(thing) for thing in public)
    assert {thing.__name__ for thing in public} <= set(napari_tiles_creator.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = napari_tiles_creator.nonsense


def test_formats_and_layouts_of_recipe_and_registries_agree():
    assert set(get_args(export.TileFormat)) == set(sinks.FORMATS)
    assert set(get_args(export.Layout)) == set(layouts.LAYOUTS)
    for name in layouts.LAYOUTS:
        place = TilePlace("a_000", ".tif", "train", "cell")
        assert layouts.make_layout(name).tile_path(place).endswith("a_000.tif")


@pytest.mark.parametrize("name", sinks.FORMATS)
def test_the_table_of_types_is_what_the_sinks_accept(name):
    accepted = {dtype for dtype in FORMATS_OF_TYPE if sinks.make_sink(name).refusal("YX", 1, dtype) is None}
    assert accepted == {dtype for dtype, formats in FORMATS_OF_TYPE.items() if name in formats}
    assert sinks.make_sink(name).extension == f".{name}"


@pytest.mark.parametrize("compression", get_args(export.Compression))
def test_every_compression_is_known_to_the_tiff_sink(compression):
    tile = np.zeros((8, 8), np.uint8)
    assert sinks.make_sink("tif", compression).encode(tile, TileFacts("YX", PixelSize(1, 1)))


def test_every_format_that_is_written_can_be_read():
    assert {f".{name}" for name in sinks.FORMATS} <= set(sources.EXTENSIONS)


def test_the_presets_are_those_of_the_interface():
    assert list(PRESETS) == ["unet", "yolo", "axons", "imgsplit"]


def test_panels_and_pages_are_the_sections_of_the_recipe():
    sections = {name for name, field in Recipe.model_fields.items() if isinstance(field.default, Section)}
    panels = "".join(path.read_text() for path in (SRC / "_widget" / "panels").glob("*.py"))
    pages = {path.stem for path in (TESTS.parent / "docs" / "how-to").glob("*.md")}
    assert len(sections) == 6
    assert set(re.findall(r'^    name = "(\w+)"', panels, re.MULTILINE)) == sections
    assert sections <= pages


def mirrored_tests() -> list[Path]:
    """Return the tests in the packages' folders; those of the widget are named after what a user does."""
    return [path.relative_to(TESTS) for path in sorted(TESTS.glob("*/**/test_*.py")) if "widget" not in path.parts]


@pytest.mark.parametrize("path", mirrored_tests(), ids=str)
def test_no_orphan_test(path):
    """A test file stands where its module does, under its name."""
    module = SRC / path.parent / path.stem.removeprefix("test_")
    assert module.with_suffix(".py").exists() or module.is_dir()
