"""A region drawn in the viewer becomes the recipe's, and the other way round."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_tiles_creator import Recipe
from napari_tiles_creator.recipe.region import InlineRegion

REGION = "Tile region"


def rectangle(y, x, y_stop, x_stop):
    """Return the corners, as napari counts, of a rectangle in pixels with corners on integers."""
    return np.array([[y, x], [y, x_stop], [y_stop, x_stop], [y_stop, x]], float) - 0.5


def bounds(roi):
    """Return y, x, y_stop, x_stop of each polygon of an inline region."""
    found = []
    for rings in roi.coordinates:
        xs, ys = zip(*rings[0], strict=True)
        found.append((min(ys), min(xs), max(ys), max(xs)))
    return found


def roi_of(dock):
    return dock.recipe().tiling.roi


def test_draw_a_rectangle(previewed, viewer, dock, qtbot):
    previewed()
    qtbot.mouseClick(dock.tiles.region.draw_button, Qt.MouseButton.LeftButton)
    layer = viewer.layers[REGION]
    assert viewer.layers.selection.active is layer
    assert layer.mode == "add_rectangle"
    assert layer.editable
    assert layer.scale == pytest.approx([0.65, 0.65])
    assert [str(unit) for unit in layer.units] == ["micrometer", "micrometer"]
    assert roi_of(dock) is None
    layer.add_rectangles(rectangle(0, 0, 40, 30))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    assert bounds(roi_of(dock)) == [(0, 0, 40, 30)]
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[0].is_filtered)
    kept = [tile.name for tile in dock.plan.images[0] if dock.plan.images[0].left_out(tile.index) is None]
    assert kept == ["image_0_000", "image_0_001", "image_0_003", "image_0_004"]
    assert dock.tiles.region.chooser.value is layer
    assert "region" in dock.tiles._selection.summary.text()


def test_edit_add_and_delete_shapes(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    layer = viewer.layers[REGION]
    layer.add_rectangles(rectangle(0, 0, 40, 30))
    layer.add_polygons(rectangle(50, 10, 90, 20)[:3])
    qtbot.waitUntil(lambda: roi_of(dock) is not None and len(roi_of(dock).coordinates) == 2)
    assert bounds(roi_of(dock)) == [(0, 0, 40, 30), (50, 10, 90, 20)]
    layer.data = [rectangle(10, 0, 40, 30)]
    qtbot.waitUntil(lambda: bounds(roi_of(dock)) == [(10, 0, 40, 30)])
    layer.selected_data = {0}
    layer.remove_selected()
    qtbot.waitUntil(lambda: roi_of(dock) is None)


def test_lines_enclose_nothing_and_ellipses_do(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    layer = viewer.layers[REGION]
    layer.add_lines(np.array([[0, 0], [50, 50]]))
    layer.add_ellipses(rectangle(10, 20, 50, 40))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    assert len(roi_of(dock).coordinates) == 1
    assert bounds(roi_of(dock))[0] == pytest.approx((10, 20, 50, 40))
    ring = np.array(roi_of(dock).coordinates[0][0])
    distance = ((ring[:, 0] - 30) / 10) ** 2 + ((ring[:, 1] - 30) / 20) ** 2
    np.testing.assert_allclose(distance, 1, atol=1e-3)


def test_removing_the_layer_takes_the_region_away(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    viewer.layers[REGION].add_rectangles(rectangle(0, 0, 40, 30))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    viewer.layers.remove(REGION)
    assert roi_of(dock) is None
    qtbot.waitUntil(lambda: dock.plan is not None and not dock.plan.images[0].is_filtered)
    assert REGION not in viewer.layers


def test_clear_button(previewed, viewer, dock, qtbot):
    previewed(tiling__roi=[0, 0, 40, 30])
    assert dock.tiles.region.said.text() == "rows 0–40, columns 0–30 px"
    qtbot.mouseClick(dock.tiles.region.clear_button, Qt.MouseButton.LeftButton)
    assert roi_of(dock) is None
    assert dock.tiles.region.chooser.value is None


def test_region_of_a_recipe_is_drawn(previewed, viewer, dock, qtbot, tmp_path):
    polygon = {"type": "Polygon", "coordinates": [[[5, 10], [25, 10], [25, 50], [5, 10]]]}
    path = tmp_path / "region.geojson"
    path.write_text(json.dumps({"type": "Feature", "geometry": polygon, "properties": {}}), encoding="utf-8")
    for roi in (polygon, str(path)):
        previewed(tiling__roi=roi)
        qtbot.waitUntil(lambda: REGION in viewer.layers)
        np.testing.assert_allclose(viewer.layers[REGION].data[0] + 0.5, [[10, 5], [10, 25], [50, 25]])
        before = roi_of(dock)
        viewer.layers[REGION].add_rectangles(rectangle(0, 0, 8, 8))
        qtbot.waitUntil(lambda old=before: roi_of(dock) != old)
        assert bounds(roi_of(dock)) == [(10, 5, 50, 25), (0, 0, 8, 8)]
        dock.clear_state()
        assert list(viewer.layers) == []


def test_recipe_without_a_region_takes_the_drawing_away(previewed, viewer, dock, planned, qtbot):
    previewed(tiling__roi=[0, 0, 40, 30])
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    planned()
    qtbot.waitUntil(lambda: REGION not in viewer.layers)
    assert roi_of(dock) is None


def test_what_was_drawn_is_not_drawn_again(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    layer = viewer.layers[REGION]
    layer.add_rectangles(rectangle(0, 0, 40, 30))
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[0].is_filtered)
    assert viewer.layers[REGION] is layer
    assert list(layer.shape_type) == ["rectangle"]


def test_layer_of_the_user(previewed, viewer, dock, qtbot):
    """Millimetres, turned by 90 degrees and moved: what counts is where it lies on the image."""
    previewed()
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    corners = np.array([[10, 20], [10, 60], [70, 60], [70, 20]], float)  # source pixels, corners on integers
    world_mm = (corners - 0.5) * 0.65 / 1000
    data = (world_mm - [0.5, 0.25]) @ turn / [0.002, 0.001]  # the inverse of turn is its transpose
    mine = viewer.add_shapes(
        [data], shape_type="polygon", scale=(0.002, 0.001), rotate=turn, translate=(0.5, 0.25), units=("mm", "mm")
    )
    np.testing.assert_allclose(mine.data_to_world(data[2]), world_mm[2])
    chooser = dock.tiles.region.chooser
    assert set(chooser.choices) == {None, mine}
    chooser.native.setCurrentIndex(list(chooser.choices).index(mine))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    np.testing.assert_allclose(bounds(roi_of(dock)), [(10, 20, 70, 60)], atol=1e-3)
    dock.clear_state()
    assert list(viewer.layers) == [mine]


def test_chooser_offers_layers_of_shapes_that_are_not_ours(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.show_all.setChecked(True)
    chooser = dock.tiles.region.chooser
    assert list(chooser.choices) == [None]
    mine = viewer.add_shapes(None, ndim=2, units=("µm", "µm"), name="mine")
    viewer.add_points(None, ndim=2, units=("µm", "µm"))
    assert list(chooser.choices) == [None, mine]
    viewer.layers.remove(mine)
    assert list(chooser.choices) == [None]


def test_clearing_the_chooser(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    viewer.layers[REGION].add_rectangles(rectangle(0, 0, 40, 30))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    chooser = dock.tiles.region.chooser
    chooser.native.setCurrentIndex(list(chooser.choices).index(None))
    assert roi_of(dock) is None
    chooser.native.setCurrentIndex(list(chooser.choices).index(viewer.layers[REGION]))
    assert bounds(roi_of(dock)) == [(0, 0, 40, 30)]


def test_draw_before_anything_is_previewed(planned, viewer, dock, qtbot):
    planned()
    qtbot.mouseClick(dock.tiles.region.draw_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    assert viewer.layers.selection.active is viewer.layers[REGION]
    assert "Preview image" in viewer.layers


def test_drawn_by_the_mouse(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    canvas = viewer.window._qt_viewer.canvas.native
    middle = canvas.rect().center()
    corner = middle + type(middle)(60, 40)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 5):
        qtbot.mouseMove(canvas, middle + (corner - middle) * step / 4)
        qtbot.wait(10)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=corner)
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    assert isinstance(roi_of(dock), InlineRegion)
    assert viewer.layers[REGION].nshapes == 1


def test_region_survives_a_saved_recipe(previewed, viewer, dock, qtbot, tmp_path):
    previewed()
    dock.tiles.region.draw_button.click()
    viewer.layers[REGION].add_rectangles(rectangle(3, 4, 40, 30))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    dock.save_recipe(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml").tiling.roi == roi_of(dock)
    dock.clear_state()
    dock.load_recipe(tmp_path / "recipe.yaml")
    assert bounds(roi_of(dock)) == [(3, 4, 40, 30)]


def test_other_image_moves_the_drawing(previewed, viewer, dock, images, qtbot):
    from tests.widget.conftest import write_image

    write_image(images / "other.tif", (96, 80), 1.3)
    previewed(tiling__roi=[0, 0, 40, 30])
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    dock.tiles.image.setCurrentIndex(3)
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "other_000")
    assert viewer.layers[REGION].scale == pytest.approx([1.3, 1.3])
    assert roi_of(dock) == (0, 0, 40, 30)


def test_sample_and_preview_keep_the_region(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.region.draw_button.click()
    viewer.layers[REGION].add_rectangles(rectangle(0, 0, 40, 30))
    qtbot.waitUntil(lambda: roi_of(dock) is not None)
    before = roi_of(dock)
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample mosaic" in viewer.layers)
    assert REGION not in viewer.layers
    assert roi_of(dock) == before
    dock.preview_tiles()
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    np.testing.assert_allclose(viewer.layers[REGION].data[0] + 0.5, [[0, 0], [0, 30], [40, 30], [40, 0]])
    assert roi_of(dock) == before


HOLED = ((0, 0), (70, 0), (70, 90), (0, 90), (0, 0)), ((20, 30), (60, 30), (60, 80), (20, 80), (20, 30))
OTHER = (((72, 0), (78, 0), (78, 20), (72, 0)),)
WITH_HOLES = {"type": "MultiPolygon", "coordinates": [HOLED, OTHER]}


def outlines(roi):
    """Return the set of points of each ring, polygon by polygon."""
    return [[set(ring) for ring in polygon] for polygon in roi.coordinates]


@pytest.fixture
def with_holes(previewed, viewer, dock, qtbot):
    previewed(tiling__roi=WITH_HOLES)
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    return viewer.layers[REGION]


def test_holes_are_drawn_and_survive_edits_of_other_shapes(with_holes, dock, qtbot):
    layer, before = with_holes, roi_of(dock)
    assert layer.nshapes == 3
    np.testing.assert_array_equal(layer.data[1] + 0.5, np.array(HOLED[1][:-1])[:, ::-1])
    layer.add_rectangles(rectangle(30, 40, 50, 55))  # an island in the hole, and no hole itself
    qtbot.waitUntil(lambda: roi_of(dock) != before)
    assert outlines(roi_of(dock)) == [*outlines(before), [{(40, 30), (55, 30), (55, 50), (40, 50)}]]
    layer.selected_data = {2}
    layer.remove_selected()
    qtbot.waitUntil(lambda: len(roi_of(dock).coordinates) == 2)
    assert outlines(roi_of(dock))[0] == outlines(before)[0]


def test_a_hole_leaves_out_the_tiles_in_it(with_holes, dock, planned):
    image = planned(tiling__roi=WITH_HOLES, tiling__size_px=10, tiling__overlap_px=0).images[0]
    inside = [planned.tile.box for planned in image if image.left_out(planned.index) is not None]
    assert {(box.y, box.x) for box in inside if box.x < 70 and box.y < 90} == {
        (y, x) for y in range(30, 80, 10) for x in range(20, 60, 10)
    }


def test_a_hole_is_moved_and_deleted_by_hand(with_holes, dock, qtbot):
    layer, before = with_holes, roi_of(dock)
    layer.data = [layer.data[0], layer.data[1] + [5, 0], layer.data[2]]
    qtbot.waitUntil(lambda: roi_of(dock) != before)
    assert outlines(roi_of(dock))[0] == [set(HOLED[0]), {(20, 35), (60, 35), (60, 85), (20, 85)}]
    layer.selected_data = {1}
    layer.remove_selected()
    qtbot.waitUntil(lambda: [len(polygon) for polygon in roi_of(dock).coordinates] == [1, 1])


def test_a_hole_that_lost_its_outline_is_no_region(with_holes, dock, qtbot):
    with_holes.selected_data = {0}
    with_holes.remove_selected()
    qtbot.waitUntil(lambda: len(roi_of(dock).coordinates) == 1)
    assert outlines(roi_of(dock)) == [[set(OTHER[0])]]


def test_holes_outlive_sample_and_preview(with_holes, viewer, dock, qtbot):
    before = outlines(roi_of(dock))
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers)
    dock.preview_tiles()
    qtbot.waitUntil(lambda: REGION in viewer.layers)
    viewer.layers[REGION].add_rectangles(rectangle(0, 71, 10, 75))
    qtbot.waitUntil(lambda: len(roi_of(dock).coordinates) == 3)
    assert outlines(roi_of(dock))[:2] == before
