"""The shapes lie where the plan's tiles lie."""

import itertools

import numpy as np
import pytest

from napari_tiles_creator._widget.viewing.pattern import grid_paths, image_placement, outlines, tile_placement
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.scatter import scatter


def painted(shapes, shape):
    """Return the half-pixel lattice points on the lines of some shapes, array (2y + 1, 2x + 1)."""
    canvas = np.zeros((2 * shape[0] + 1, 2 * shape[1] + 1), bool)
    for points in shapes:
        corners = np.rint((np.asarray(points) + 0.5) * 2).astype(int)
        for (y0, x0), (y1, x1) in itertools.pairwise(corners):
            assert y0 == y1 or x0 == x1
            canvas[min(y0, y1) : max(y0, y1) + 1, min(x0, x1) : max(x0, x1) + 1] = True
    return canvas


@pytest.mark.parametrize("edge", ["shift", "spread", "pad", "drop", "ragged"])
@pytest.mark.parametrize(
    ("shape", "size", "overlap"),
    [
        pytest.param((50, 41), 10, 3, id="overlap"),
        pytest.param((50, 41), 10, 0, id="touching"),
        pytest.param((50, 41), (7, 12), (6, 1), id="rectangular"),
        pytest.param((20, 20), 10, 0, id="exact"),
        pytest.param((5, 60), 10, 4, id="flat"),
        pytest.param((5, 6), 10, 4, id="one"),
    ],
)
def test_paths_are_the_outlines(shape, size, overlap, edge):
    grid = TileGrid(shape, size, overlap, edge)
    rectangles = []
    for tile in grid:
        b = tile.box
        corners = [(b.y, b.x), (b.y, b.x_stop), (b.y_stop, b.x_stop), (b.y_stop, b.x), (b.y, b.x)]
        rectangles.append(np.array(corners) - 0.5)
    np.testing.assert_array_equal(painted(grid_paths(grid), shape), painted(rectangles, shape))


def test_small_grids_are_rectangles_and_large_ones_two_paths():
    small, large = TileGrid((100, 100), 10), TileGrid((400, 400), 10)
    shapes, kind = outlines(small)
    assert (len(shapes), kind) == (100, "rectangle")
    assert shapes[11].tolist() == [[9.5, 9.5], [9.5, 19.5], [19.5, 19.5], [19.5, 9.5]]
    shapes, kind = outlines(large)
    assert (len(shapes), kind) == (2, "path")
    shapes, kind = outlines(scatter((400, 400), 10, 1200))
    assert (len(shapes), kind) == (1200, "rectangle")


def test_a_million_tiles_cost_no_million_shapes():
    grid = TileGrid((1_000_000, 1_000_000), 1000)
    assert sum(len(path) for path in grid_paths(grid)) == 2 * 2 * 1001


@pytest.mark.parametrize("calibration", [{}, {"scale": "1/3"}, {"scale": 2.6}, {"target_pixel_size_um": 0.2}])
def test_tiles_cover_the_image_exactly(planned, calibration):
    changes = {f"calibration__{name}": value for name, value in calibration.items()}
    plan = planned(calibration__enabled=bool(calibration), **changes)
    for image in plan.images:
        pixels, tiles = image_placement(image), tile_placement(image)
        height, width = image.info.plane_shape
        for axis, length in enumerate((height, width)):
            first = -0.5 * pixels.scale[axis] + pixels.translate[axis]
            last = (length - 0.5) * pixels.scale[axis] + pixels.translate[axis]
            boxes = [planned_tile.tile.box for planned_tile in image]
            starts = [(box.y, box.x)[axis] for box in boxes]
            stops = [(box.y_stop, box.x_stop)[axis] for box in boxes]
            assert (min(starts) - 0.5) * tiles.scale[axis] + tiles.translate[axis] == pytest.approx(first)
            assert (max(stops) - 0.5) * tiles.scale[axis] + tiles.translate[axis] == pytest.approx(last)
        assert pixels.scale == pytest.approx((0.65, 0.65))
        assert pixels.unit == tiles.unit == "µm"
