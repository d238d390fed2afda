"""From names back to indexes, for every form of name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.rejection import rejected_tiles
from strategies import grids

NAMES = [
    "{stem}_{index:03d}", "{index}-{stem}", "{stem}_r{row}_c{column:02d}_z{z}", "{stem}_{y}_{x}_z{z}",
    "A{row}B{column}C{index}_{stem}", "x{column}_{row}_{z}_{stem}", "{stem}_{index}_{index}",
]  # fmt: skip


@pytest.mark.parametrize("template", NAMES)
@given(grid=grids(longest=40, largest=12), picked=st.sets(st.integers(0, 500)), depth=st.integers(1, 3))
def test_every_name_leads_to_its_tile(template, grid, picked, depth):
    fields = {"size_px": grid.size, "overlap_px": grid.overlap, "edge": grid.edge, "order": grid.order}
    recipe = Recipe.of({"tiling": fields, "export": {"name": template}})
    (image,) = make_plan(recipe, [source("s_1.tif", (depth, *grid.shape), "ZYX")]).images
    every = {planned.name: planned.index for planned in image}
    assert len(every) == len(image)
    wanted = {name: index for name, index in every.items() if index in picked}
    others = {f"{name}0" for name in list(every)[:3]} | {"s_1", "s_1_", "s_1_x", "s_2_000", "", "s_1_99999999", "٣"}
    found = rejected_tiles(image, sorted(wanted | dict.fromkeys(others)))
    assert found == wanted | {name: every[name] for name in others & every.keys()}


def test_scattered_tiles_named_by_their_corners():
    fields = {"tiling": {"sampling": "random", "count": 20, "size_px": 5, "overlap_px": 0},
              "export": {"name": "{stem}_{y}_{x}_{index}"}}  # fmt: skip
    (image,) = make_plan(Recipe.of(fields), [source("a.tif", (60, 60))]).images
    names = [planned.name for planned in image]
    assert rejected_tiles(image, sorted([names[3], names[7], "a_1_1_3"])) == {names[3]: 3, names[7]: 7}
