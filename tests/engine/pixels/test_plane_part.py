"""A part of a plane: its pixels, whatever blocks they are read in, are those of its boxes, each once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.pixels.plane_part import PlanePart
from napari_tiles_creator.geometry.blocks import boxes_of
from napari_tiles_creator.geometry.box import Box


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    block=st.tuples(st.integers(1, 17), st.integers(1, 17)),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    axes=st.sampled_from(["YX", "CYX", "YXS"]),
)
def test_blocks_give_each_pixel_once(shape, block, cuts, axes):
    edges = sorted({min(cut, shape[0]) for cut in cuts})
    boxes = [Box.between(a, 0, b, shape[1]) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    plane = np.arange(shape[0] * shape[1]).reshape(shape)
    part, rows_axis = PlanePart.of(boxes, shape), int(axes == "CYX")
    found = []
    every = list(boxes_of(Box(0, 0, *shape), block))
    for one in part.touched(every):
        pixels = plane[one.slices]
        pixels = {"YX": pixels, "CYX": np.stack([pixels] * 2), "YXS": np.stack([pixels] * 3, -1)}[axes]
        inside = part.inside(pixels, one, rows_axis)
        assert inside
        assert all(piece.ndim == len(axes) for piece in inside)
        found += [{"YX": piece, "CYX": piece[:1], "YXS": piece[..., :1]}[axes].ravel() for piece in inside]
    wanted = [plane[box.slices].ravel() for box in boxes]
    np.testing.assert_array_equal(np.sort(np.concatenate([[], *found])), np.sort(np.concatenate([[], *wanted])))
    assert part.is_whole == (sum(box.area for box in boxes) == plane.size)


@pytest.mark.parametrize("boxes", [[Box(0, 0, 4, 6)], [Box(0, 0, 1, 6), Box(1, 0, 3, 6)]], ids=["one", "two"])
def test_all_of_a_plane(boxes):
    part = PlanePart.of(boxes, (4, 6))
    blocks = list(boxes_of(Box(0, 0, 4, 6), (3, 3)))
    pixels = np.zeros((3, 3))
    assert part.is_whole
    assert part.touched(blocks) == blocks
    assert part.inside(pixels, blocks[0], 0)[0] is pixels
