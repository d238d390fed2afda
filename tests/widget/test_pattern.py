"""The shapes lie where the plan's tiles lie."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator._widget.viewing.drawing import MOST_RUNS, draw_tiles, fill_labels, fill_placement
from napari_tiles_creator._widget.viewing.pattern import core_rectangles, grid_paths, kept_lines, outlines
from napari_tiles_creator._widget.viewing.placement import Placement, image_placement, tile_placement
from napari_tiles_creator._widget.viewing.tile_states import TileStates
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


def outline_of(tile):
    b = tile.box
    corners = [(b.y, b.x), (b.y, b.x_stop), (b.y_stop, b.x_stop), (b.y_stop, b.x), (b.y, b.x)]
    return np.array(corners) - 0.5


@st.composite
def masked_grids(draw):
    """A grid of any policy and order, and which of its tiles are kept, by rows and columns."""
    shape = draw(st.tuples(st.integers(1, 60), st.integers(1, 60)))
    size = draw(st.tuples(st.integers(1, 25), st.integers(1, 25)))
    overlap = tuple(draw(st.integers(0, side - 1)) for side in size)
    edges = st.sampled_from(["shift", "spread", "pad", "drop", "ragged"])
    grid = TileGrid(shape, size, overlap, draw(edges), draw(st.sampled_from(["rows", "edges_last"])))
    seed, share = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.05, 0.5, 0.9, 1.0]))
    return grid, np.random.default_rng(seed).random(grid.counts) < share


@given(masked_grids())
def test_lines_are_the_outlines_of_the_kept_tiles(masked):
    grid, kept = masked
    lines = kept_lines(grid, kept)
    expected = [outline_of(grid.at(row, column)) for row, column in np.argwhere(kept).tolist()]
    np.testing.assert_array_equal(painted(lines, grid.shape), painted(expected, grid.shape))


@given(masked_grids())
def test_core_rectangles_cover_the_cores_once(masked):
    grid, chosen = masked
    covered = np.zeros(grid.shape, int)
    for corners in core_rectangles(grid, chosen):
        (y0, x0), (y1, x1) = (corners.min(axis=0) + 0.5).astype(int), (corners.max(axis=0) + 0.5).astype(int)
        covered[y0:y1, x0:x1] += 1
    expected = np.zeros(grid.shape, int)
    for row, column in np.argwhere(chosen).tolist():
        expected[grid.at(row, column).core.slices] = 1
    np.testing.assert_array_equal(covered, expected)


def states_of(grid, kept, rejected=None):
    rejected = np.zeros(len(grid), bool) if rejected is None else rejected
    return TileStates(kept, rejected, None, 0.0)


@given(masked_grids())
def test_fill_has_the_states_in_their_places(masked):
    grid, kept = masked
    inside = np.empty(len(grid), bool)
    for row, column in np.ndindex(*grid.counts):
        inside[grid.index_of(row, column)] = kept[row, column]
    labels = fill_labels(grid, states_of(grid, inside))
    np.testing.assert_array_equal(labels == 1, kept)
    np.testing.assert_array_equal(labels == 2, ~kept)


def test_fill_lies_over_the_cores():
    grid = TileGrid((1030, 777), 64, 16)
    placement = fill_placement(grid, Placement((2.0, 2.0), (0.0, 0.0), "µm"))
    for i in range(1, grid.rows.count - 1):
        top = placement.translate[0] + placement.scale[0] * (i - 0.5)
        assert top == pytest.approx(2 * (grid.rows.core(i)[0] - 0.5))


def test_few_tiles_left_out_are_lines_and_a_veil():
    grid = TileGrid((3200, 3200), 32)
    kept = np.ones(len(grid), bool)
    kept[[5, 6, 7, 5050]] = False
    rejected = np.zeros(len(grid), bool)
    rejected[5050] = True
    drawing = draw_tiles(grid, states_of(grid, kept, rejected))
    assert drawing.types.count("path") == 2
    assert drawing.types.count("rectangle") == 2  # three neighbours, and the one rejected by hand
    assert len({face for face, kind in zip(drawing.faces, drawing.types, strict=True) if kind == "rectangle"}) == 2
    assert drawing.types.count("line") < 2 * (101 + 101)


def test_too_many_runs_are_not_outlined():
    grid = TileGrid((32 * 320, 32 * 320), 32)
    kept = np.random.default_rng(0).random(len(grid)) < 0.5
    assert len(kept_lines(grid, kept.reshape(grid.counts))) > MOST_RUNS
    assert draw_tiles(grid, states_of(grid, kept)) is None


def test_scattered_tiles_left_out_are_drawn_too():
    tiling = scatter((400, 400), 10, 50)
    kept = np.arange(50) % 3 > 0
    drawing = draw_tiles(tiling, states_of(tiling, kept))
    assert len(drawing) == 50
    assert len(set(drawing.edges)) == 2


@pytest.mark.parametrize("seed", range(5))
def test_placement_is_that_of_napari(seed):
    from napari.layers import Image

    rng = np.random.default_rng(seed)
    affine = np.eye(3)
    affine[:2] += rng.normal(0, 0.3, (2, 3))
    look = {"scale": rng.uniform(0.1, 3, 2), "translate": rng.normal(size=2), "rotate": rng.uniform(0, 360)}
    layer = Image(np.zeros((50, 40)), **look, shear=[rng.normal()], affine=affine, units=("nm", "nm"))
    placement = Placement.of(layer)
    again = Image(np.zeros((50, 40)), **placement.settings())
    moved = Image(np.zeros((5, 5)), **placement.moved(7, 3).settings())
    finer = Image(np.zeros((100, 160)), **placement.resampled(1 / 2, 1 / 4).settings())
    for point in rng.uniform(-50, 50, (5, 2)):
        expected = layer.data_to_world(point)
        np.testing.assert_allclose(again.data_to_world(point), expected)
        np.testing.assert_allclose(moved.data_to_world(point - [7, 3]), expected)
        np.testing.assert_allclose(finer.data_to_world((point + 0.5) * [2, 4] - 0.5), expected)
        homogeneous = placement.matrix @ [*point, 1]
        np.testing.assert_allclose(homogeneous[:2], expected)
