"""Rows of the manifest as text, and reading them back."""

import pytest

from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.export.rows import BESIDE, COLUMNS, number, read_rows

# In this order, as the interface states them.
STATED = (
    "tile, source, index, row, column, y, x, height, width, pad_top, pad_left, pad_bottom, pad_right, scale_y, "
    "scale_x, z, t, channel, dtype, norm_low, norm_high, pixel_size_um, split, label, objects, bytes, crc32"
)


def test_columns_are_those_of_the_interface(tmp_path):
    assert (*STATED.split(", "), "sha256", *BESIDE) == COLUMNS
    images = make_folder(tmp_path / "images", count=1)
    list(run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out"))))
    first_line = (tmp_path / "out" / "tiles.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first_line == STATED.replace(", ", ",")


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1725, "0.1725"), (-3.0, "-3"), (1e20, "1e+20"), (1 / 3, "0.3333333333333333")]
)
def test_numbers_read_back_as_they_were(value, text):
    assert number(value) == text
    assert float(text) == value


def test_an_unfinished_last_line_is_passed_over(tmp_path):
    images = make_folder(tmp_path / "images", count=1)
    list(run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out"))))
    table = tmp_path / "out" / "tiles.csv"
    rows = read_rows(table)
    journal = tmp_path / "journal.csv"
    journal.write_bytes(table.read_bytes() + b"cell_9_000.tif,cell_9.tif,0,")
    assert read_rows(journal) == rows


def test_names_with_commas_quotes_and_other_scripts_read_back(tmp_path):
    images = make_folder(tmp_path / "images", count=1)
    (images / "cell_0.tif").rename(images / 'day 1, "köln" 細胞.tif')
    list(run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out"))))
    manifest = Manifest.read(tmp_path / "out")
    (row,) = manifest.rows.values()
    assert row.source == 'day 1, "köln" 細胞.tif'
    assert row.tile == "day_1_k_ln__000.tif"
    assert (tmp_path / "out" / row.tile).is_file()


def test_random_tiles_have_no_row_and_column(tmp_path):
    images = make_folder(tmp_path / "images", count=1)
    recipe = Recipe.preset("imgsplit", source=images, output=tmp_path / "out")
    list(run(make_plan(recipe.changed({"tiling.size_px": 64, "tiling.count": 9}))))
    rows = Manifest.read(tmp_path / "out").rows.values()
    assert [(row.row, row.column, row.norm_low) for row in rows] == [("", "", "")] * 9
