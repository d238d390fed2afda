"""Over the user's own layers: tiles lie on their pixels, whatever their transforms, and nothing of theirs changes."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from tests.widget.test_show_tile import wait_for_tile

from napari_tiles_creator import Recipe
from napari_tiles_creator.recipe.media import OPEN_LAYERS

OURS = {"Preview image", "All tiles", "Current tile", "Tile as exported", "Tile region"}


@pytest.fixture
def mine(viewer):
    """An image of the user's, rotated, sheared, moved and transformed."""
    affine = np.array([[0.9, 0.1, 5.0], [-0.2, 1.1, -7.0], [0.0, 0.0, 1.0]])
    return viewer.add_image(
        np.random.default_rng(0).integers(0, 4000, (96, 80), dtype=np.uint16),
        name="mine",
        scale=(0.5, 0.5),
        rotate=30,
        shear=[0.2],
        translate=(3, 4),
        affine=affine,
        units=("µm", "µm"),
        contrast_limits=(5, 3000),
    )


@pytest.fixture
def over_layers(dock, viewer, qtbot):
    def preview(**changes):
        recipe = Recipe.preset("unet", source=OPEN_LAYERS, output="").changed(
            {"tiling.size_px": 32, "tiling.overlap_px": 8, **{k.replace("__", "."): v for k, v in changes.items()}}
        )
        dock.set_recipe(recipe)
        qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)
        qtbot.mouseClick(dock.tiles.preview_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
        return dock.plan

    return preview


def state(layer):
    values = (
        layer.scale,
        layer.rotate,
        layer.shear,
        layer.translate,
        layer.affine.affine_matrix,
        layer.contrast_limits,
    )
    return [np.array(value).tolist() for value in values] + [layer.visible, layer.opacity, layer.name, layer.data.sum()]


def test_tiles_lie_on_the_pixels_of_the_layer(mine, over_layers, viewer, dock, qtbot):
    before = state(mine)
    plan = over_layers(tiling__roi=[0, 0, 50, 80])
    dock.tiles.show_all.setChecked(True)
    dock.tiles.show_tile.setChecked(True)
    dock.tiles.slider.setValue(7)
    wait_for_tile(dock, viewer, qtbot, plan, 7)
    assert {layer.name for layer in viewer.layers} == OURS - {"Preview image"} | {"mine"}
    box = plan.images[0][7].tile.box
    corner, expected = (-0.5, -0.5), mine.data_to_world((box.y - 0.5, box.x - 0.5))
    np.testing.assert_allclose(viewer.layers["Current tile"].data_to_world(corner), expected)
    np.testing.assert_allclose(viewer.layers["Tile as exported"].data_to_world(corner), expected)
    for name in ("All tiles", "Tile region"):
        for point in ((0, 0), (30, 70)):
            np.testing.assert_allclose(viewer.layers[name].data_to_world(point), mine.data_to_world(point))
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"micrometer"}
    assert not viewer.layers["All tiles"].editable
    assert not viewer.layers["Current tile"].editable
    assert state(mine) == before
    dock.clear_state()
    assert list(viewer.layers) == [mine]
    assert state(mine) == before


def test_double_click_on_a_turned_layer(mine, over_layers, viewer, dock):
    from napari.utils.interactions import mouse_double_click_callbacks
    from tests.widget.test_picking import Click

    plan = over_layers()
    for index in (11, 4, 0):
        core = plan.images[0][index].tile.core
        position = mine.data_to_world((core.y + core.height / 2 - 0.5, core.x + core.width / 2 - 0.5))
        mouse_double_click_callbacks(viewer, Click(position))
        assert dock.tiles.slider.value() == index


def test_rescaled_tiles_end_with_the_layer(mine, over_layers, viewer, dock):
    plan = over_layers(calibration__enabled=True, calibration__scale=1.7)
    dock.tiles.show_all.setChecked(True)
    assert plan.images[0].scale != (1, 1)
    corners = np.concatenate(viewer.layers["All tiles"].data)
    for drawn, pixel in ((corners.min(axis=0), (-0.5, -0.5)), (corners.max(axis=0), (95.5, 79.5))):
        world = viewer.layers["All tiles"].data_to_world(drawn)
        np.testing.assert_allclose(world, mine.data_to_world(pixel))


def test_region_drawn_over_a_turned_layer(mine, over_layers, viewer, dock, qtbot):
    over_layers()
    dock.tiles.region.draw_button.click()
    layer = viewer.layers["Tile region"]
    layer.add_rectangles(np.array([[10, 20], [10, 60], [70, 60], [70, 20]]) - 0.5)
    qtbot.waitUntil(lambda: dock.recipe().tiling.roi is not None)
    ring = np.array(dock.recipe().tiling.roi.coordinates[0][0])
    np.testing.assert_allclose(ring, [[20, 10], [60, 10], [60, 70], [20, 70], [20, 10]], atol=1e-3)


def test_stack_of_the_user_turns_to_the_tile(over_layers, viewer, dock, qtbot):
    stack = viewer.add_image(np.random.default_rng(0).random((4, 64, 64)), axis_labels=("z", "y", "x"))
    plan = over_layers(tiling__overlap_px=0)
    assert len(plan.images[0]) == 16
    for index in (9, 0, 15):
        dock.tiles.slider.setValue(index)
        qtbot.waitUntil(lambda i=index: dock.tiles.tile_name.text().endswith(f"_{i:03d}"))
        assert viewer.dims.current_step[0] == index // 4
    assert stack in viewer.layers


def test_layer_of_the_user_is_removed(mine, over_layers, viewer, dock, qtbot):
    over_layers()
    viewer.layers.remove(mine)
    qtbot.waitUntil(lambda: dock.plan is None)
    assert "no image is open" in dock.footer.status.text()
    dock.tiles.slider.setValue(3)
    dock.clear_state()
    assert list(viewer.layers) == []


def test_every_layer_can_be_removed_at_any_time(dock, planned, viewer, qtbot):
    plan = planned(tiling__roi=[0, 0, 50, 80])
    for name in sorted(OURS):
        dock.preview_tiles()
        qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
        dock.tiles.show_all.setChecked(True)
        dock.tiles.show_tile.setChecked(True)
        qtbot.waitUntil(lambda: {"All tiles", "Tile as exported"} <= {layer.name for layer in viewer.layers})
        if name in viewer.layers:
            viewer.layers.remove(name)
        dock.tiles.slider.setValue(2)
        dock.tiles.editor("overlap_px").first.setValue(0 if dock.tiles.editor("overlap_px").value() else 8)
        qtbot.waitUntil(lambda old=plan: dock.plan is not None and dock.plan is not old)
        plan = dock.plan
    viewer.layers.clear()
    assert not dock.preview.is_on
    dock.tiles.slider.setValue(3)
    dock.tiles.editor("overlap_px").first.setValue(0 if dock.tiles.editor("overlap_px").value() else 8)
    qtbot.waitUntil(lambda old=plan: dock.plan is not None and dock.plan is not old)
    assert list(viewer.layers) == []
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)


def test_active_layer_stays(dock, planned, viewer, qtbot):
    mine = viewer.add_points(None, ndim=2, units=("µm", "µm"))
    planned()
    viewer.layers.selection.active = mine
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    dock.tiles.show_all.setChecked(True)
    dock.tiles.show_tile.setChecked(True)
    qtbot.waitUntil(lambda: "Tile as exported" in viewer.layers)
    assert viewer.layers.selection.active is mine
    assert set(viewer.layers.selection) == {mine}
