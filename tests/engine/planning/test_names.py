"""Names of tiles from the template."""

import pytest

from napari_tiles_creator.engine.planning.names import placeholders, tile_name
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.tile import Tile

TILE = Tile(index=3, row=1, column=2, box=Box(384, 768, 512, 512), core=Box(384, 768, 512, 512))
SCATTERED = Tile(index=3, row=None, column=None, box=Box(5, 6, 9, 9), core=Box(5, 6, 9, 9))


@pytest.mark.parametrize(
    ("template", "index", "name"),
    [
        ("{stem}_{index:03d}", 7, "cell_007"),
        ("{stem}_{index:03d}", 12345, "cell_12345"),
        ("{stem}_tile_{index:04d}", 12, "cell_tile_0012"),
        ("{stem}_r{row}c{column:02}", 7, "cell_r1c02"),
        ("{stem}_{y:05d}_{x}", 7, "cell_00384_768"),
        ("{stem}_z{z}_t{t:02}_c{channel}_{index}", 7, "cell_z4_t05_c1_7"),
    ],
)
def test_names(template, index, name):
    assert tile_name(template, "cell", index, TILE, z=4, t=5, channel=1) == name


def test_what_a_tile_does_not_have_counts_as_0():
    template = "{stem}_{index}_r{row}_z{z}_t{t}_c{channel}"
    assert tile_name(template, "a", 3, SCATTERED, None, None, None) == "a_3_r0_z0_t0_c0"


def test_placeholders():
    assert placeholders("a{stem}_{index:03d}-r{row}") == {"stem", "index", "row"}
