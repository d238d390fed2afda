"""The viewer's own layers as images: what is scanned, what is exported, and that the table follows them."""

import dask.array as da
import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe
from napari_tiles_creator._widget.viewing.sources import layer_of, scan_layers
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media


def noise(*shape, dtype="uint16", seed=0):
    values = np.random.default_rng(seed).integers(100, 250, shape)
    return values.astype(dtype)


def recipe_for(tmp_path, **changes):
    fields = {
        "media.folder": OPEN_LAYERS,
        "export.folder": str(tmp_path / "tiles"),
        "tiling.size_px": 32,
        "tiling.overlap_px": 0,
        "tiling.edge": "drop",
        "normalization.scope": "none",
        "normalization.dtype": None,
        **changes,
    }
    return Recipe.preset("unet").changed(fields)


def rows(dock):
    return [item.found.name for item in dock.media.model.rows]


def test_every_kind_of_layer_is_exported_as_numpy_would_cut_it(viewer, dock, qtbot, tmp_path):
    grey, colour, stack = noise(70, 64), noise(64, 96, 3, dtype="uint8", seed=1), noise(3, 64, 64, seed=2)
    large = noise(128, 100, dtype="float32", seed=3)
    viewer.add_image(grey, name="grey", scale=(0.5, 0.5), units=("µm", "µm"))
    viewer.add_image(colour, name="colour", rgb=True)
    viewer.add_image(da.from_array(stack, chunks=(1, 32, 32)), name="stack", contrast_limits=(0, 300))
    viewer.add_image([large, large[::2, ::2], large[::4, ::4]], name="large", multiscale=True)
    viewer.add_labels(np.ones((8, 8), int), name="labels")
    recipe = recipe_for(tmp_path)
    dock.set_recipe(recipe)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)
    assert rows(dock) == ["colour", "grey", "large", "stack"]
    with qtbot.waitSignal(dock.exportFinished, timeout=20000):
        dock.export_tiles()
    planes = {"grey": [grey], "colour": [colour], "stack": list(stack), "large": [large]}
    written = {path.stem: tifffile.imread(path) for path in (tmp_path / "tiles").glob("*.tif")}
    expected = {}
    for name, images in planes.items():
        tiles = [
            image[y : y + 32, x : x + 32]
            for image in images
            for y in range(0, image.shape[0] - 31, 32)
            for x in range(0, image.shape[1] - 31, 32)
        ]
        expected |= {f"{name}_{i:03d}": tile for i, tile in enumerate(tiles)}
    assert written.keys() == expected.keys()
    for name, tile in expected.items():
        assert written[name].dtype == tile.dtype
        assert np.array_equal(written[name], tile), name


def test_a_layer_that_was_changed_is_cut_again(viewer, dock, qtbot, tmp_path):
    layer = viewer.add_image(noise(64, 64), name="mine")
    recipe = recipe_for(tmp_path)
    dock.set_recipe(recipe)
    for seed in (0, 1):
        layer.data = noise(64, 64, seed=seed)
        qtbot.waitUntil(lambda: dock.plan is not None and not dock._jobs.is_running("plan"))
        qtbot.wait(200)
        with qtbot.waitSignal(dock.exportFinished, timeout=20000) as ended:
            dock.export_tiles()
        assert ended.args[0].tiles == 4
        assert np.array_equal(tifffile.imread(tmp_path / "tiles" / "mine_000.tif"), layer.data[:32, :32])


def test_pixel_size_comes_from_scale_and_units(viewer):
    pixels = noise(8, 8)
    viewer.add_image(pixels, name="nm", scale=(172.5, 172.5), units=("nm", "nm"))
    viewer.add_image(pixels, name="mm", scale=(0.001, 0.002), units=("mm", "mm"))
    viewer.add_image(pixels, name="pixel", scale=(0.65, 0.65))
    viewer.add_image(noise(8, 8, 3, dtype="uint8"), name="rgb", scale=(0.25, 0.25), units=("µm", "µm"), rgb=True)
    viewer.add_image(noise(2, 8, 8), name="stack", scale=(5, 0.3, 0.3), units=("µm", "µm", "µm"))
    sizes = {item.found.name: item.info.pixel_size for item in scan_layers(viewer, Media(folder=OPEN_LAYERS))}
    assert sizes["nm"].y_um == pytest.approx(0.1725, rel=1e-12)
    assert (sizes["mm"].y_um, sizes["mm"].x_um) == pytest.approx((1.0, 2.0), rel=1e-12)
    assert sizes["pixel"] is None
    assert sizes["rgb"].y_um == 0.25
    assert sizes["stack"].x_um == 0.3


def test_axes_follow_labels_and_rgb(viewer):
    viewer.add_image(noise(2, 3, 8, 8), name="tz")
    viewer.add_image(noise(2, 3, 8, 8), name="cz", axis_labels=("c", "z", "y", "x"))
    viewer.add_image(noise(8, 8, 3, dtype="uint8"), name="rgb", rgb=True)
    info = {item.found.name: item.info for item in scan_layers(viewer, Media(folder=OPEN_LAYERS))}
    assert {name: header.axes for name, header in info.items()} == {"tz": "TZYX", "cz": "CZYX", "rgb": "YXS"}
    as_channels = scan_layers(viewer, Media(folder=OPEN_LAYERS, rgb=False, pattern="rgb"))
    assert [item.info.axes for item in as_channels] == ["YXC"]


