import numpy as np
import pytest
import shapely
from scipy.ndimage import label

from napari_tiles_creator.engine.predicting.outputs.tile_objects import class_name, objects_of
from napari_tiles_creator.engine.predicting.tile_result import TileResult

MASK = np.array(
    [
        [1, 1, 1, 0, 0],
        [1, 0, 1, 0, 1],
        [1, 1, 1, 1, 0],
        [0, 0, 0, 0, 1],
    ],
    bool,
)


def test_pieces_of_a_mask_share_edges():
    objects = objects_of(TileResult("mask", MASK.astype(np.uint8) * 255, 2))
    assert objects.areas.tolist() == [9, 1, 1]
    assert objects.class_numbers.tolist() == [2, 2, 2]
    assert [outline.area for outline in objects.outlines] == [9, 1, 1]
    assert len(shapely.get_rings(objects.outlines[0])) == 2
    assert [runs.area for runs in objects.runs] == [9, 1, 1]


def test_numbered_objects_may_have_several_pieces():
    labels = np.where(MASK, 70000, 0).astype(np.uint32)
    labels[0, 4] = 3
    objects = objects_of(TileResult("labels", labels, None))
    assert objects.areas.tolist() == [1, 11]
    np.testing.assert_array_equal(objects.runs[1].decode(), MASK)
    assert shapely.get_num_geometries(objects.outlines[1]) == 3


def test_each_class_has_its_objects():
    classes = np.random.default_rng(0).integers(0, 4, (40, 50)).astype(np.uint8)
    objects = objects_of(TileResult("classes", classes, None))
    for number in (1, 2, 3):
        assert np.count_nonzero(objects.class_numbers == number) == label(classes == number)[1]
    for k, runs in enumerate(objects.runs):
        assert set(classes[runs.decode()]) == {objects.class_numbers[k]}


def test_a_tile_may_show_nothing():
    objects = objects_of(TileResult("mask", np.zeros((4, 4), np.uint8), 1))
    assert (len(objects), len(objects.outlines), objects.runs) == (0, 0, [])


@pytest.mark.parametrize(
    ("number", "classes", "name"),
    [
        (1, ["axon"], "axon"),
        (1, [], "object"),
        (3, ["a", "b"], "class_3"),
        (2, [], "class_2"),
        (0, ["a"], "background"),
    ],
)
def test_names_of_classes_are_those_of_the_dataset(number, classes, name):
    assert class_name(number, classes) == name
