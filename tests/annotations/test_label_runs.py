"""Rectangles of labels that are kept as runs: judged by the crop of the pixels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from label_images import label_images
from napari_tiles_creator.annotations import label_runs
from napari_tiles_creator.annotations.label_bands import runs_of_labels
from napari_tiles_creator.geometry.box import Box
from strategies import boxes_in


def corners(boxes):
    return np.array([(box.y, box.x, box.y_stop, box.x_stop) for box in boxes], np.int64).reshape(-1, 4)


def painted(found, k, box):
    pixels = np.zeros(box.shape, np.int64)
    of_box = found.boxes == k
    parts = (found.rows[of_box], found.starts[of_box], found.stops[of_box], found.owners[of_box])
    for row, start, stop, owner in zip(*parts, strict=True):
        assert 0 <= start < stop <= box.width
        pixels[row, start:stop] = owner
    return pixels


@given(label_images(), st.data())
def test_boxes_show_their_crops(labels, data):
    boxes = data.draw(st.lists(boxes_in(*labels.shape), max_size=9))
    found = runs_of_labels(labels.shape, [labels]).within(corners(boxes))
    assert np.all(np.diff(found.boxes) >= 0)
    for k, box in enumerate(boxes):
        np.testing.assert_array_equal(painted(found, k, box), labels[box.slices])


def test_many_boxes_come_some_at_a_time_and_none_in_parts():
    """More rows of boxes, and more runs in them, than are looked at together."""
    labels = (np.indices((700, 900)).sum(axis=0) % 2).astype(np.uint8)
    boxes = [Box(y, x, 200, 200) for y in range(0, 500, 25) for x in range(0, 700, 25)]
    boxes += [Box(0, 0, 700, 900)]  # alone more than fits
    runs = runs_of_labels(labels.shape, [labels])
    parts = list(runs.by_boxes(corners(boxes)))
    shown = [np.unique(part.boxes) for part in parts]
    assert np.concatenate(shown).tolist() == list(range(len(boxes)))
    assert len(parts) > 30
    assert max(len(part.rows) for part in parts[:-1]) <= label_runs._AT_ONCE
    for part, numbers in zip(parts[::9], shown[::9], strict=True):
        for k in numbers[::5]:
            np.testing.assert_array_equal(painted(part, k, boxes[k]), labels[boxes[k].slices])


@given(label_images(), st.integers(0, 3))
def test_areas_are_counts_of_pixels(labels, more):
    labels = labels % 50
    runs = runs_of_labels(labels.shape, [labels])
    assert runs.areas(50 + more).tolist() == [0, *np.bincount(labels.ravel(), minlength=50 + more)[1:]]
