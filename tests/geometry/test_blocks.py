import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.blocks import block_shape, boxes_of, boxes_touching, spanned
from napari_tiles_creator.geometry.box import Box
from strategies import boxes_in

lengths = st.integers(1, 70)
shapes = st.tuples(lengths, lengths)


@given(shapes, shapes, shapes)
def test_the_boxes_of_a_plane_hold_every_pixel_once(plane, shape, corner):
    held = np.zeros((plane[0] + corner[0], plane[1] + corner[1]), int)
    for box in boxes_of(Box(*corner, *plane), shape):
        assert box.height <= shape[0]
        assert box.width <= shape[1]
        held[box.slices] += 1
    assert held[corner[0] :, corner[1] :].min() == held.max() == 1
    assert held.sum() == plane[0] * plane[1]


@given(st.data(), shapes, shapes)
def test_boxes_that_touch_are_those_of_the_grid_that_share_pixels(data, plane, shape):
    box = data.draw(boxes_in(*plane))
    expected = [one for one in boxes_of(Box(0, 0, *plane), shape) if one.intersection(box).area]
    assert list(boxes_touching(box, shape, plane)) == expected


@given(st.data(), shapes, shapes)
def test_no_rectangle_touches_more_blocks_than_are_reckoned(data, plane, shape):
    box = data.draw(boxes_in(*plane).filter(lambda box: box.area))
    touched = list(boxes_touching(box, shape, plane))
    height, width = spanned(box.shape, shape, plane)
    assert max(one.y_stop for one in touched) - min(one.y for one in touched) <= height <= plane[0]
    assert max(one.x_stop for one in touched) - min(one.x for one in touched) <= width <= plane[1]


@given(shapes, st.lists(shapes, min_size=1, max_size=3), st.integers(1, 3000), st.integers(1, 5000))
def test_blocks_hold_whole_chunks_of_every_source_where_there_is_room(plane, chunks, wanted, most):
    height, width = block_shape(plane, chunks, wanted, most)
    assert 1 <= height <= plane[0]
    assert 1 <= width <= plane[1]
    kept = [(min(rows, plane[0]), min(columns, plane[1])) for rows, columns in chunks]
    common = [
        min(int(np.lcm.reduce(along)), whole) for along, whole in zip(zip(*kept, strict=True), plane, strict=True)
    ]
    if common[0] * common[1] <= most:
        for rows, columns in kept:
            assert height % rows == 0 or height == plane[0]
            assert width % columns == 0 or width == plane[1]
    # No more than asked for, but for what cannot be less.
    assert height * width <= max(wanted, most, min(r for r, _ in kept) * min(c for _, c in kept))
    assert (height, width) == plane or 4 * height * width >= min(wanted, plane[0] * plane[1])


def test_strips_and_tiles_meet_in_whole_rows():
    assert block_shape((100_000, 100_000), [(512, 512), (512, 512)], 1 << 20, 1 << 23) == (512, 2048)
    assert block_shape((100_000, 100_000), [(512, 512), (64, 100_000)], 1 << 20, 1 << 23) == (64, 100_000)
    assert block_shape((1000, 1000), [(1000, 1000), (16, 16)], 1 << 20, 1 << 23) == (1000, 1000)
