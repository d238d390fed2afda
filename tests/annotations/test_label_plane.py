"""Label images cut with tiles: judged by the crop of the whole array, its regions and its pieces."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import regionprops

from label_images import ALL, EVERY_PIXEL, in_bands, label_images, listed, shown, with_source_numbers
from napari_tiles_creator import TileGrid
from napari_tiles_creator.annotations.label_plane import LabelPlane
from napari_tiles_creator.annotations.rasterize import rasterized
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule, Wanted
from peak_memory import PEAK
from strategies import boxes_in, grids

AT_BORDER = ("clip", "keep", "drop", "mark")
PAD_MODES = ("constant", "reflect", "edge")
RULES = st.builds(BorderRule, st.sampled_from(AT_BORDER), st.sampled_from([0.0, 0.1, 0.5, 1.0]))


def plane_of(labels, holds="instances", rows=7):
    return LabelPlane.of_bands(labels.shape, in_bands(labels, rows), holds)


def counts_by_rule(rule, shown_of_it, box):
    """Tell whether an object counts of which so much is visible, by the words of the rule."""
    _, area, visible = shown_of_it
    if rule.at_border in ("keep", "drop"):
        return visible == 1 or rule.at_border == "keep"
    return visible >= rule.min_visible or area / box.area >= rule.min_visible


@given(label_images(), st.data())
def test_what_is_cut_is_the_crop(labels, data):
    box = data.draw(boxes_in(*labels.shape))
    found = plane_of(labels).cut(box, (0, 0), "constant", ALL, EVERY_PIXEL)
    np.testing.assert_array_equal(with_source_numbers(found), labels[box.slices])
    np.testing.assert_array_equal(found.classes, labels[box.slices] != 0)
    assert (found.instances.dtype, found.classes.dtype) == (np.uint32, np.uint16)
    assert [one.number for one in found.objects] == list(range(1, len(found.objects) + 1))
    numbers = [one.source_number for one in found.objects]
    assert numbers == sorted(numbers)


@given(label_images(), st.data())
def test_boxes_areas_and_shares_are_those_of_the_cut_label_image(labels, data):
    box = data.draw(boxes_in(*labels.shape))
    found = plane_of(labels).cut(box, (0, 0), "constant", ALL, EVERY_PIXEL)
    assert listed(found) == shown(labels, box)
    of_the_map = {region.label: (region.bbox, region.area) for region in regionprops(found.instances.astype(np.int64))}
    assert of_the_map == {
        one.number: ((one.bounds.y, one.bounds.x, one.bounds.y_stop, one.bounds.x_stop), one.area)
        for one in found.objects
    }
    assert [one.is_cut for one in found.objects] == [one.visible < 1 for one in found.objects]


@given(label_images(), st.data(), st.tuples(*[st.integers(0, 9)] * 2), st.sampled_from(PAD_MODES))
def test_padding_fills_maps_and_leaves_objects(labels, data, padding, pad_mode):
    box = data.draw(boxes_in(*labels.shape))
    plane, crop = plane_of(labels), labels[box.slices]
    found = plane.cut(box, padding, pad_mode, ALL, EVERY_PIXEL)
    filled = np.pad(crop, ((0, padding[0]), (0, padding[1])), mode=pad_mode)
    np.testing.assert_array_equal(with_source_numbers(found), filled)
    np.testing.assert_array_equal(found.classes, filled != 0)
    assert listed(found) == shown(labels, box)
    for one in found.objects:
        pixels = np.zeros(filled.shape, bool)
        pixels[: box.height, : box.width] = crop == one.source_number
        np.testing.assert_array_equal(one.runs.decode(), pixels)
        assert one.outline.is_valid
        assert one.outline.area == one.area
        assert shapely.bounds(one.outline).tolist() == [
            *(one.bounds.x, one.bounds.y),
            *(one.bounds.x_stop, one.bounds.y_stop),
        ]
        np.testing.assert_array_equal(rasterized(one.outline, filled.shape), pixels)


@given(label_images(), st.data(), RULES)
def test_the_rule_decides_which_objects_count(labels, data, rule):
    box = data.draw(boxes_in(*labels.shape))
    found = plane_of(labels).cut(box, (0, 0), "constant", ALL, rule)
    seen = shown(labels, box)
    expected = {k: one for k, one in seen.items() if counts_by_rule(rule, one, box)}
    assert listed(found) == expected
    crop = labels[box.slices]
    np.testing.assert_array_equal(with_source_numbers(found), np.where(np.isin(crop, list(expected)), crop, 0))
    in_classes = expected if rule.at_border == "drop" else seen  # the class map tells what every pixel shows
    np.testing.assert_array_equal(found.classes, np.isin(crop, list(in_classes)))


@given(label_images(largest=3), st.data(), RULES)
def test_classes_are_the_values_and_objects_their_pieces(labels, data, rule):
    box = data.draw(boxes_in(*labels.shape))
    found = plane_of(labels, "classes").cut(box, (0, 0), "constant", ALL, rule)
    pieces = scan_ordered_pieces(labels)
    expected = {k: one for k, one in shown(pieces, box).items() if counts_by_rule(rule, one, box)}
    assert listed(found) == expected
    assert [one.class_number for one in found.objects] == [labels[pieces == k][0] - 1 for k in expected]
    crop = labels[box.slices]
    if rule.at_border == "drop":
        crop = np.where(np.isin(pieces[box.slices], list(expected)), crop, 0)
    np.testing.assert_array_equal(found.classes, crop)


def scan_ordered_pieces(labels):
    """Return the 4-connected pieces of equal values, numbered by their first pixels."""
    found = np.zeros(labels.shape, np.int64)
    for value in np.unique(labels[labels != 0]):
        of_value, _ = ndimage.label(labels == value)
        found[of_value != 0] = of_value[of_value != 0] + found.max()
    numbers, first = np.unique(found, return_index=True)
    rank = np.zeros(found.max() + 1, np.int64)
    drawn = numbers != 0
    rank[numbers[drawn][np.argsort(first[drawn])]] = np.arange(1, drawn.sum() + 1)
    return rank[found]


@given(label_images(largest=4))
def test_pieces_are_those_of_scipy(labels):
    plane = plane_of(labels, "pieces")
    found = plane.cut(Box(0, 0, *labels.shape), (0, 0), "constant", ALL, EVERY_PIXEL)
    expected, count = ndimage.label(labels != 0)
    np.testing.assert_array_equal(found.instances, expected)
    assert len(plane.numbers) == count
    assert {one.class_number for one in found.objects} <= {0}


@given(label_images(), grids(longest=24, largest=20, edges=("shift", "spread", "pad", "ragged")), RULES)
def test_tiles_give_back_the_labels(labels, grid, rule):
    grid = TileGrid(labels.shape, grid.size, grid.overlap, grid.edge)
    plane = plane_of(labels)
    merged = np.zeros(labels.shape, np.int64)
    for tile in grid:
        padding = (tile.pad_bottom, tile.pad_right)
        found = plane.cut(tile.box, padding, "constant", Wanted(instances=True), EVERY_PIXEL)
        assert found.instances.shape == (tile.box.height + padding[0], tile.box.width + padding[1])
        core = tile.core
        inside = core.moved(-tile.box.y, -tile.box.x)
        merged[core.slices] = with_source_numbers(found)[inside.slices]
    np.testing.assert_array_equal(merged, labels)


@given(label_images(), st.data(), RULES)
def test_objects_are_counted_in_all_boxes_at_once(labels, data, rule):
    boxes = data.draw(st.lists(boxes_in(*labels.shape), max_size=12))
    plane = plane_of(labels)
    found = plane.counts(np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in boxes], np.int64).reshape(-1, 4), rule)
    assert found.tolist() == [len(plane.cut(box, (0, 0), "constant", Wanted(), rule).objects) for box in boxes]
    assert found.tolist() == [
        sum(counts_by_rule(rule, one, box) for one in shown(labels, box).values()) for box in boxes
    ]


@pytest.mark.parametrize(("values", "count"), [((0, 255), 2), ((0, 1), 2), ((0, 1, 2), 2), ((0, 5), 2)])
def test_auto_takes_pieces_where_there_is_one_value(values, count):
    labels = np.zeros((6, 9), np.uint8)
    labels[1:3, 1:3], labels[4, 5:8] = values[1], values[-1]
    plane = plane_of(labels, "auto")
    assert len(plane.numbers) == count
    assert plane.numbers.tolist() == ([1, 2] if len(values) == 2 else list(values[1:]))
    assert plane.areas.tolist() == [4, 3]


def test_bool_labels_are_pieces():
    plane = plane_of(np.array([[True, False, True], [True, False, False]]), "auto")
    assert plane.areas.tolist() == [2, 1]


@pytest.mark.parametrize("holds", ["auto", "instances", "classes", "pieces"])
def test_nothing_is_drawn(holds):
    plane = plane_of(np.zeros((5, 4), np.uint16), holds)
    found = plane.cut(Box(1, 1, 3, 2), (1, 2), "reflect", ALL, BorderRule())
    assert found.objects == ()
    assert found.instances.tolist() == np.zeros((4, 4)).tolist()
    assert plane.counts(np.array([[0, 0, 5, 4], [1, 1, 2, 2]]), BorderRule()).tolist() == [0, 0]
    assert plane.highest_class == -1


def test_what_is_not_wanted_is_not_made():
    found = plane_of(np.ones((4, 4), np.uint8)).cut(Box(0, 0, 4, 4), (0, 0), "constant", Wanted(), BorderRule())
    assert (found.instances, found.classes) == (None, None)
    assert [(one.outline, one.runs) for one in found.objects] == [(None, None)]


def test_the_highest_class_is_known():
    labels = np.zeros((4, 4), np.uint16)
    labels[1, 1], labels[2, 3] = 7, 2
    assert plane_of(labels, "classes").highest_class == 6
    labels[3, 3] = 65_535
    assert plane_of(labels, "classes").highest_class == 65_534


def test_classes_beyond_16_bits_are_refused():
    labels = np.full((2, 2), 65_536, np.int64)
    with pytest.raises(ValueError, match="holds the value 65536: classes go up to 65,535"):
        plane_of(labels, "classes")


def test_several_threads_cut_at_once():
    rng = np.random.default_rng(3)
    labels = ndimage.zoom(rng.integers(0, 500, (40, 40)), 8, order=0)
    plane = plane_of(labels)
    boxes = [Box(y, x, 64, 64) for y in range(0, 256, 16) for x in range(0, 256, 16)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda box: plane.cut(box, (0, 0), "constant", ALL, EVERY_PIXEL), boxes))
    for box, one in zip(boxes, found, strict=True):
        np.testing.assert_array_equal(with_source_numbers(one), labels[box.slices])


@pytest.mark.parametrize("holds", ["instances", "pieces"])
def test_real_masks(real_data, holds):
    for path in sorted((real_data / "pairs" / "masks").iterdir()):
        whole = tifffile.imread(path)
        labels = whole if holds == "instances" else ndimage.label(whole)[0]
        plane = plane_of(whole, holds, rows=100)
        for tile in TileGrid(whole.shape, 128, 32):
            found = plane.cut(tile.box, (0, 0), "constant", ALL, EVERY_PIXEL)
            np.testing.assert_array_equal(with_source_numbers(found), labels[tile.box.slices])
            assert listed(found) == shown(labels, tile.box)
            for one in found.objects:
                pixels = labels[tile.box.slices] == one.source_number
                np.testing.assert_array_equal(one.runs.decode(), pixels)
                np.testing.assert_array_equal(rasterized(one.outline, pixels.shape), pixels)


def size(argument):
    """Return how many elements an argument of a function of numpy has."""
    if isinstance(argument, list | tuple):
        return sum(map(size, argument))
    return argument.size if isinstance(argument, np.ndarray) else 1


class Counted(np.ndarray):
    """An array of which, and of whatever is computed from it, every element that is read is counted."""

    elements = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        plain = [one.view(np.ndarray) if isinstance(one, Counted) else one for one in inputs]
        Counted.elements += sum(map(size, plain))
        if out is not None:
            settings["out"] = tuple(one.view(np.ndarray) if isinstance(one, Counted) else one for one in out)
        return self._counted(getattr(ufunc, method)(*plain, **settings))

    def __array_function__(self, function, types, arguments, settings):
        # A binary search reads what is looked for, and little of what is searched.
        read = arguments[1:] if function is np.searchsorted else arguments
        Counted.elements += sum(map(size, read))
        return super().__array_function__(function, types, arguments, settings)

    def __getitem__(self, which):
        found = super().__getitem__(which)
        Counted.elements += size(found)
        return found

    @staticmethod
    def _counted(found):
        return found.view(Counted) if isinstance(found, np.ndarray) else found


def work_of_cutting(side):
    """Return how many elements of arrays are read when so many times so many tiles of some objects are cut."""
    labels = np.zeros((side * 64, side * 64), np.uint32)
    ids = np.arange(1, (side * 8) ** 2 + 1).reshape(side * 8, side * 8)
    labels[:] = np.repeat(np.repeat(ids, 8, axis=0), 8, axis=1)
    labels[::8], labels[:, ::8] = 0, 0
    plain = plane_of(labels)
    runs = type(plain.runs)(
        plain.runs.shape, *(one.view(Counted) for one in (plain.runs.starts, plain.runs.stops, plain.runs.owners))
    )
    plane = LabelPlane(runs, plain.numbers.view(Counted), plain.classes.view(Counted), plain.areas.view(Counted))
    Counted.elements = 0
    boxes = [Box(y * 64, x * 64, 64, 64) for y in range(side) for x in range(side)]
    found = sum(len(plane.cut(box, (0, 0), "constant", Wanted(instances=True), EVERY_PIXEL).objects) for box in boxes)
    cut = Counted.elements
    plane.counts(np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in boxes]), EVERY_PIXEL)
    assert found == (side * 8) ** 2
    return cut, Counted.elements - cut


def test_work_grows_with_objects_and_tiles_not_with_their_product():
    small, large = work_of_cutting(3), work_of_cutting(12)
    tiles = (12 / 3) ** 2
    for few, many in zip(small, large, strict=True):
        assert few > 0
        assert many < 1.1 * tiles * few


MANY_OBJECTS = f"""{PEAK}
import numpy as np, sys
import scipy.sparse.csgraph
from napari_tiles_creator.annotations.label_plane import LabelPlane
side, spacing, instances = 8192, 32, sys.argv[1] == "instances"
places = np.arange(side, dtype=np.uint32)
def bands():
    for y in range(0, side, spacing):
        ids = y // spacing * (side // spacing) + places // spacing + 1 if instances else places * 0 + 255
        band = np.zeros((spacing, side), np.uint32)
        band[:20] = ids * (places % spacing < 20)
        yield band
next(bands())
before = peak()
plane = LabelPlane.of_bands((side, side), bands(), sys.argv[1])
print(len(plane.numbers), len(plane.runs.starts), peak() - before)
"""


@pytest.mark.parametrize("holds", ["instances", "pieces"])
def test_memory_grows_with_runs_alone(holds):
    done = subprocess.run([sys.executable, "-c", MANY_OBJECTS, holds], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    objects, runs, peak = map(int, done.stdout.split())
    assert (objects, runs) == (256**2, 256**2 * 20)
    # 16 bytes a run that are kept, and what finding them takes; the plane alone would be 256 MiB.
    assert peak < 40 * runs + 32 * (1 << 20)