def test_what_cannot_be_tiled_is_a_problem_and_not_the_end(viewer):
    viewer.add_image(noise(8, 8), name="good")
    viewer.add_image(noise(2, 2, 2, 2, 8, 8), name="many axes")
    scanned = {item.found.name: item for item in scan_layers(viewer, Media(folder=OPEN_LAYERS))}
    assert scanned["good"].info is not None
    assert scanned["many axes"].info is None
    assert "many axes" in scanned["many axes"].problem


def test_stems_are_safe_and_unique(viewer):
    for name in ("a b", "a_b", "A b", "x/y"):
        viewer.add_image(noise(8, 8), name=name)
    scanned = scan_layers(viewer, Media(folder=OPEN_LAYERS))
    assert [item.found.name for item in scanned] == sorted(["a b", "a_b", "A b", "x/y"])
    stems = [item.found.stem.lower() for item in scanned]
    assert len(set(stems)) == 4
    assert all(set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for stem in stems)


def test_no_layer_is_said(viewer):
    viewer.add_labels(np.ones((8, 8), int))
    with pytest.raises(SourceError, match="no image is open in napari"):
        scan_layers(viewer, Media(folder=OPEN_LAYERS))


def test_the_table_follows_the_viewer(viewer, dock, qtbot, tmp_path):
    first = viewer.add_image(noise(64, 64), name="first")
    dock.set_recipe(recipe_for(tmp_path))
    qtbot.waitUntil(lambda: dock.plan is not None and rows(dock) == ["first"])
    second = viewer.add_image(noise(64, 96), name="another")
    qtbot.waitUntil(lambda: rows(dock) == ["another", "first"] and len(dock.plan.images) == 2)
    first.name = "renamed"
    qtbot.waitUntil(lambda: [i.name for i in dock.plan.images] == ["another", "renamed"])
    second.data = noise(32, 32)
    qtbot.waitUntil(lambda: dock.plan.images[0].info.plane_shape == (32, 32))
    first.scale = (0.5, 0.5)
    first.units = ("µm", "µm")
    qtbot.waitUntil(lambda: dock.plan.images[1].pixel_size is not None and dock.plan.images[1].pixel_size.y_um == 0.5)
    viewer.layers.remove(second)
    qtbot.waitUntil(lambda: [i.name for i in dock.plan.images] == ["renamed"])
    assert layer_of(viewer, dock.plan.images[0]) is not None
    assert layer_of(viewer, dock.plan.images[0]).name == "renamed"
    viewer.layers.remove(first)
    qtbot.waitUntil(lambda: dock.plan is None and "no image is open" in dock.footer.status.text())
    viewer.add_image(noise(64, 64), name="again")
    qtbot.waitUntil(lambda: dock.plan is not None and rows(dock) == ["again"])


def test_our_own_layers_are_no_sources(viewer, dock, qtbot, tmp_path):
    viewer.add_image(noise(64, 64), name="mine")
    dock.set_recipe(recipe_for(tmp_path))
    qtbot.waitUntil(lambda: dock.plan is not None)
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample mosaic" in viewer.layers)
    assert [item.found.name for item in scan_layers(viewer, Media(folder=OPEN_LAYERS))] == ["mine"]


def test_a_closed_dock_follows_no_layer(viewer, dock, qtbot, tmp_path):
    layer = viewer.add_image(noise(64, 64), name="mine")
    dock.set_recipe(recipe_for(tmp_path))
    qtbot.waitUntil(lambda: dock.plan is not None)
    viewer.window.remove_dock_widget(dock)
    layer.name = "renamed"
    viewer.add_image(noise(8, 8))
    qtbot.wait(300)
    assert rows(dock) == ["mine"]


def test_an_export_right_after_a_change(viewer, dock, qtbot, tmp_path):
    """The plan is not made anew yet: the export makes it of the layers that were looked at."""
    viewer.add_image(noise(64, 64), name="mine")
    dock.set_recipe(recipe_for(tmp_path))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 1)
    dock.tiles.editor("size_px").first.setValue(16)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as ended:
        dock.export_tiles()
    assert ended.args[0].tiles == 16


def test_the_axes_that_are_told_go_before_a_guess(viewer, dock, qtbot, tmp_path):
    viewer.add_image(noise(3, 64, 64), name="stack")
    for axes, planes, found in ((None, 3, "ZYX"), ("CYX", 1, "CYX"), ("TYX", 3, "TYX")):
        recipe = recipe_for(tmp_path, **{"media.axes": axes})
        dock.set_recipe(recipe)
        qtbot.waitUntil(lambda recipe=recipe: dock.plan is not None and dock.plan.recipe == recipe)
        (image,) = dock.plan.images
        assert (len(image.planes), image.info.axes) == (planes, found)
    dock.media.editor("axes").set_value("YXC")
    qtbot.waitUntil(lambda: any("the last ones of a layer are rows" in i.problem for i in dock.media.model.rows))
