"""Show sample and Shuffle: a mosaic in the viewer, its names, and the double click that opens an image."""

import threading

import dask.array as da
import numpy as np
import pytest
import tifffile
from PIL import Image
from qtpy.QtCore import Qt, QThreadPool, QTimer

from napari_tiles_creator import Recipe
from napari_tiles_creator._widget.controls.naming import names_apart
from napari_tiles_creator.recipe.media import OPEN_LAYERS


@pytest.fixture
def zoo(tmp_path):
    """Images of every kind, one of which is cut short."""
    folder, rng = tmp_path / "zoo", np.random.default_rng(0)
    folder.mkdir()
    gaps = rng.random((50, 80), np.float32)
    gaps[:10] = np.nan
    tifffile.imwrite(folder / "float.tif", gaps)
    tifffile.imwrite(folder / "grey.tif", rng.integers(0, 4000, (300, 100), np.uint16))
    tifffile.imwrite(folder / "stack.tif", rng.integers(0, 255, (5, 40, 40), np.uint8), imagej=True)
    Image.fromarray(rng.integers(0, 255, (60, 60, 3), np.uint8)).save(folder / "colour.png")
    Image.fromarray(rng.integers(0, 255, (200, 200), np.uint8)).save(folder / "damaged.png")
    whole = (folder / "damaged.png").read_bytes()
    (folder / "damaged.png").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture
def with_zoo(dock, qtbot, zoo):
    dock.media.editor("folder").line.setText(str(zoo))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 5)
    return dock


def show(dock, viewer, qtbot):
    qtbot.mouseClick(dock.media.sample_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers)


def test_a_mosaic_that_is_removed_at_once_gets_no_names(with_zoo, viewer, qtbot):
    """As by a viewer that closes: its controls know no layer that comes afterwards."""

    removed = []

    def remove():
        removed.append(viewer.layers.pop("Sample mosaic"))

    def on_inserted(event):
        if event.value.name == "Sample mosaic":
            QTimer.singleShot(0, remove)

    viewer.layers.events.inserted.connect(on_inserted)
    qtbot.mouseClick(with_zoo.media.sample_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(removed))
    for _ in range(20):  # more turns than there are steps
        qtbot.wait(5)
    assert "Sample names" not in viewer.layers


def double_click(viewer, y, x):
    """Double-click at a position of the world, through napari's canvas."""
    canvas = viewer.window._qt_window._qt_viewer.canvas
    (zoom, centre) = viewer.scene.camera.zoom, viewer.scene.camera.center
    height, width = canvas.size
    place = (width / 2 + (x - centre[-1]) * zoom, height / 2 + (y - centre[-2]) * zoom)
    canvas._scene_canvas.events.mouse_double_click(pos=place, button=1, modifiers=(), buttons=[1])


def test_every_kind_is_shown_and_the_damaged_one_named(with_zoo, viewer, qtbot):
    show(with_zoo, viewer, qtbot)
    names = viewer.layers["Sample names"]
    assert sorted(names.text.string.array) == ["colour.png", "float.tif", "grey.tif", "stack.tif"]
    mosaic = viewer.layers["Sample mosaic"].data
    assert mosaic.ndim == 3
    assert abs(mosaic.shape[0] / mosaic.shape[1] - 1) < 0.2
    assert "damaged.png" in with_zoo.footer.result.text()


def test_names_lie_on_no_picture(with_zoo, viewer, qtbot):
    show(with_zoo, viewer, qtbot)
    mosaic = with_zoo.sample.mosaic
    for y, x in viewer.layers["Sample names"].data:
        assert not any(thumb.box.holds(y, x) for thumb in mosaic.thumbnails)
        assert sum(thumb.cell.holds(y, x) for thumb in mosaic.thumbnails) == 1


def test_shuffle_shows_others(dock, viewer, qtbot, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        Image.new("L", (8, 8), number).save(folder / f"image_{number:02d}.png")
    dock.media.editor("folder").line.setText(str(folder))
    qtbot.waitUntil(lambda: dock.plan is not None)
    show(dock, viewer, qtbot)
    first = list(viewer.layers["Sample names"].text.string.array)
    assert len(first) == 25
    qtbot.mouseClick(dock.media.shuffle_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: "Sample names" in viewer.layers and list(viewer.layers["Sample names"].text.string.array) != first
    )
    assert len(viewer.layers) == 2


def test_before_a_scan_only_what_is_drawn_is_opened(tmp_path):
    """Of files that nobody may touch, none is opened but those drawn."""
    from napari_tiles_creator._widget.viewing.sample import draw_sample
    from napari_tiles_creator.recipe.media import Media

    for number in range(100):
        (tmp_path / f"broken_{number:03d}.tif").write_bytes(b"no image")
    steps = draw_sample(Media(folder=str(tmp_path)), None, seed=1)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert len(end.value.value.failed) == 25


def test_double_click_opens_the_image_and_zooms_nowhere(with_zoo, viewer, qtbot):
    show(with_zoo, viewer, qtbot)
    thumb = next(t for t in with_zoo.sample.mosaic.thumbnails if t.source == "grey.tif")
    zoom = viewer.scene.camera.zoom
    double_click(viewer, thumb.box.y + thumb.box.height / 2, thumb.box.x + thumb.box.width / 2)
    assert viewer.scene.camera.zoom == zoom
    qtbot.waitUntil(lambda: "Preview image" in viewer.layers)
    assert viewer.layers["Preview image"].data.shape == (300, 100)
    assert with_zoo.tiles.image.currentText() == "grey.tif"
    assert "Sample mosaic" not in viewer.layers


def test_beside_the_pictures_a_double_click_zooms_as_ever(with_zoo, viewer, qtbot):
    show(with_zoo, viewer, qtbot)
    zoom = viewer.scene.camera.zoom
    double_click(viewer, -40, -40)
    assert viewer.scene.camera.zoom == 2 * zoom


def test_a_closed_dock_leaves_the_double_click_alone(with_zoo, viewer, qtbot):
    show(with_zoo, viewer, qtbot)
    viewer.window.remove_dock_widget(with_zoo)
    zoom = viewer.scene.camera.zoom
    thumb = with_zoo.sample.mosaic.thumbnails[0]
    double_click(viewer, thumb.box.y + 1, thumb.box.x + 1)
    assert viewer.scene.camera.zoom == 2 * zoom


def test_layers_are_shown_too(dock, viewer, qtbot):
    viewer.add_image(np.random.default_rng(0).random((30, 40)), name="one", scale=(0.5, 0.5), units=("µm", "µm"))
    viewer.add_image(np.zeros((4, 30, 30), np.uint8), name="stack")
    dock.media.editor("folder").set_value(OPEN_LAYERS)
    dock.show_sample()  # at once, before any scan
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers)
    assert list(viewer.layers["Sample names"].text.string.array) == ["one", "stack"]


def test_it_can_be_stopped(dock, viewer, qtbot):
    goes_on = threading.Event()
    goes_on.set()

    def block(block_id):
        assert goes_on.wait(20)
        return np.full((50, 50), 7, np.uint8)

    for number in range(3):
        lazy = da.map_blocks(block, chunks=((50,), (50,)), dtype=np.uint8, meta=np.empty((0, 0), np.uint8))
        viewer.add_image(lazy, name=f"slow {number}", contrast_limits=(0, 255))
    dock.media.editor("folder").set_value(OPEN_LAYERS)
    qtbot.waitUntil(lambda: dock.plan is not None)
    goes_on.clear()
    try:
        qtbot.mouseClick(dock.media.sample_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: row_is_shown(dock))
        qtbot.mouseClick(dock.media.sampling.stop_button, Qt.MouseButton.LeftButton)
    finally:
        goes_on.set()
    qtbot.waitUntil(lambda: not row_is_shown(dock))
    assert "Sample mosaic" not in viewer.layers


def row_is_shown(dock):
    return dock.media.sampling.isVisibleTo(dock.media)


def test_no_folder_is_said(dock, qtbot):
    with qtbot.waitSignal(dock.failed):
        qtbot.mouseClick(dock.media.sample_button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("longest", [8, 13, 20])
def test_long_names_still_differ(longest):
    plates = [f"experiment_2024-05-07_plate_A_well_B{number:02d}_c1.ome.tif" for number in range(25)]
    short = names_apart(plates, longest)
    assert all(len(name) <= longest for name in short)
    assert len(set(short)) == 25
    assert all(f"{number:02d}" in name for number, name in enumerate(short))


def test_short_names_stay():
    assert names_apart(["a.tif", "b.tif"], 13) == ["a.tif", "b.tif"]
    (name,) = names_apart(["one_very_long_name_of_a_file.tif"], 13)
    assert name == "one_…file.tif"


def test_an_odd_one_among_them_spoils_nothing():
    short = names_apart(["notes.png", *(f"experiment_plateA_well_B{n:02d}_c1.tif" for n in range(12))], 11)
    assert short[0] == "notes.png"
    assert len(set(short)) == 13
    assert all(f"B{number:02d}" in name for number, name in enumerate(short[1:]))


@pytest.fixture
def slow_layers(dock, viewer, qtbot):
    """Three layers whose pixels come when the event is set, and the event, which is not."""
    goes_on = threading.Event()
    goes_on.set()

    def block(block_id):
        assert goes_on.wait(20)
        return np.full((50, 50), 7, np.uint8)

    for number in range(3):
        lazy = da.map_blocks(block, chunks=((50,), (50,)), dtype=np.uint8, meta=np.empty((0, 0), np.uint8))
        viewer.add_image(lazy, name=f"slow {number}", contrast_limits=(0, 255))
    fields = {"tiling.size_px": 16, "tiling.overlap_px": 0, "normalization.dtype": "uint8", "export.format": "png"}
    dock.set_recipe(Recipe.preset("unet", source=OPEN_LAYERS, output="").changed(fields))
    qtbot.waitUntil(lambda: dock.plan is not None)
    goes_on.clear()
    yield goes_on
    goes_on.set()


def test_a_later_preview_is_what_is_shown(slow_layers, dock, viewer, qtbot):
    dock.show_sample()
    qtbot.waitUntil(lambda: row_is_shown(dock))
    qtbot.mouseClick(dock.tiles.preview_button, Qt.MouseButton.LeftButton)
    assert not row_is_shown(dock)
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    slow_layers.set()
    assert QThreadPool.globalInstance().waitForDone(20000)
    qtbot.wait(50)
    assert "Sample mosaic" not in viewer.layers
    assert "Current tile" in viewer.layers
    assert dock.preview.is_on


def test_a_stopped_sample_leaves_the_preview_as_it_was(slow_layers, dock, viewer, qtbot):
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    dock.show_sample()
    qtbot.waitUntil(lambda: row_is_shown(dock))
    qtbot.mouseClick(dock.media.sampling.stop_button, Qt.MouseButton.LeftButton)
    slow_layers.set()
    qtbot.waitUntil(lambda: not row_is_shown(dock))
    dock.tiles.slider.setValue(5)
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "slow_0_005")
    dock.tiles.editor("size_px").first.setValue(10)
    qtbot.waitUntil(lambda: dock.tiles.slider.maximum() == 24)
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers)
    assert not dock.preview.is_on
    assert "Current tile" not in viewer.layers
