"""A dataset dropped on napari: its images where they can be found, the tiles over them, a layer a split."""

import csv
import shutil

import numpy as np
import pytest
import tifffile
from napari.layers import Layer
from napari.utils.notifications import notification_manager

from image_folder import write_image
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator._widget.contributions import dataset_reader
from napari_tiles_creator._widget.memory import Memory
from napari_tiles_creator._widget.viewing.exported_outlines import dataset_outlines
from napari_tiles_creator.engine.back.tiled_image import tiled_sources
from napari_tiles_creator.engine.export.manifest import Manifest

PLUGIN = "napari-tiles-creator"


@pytest.fixture
def exported(tmp_path):
    """Return a function that exports images of 0.65 µm per pixel, and returns the dataset's folder."""

    def export(images, **changes):
        small = {"tiling.size_px": 32, "tiling.overlap_px": 8}
        recipe = Recipe.preset("unet", source=images, output=tmp_path / "data" / "tiles")
        list(run(make_plan(recipe.changed(small | {k.replace("__", "."): v for k, v in changes.items()}))))
        return tmp_path / "data" / "tiles"

    return export


def names(viewer):
    return [layer.name for layer in viewer.layers]


@pytest.mark.parametrize("what", ["", "tiles.csv", "tiles.json"])
def test_the_images_are_found_beside_the_dataset(viewer, images, exported, tmp_path, what):
    (tmp_path / "data").mkdir()
    images = images.rename(tmp_path / "data" / "images")
    folder = exported(images)
    viewer.open(str(folder / what), plugin=PLUGIN)
    assert len(viewer.layers) == 6
    for number in range(3):
        layer = viewer.layers[f"image_{number}"]
        np.testing.assert_array_equal(np.asarray(layer.data), tifffile.imread(images / f"image_{number}.tif"))
        np.testing.assert_allclose(layer.scale, 0.65)
        assert str(layer.units[0]) == "micrometer"
    with open(folder / "tiles.csv", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["source"] == "image_0.tif"]
    shapes = viewer.layers[f"image_0: tiles ({len(rows)})"]
    assert list(shapes.features["name"]) == [row["tile"].removesuffix(".tif") for row in rows]
    for corners, row in zip(shapes.data, rows, strict=True):
        y, x, height, width = (int(row[name]) for name in ("y", "x", "height", "width"))
        np.testing.assert_array_equal(corners.min(axis=0), (y - 0.5, x - 0.5))
        np.testing.assert_array_equal(corners.max(axis=0), (y + height - 0.5, x + width - 0.5))


def test_napari_offers_the_reader(viewer, images, exported):
    from npe2 import PluginManager

    folder = exported(images)
    for path in (folder, folder / "tiles.csv", folder / "tiles.json"):
        readers = PluginManager.instance().iter_compatible_readers(str(path))
        assert PLUGIN in {reader.plugin_name for reader in readers}
    viewer.open(str(folder / "tiles.json"), plugin=None)  # no other reader takes it
    assert len(viewer.layers) == 6


def test_the_images_are_found_where_they_were_at_the_export(viewer, images, exported, tmp_path):
    (tmp_path / "far" / "away").mkdir(parents=True)
    far = images.rename(tmp_path / "far" / "away" / "images")
    folder = exported(far)
    shutil.move(folder, tmp_path / "deep" / "down" / "tiles")
    Memory.load().take_dataset(str(tmp_path / "deep" / "down" / "tiles"), str(far))
    viewer.open(str(tmp_path / "deep" / "down" / "tiles"), plugin=PLUGIN)
    assert "image_0" in names(viewer)


@pytest.mark.parametrize("change", ["gone", "other pixels", "other size", "other shape"])
def test_without_the_images_their_tiles_are_shown(viewer, images, exported, tmp_path, change):
    folder = exported(images, normalization__scope="none", normalization__dtype=None)
    pixels = tifffile.imread(images / "image_0.tif")
    if change == "gone":
        (images / "image_0.tif").unlink()
    elif change == "other pixels":
        write_image(images / "image_0.tif", (96, 80), 0.65, seed=99)
    elif change == "other size":
        write_image(images / "image_0.tif", (96, 81), 0.65)
    else:  # as many bytes, another form
        write_image(images / "image_0.tif", (80, 96), 0.65)
    shutil.move(folder, tmp_path / "tiles")
    viewer.open(str(tmp_path / "tiles"), plugin=PLUGIN)
    layer = viewer.layers["image_0 (tiles)"]
    np.testing.assert_array_equal(np.asarray(layer.data), pixels)
    np.testing.assert_allclose(layer.scale, 0.65)
    assert "image_1" in names(viewer)


def test_a_layer_a_split(viewer, images, exported):
    folder = exported(images)
    lines = (folder / "tiles.csv").read_text().splitlines()
    at = lines[0].split(",").index("split")
    rows = [line.split(",") for line in lines]
    for number, row in enumerate(rows[1:]):
        row[at] = ("train", "val")[number % 2]
    (folder / "tiles.csv").write_text("\r\n".join(",".join(row) for row in rows) + "\r\n", newline="")
    viewer.open(str(folder), plugin=PLUGIN)
    count = sum(row[1] == "image_0.tif" for row in rows)
    train = viewer.layers[f"image_0: train ({(count + 1) // 2})"]
    val = viewer.layers[f"image_0: val ({count // 2})"]
    assert set(train.features["split"]) == {"train"}
    assert not np.array_equal(train.edge_color[0], val.edge_color[0])


@pytest.fixture
def many(exported, tmp_path):
    """A dataset of one image with 1 444 tiles: more than napari draws at ease one by one."""
    (tmp_path / "data" / "large").mkdir(parents=True)
    pixels = write_image(tmp_path / "data" / "large" / "big.tif", (600, 600), 0.65)
    fields = {"tiling__size_px": 16, "tiling__overlap_px": 0, "normalization__scope": "none"}
    return exported(tmp_path / "data" / "large", **fields, normalization__dtype=None), pixels


def rows_of(folder):
    with open(folder / "tiles.csv", newline="") as table:
        return list(csv.DictReader(table))


def edges_of(rows):
    starts = {int(row["y"]) - 0.5 for row in rows}
    return starts | {int(row["y"]) + int(row["height"]) - 0.5 for row in rows}


def test_many_tiles_are_drawn_by_their_edges(viewer, many):
    viewer.open(str(many[0]), plugin=PLUGIN)
    shapes = next(layer for layer in viewer.layers if ": tiles" in layer.name)
    assert set(shapes.shape_type) == {"path"}
    assert {point[0] for point in shapes.data[0]} == edges_of(rows_of(many[0]))


@pytest.mark.parametrize("limits", [(), (100, 50)], ids=["lines", "filled"])
def test_a_split_of_many_tiles(viewer, many, limits):
    """Its edges are lines; where these would be too many for napari, a pixel stands for each tile."""
    folder, _ = many
    rows = rows_of(folder)
    for row, is_train in zip(rows, np.random.default_rng(0).random(len(rows)) < 0.8, strict=True):
        row["split"] = "train" if is_train else "val"
    with open(folder / "tiles.csv", "w", newline="") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (source,) = tiled_sources(Manifest.read(folder))
    train = viewer.add_layer(Layer.create(*dataset_outlines(source, *limits)[0]))
    expected = np.zeros((38, 38), np.uint8)
    for row in rows:
        expected[int(row["row"]), int(row["column"])] = row["split"] == "train"
    if limits:
        np.testing.assert_array_equal(train.data, expected)
        y, x = (float(value) for value in train.world_to_data((100.0, 200.0)))
        assert (round(y), round(x)) == (int((100 / 0.65 + 0.5) // 16), int((200 / 0.65 + 0.5) // 16))
    else:
        assert set(train.shape_type) == {"line"}
        top = [line for line in train.data if line[0, 0] == line[1, 0] == -0.5]
        assert sum(abs(line[1, 1] - line[0, 1]) for line in top) == 16 * expected[0].sum()


def test_an_image_of_many_tiles_is_there_at_once_and_filled_in(viewer, many, qtbot, tmp_path):
    folder, pixels = many
    shutil.move(tmp_path / "data" / "large", tmp_path / "elsewhere")
    gone = rows_of(folder)[40]
    (folder / gone["tile"]).unlink()
    expected = pixels.copy()
    y, x = int(gone["y"]), int(gone["x"])
    expected[y : y + 16, x : x + 16] = 0
    viewer.open(str(folder), plugin=PLUGIN)
    layer = viewer.layers["big (tiles)"]
    assert dataset_reader._filling
    qtbot.waitUntil(lambda: not dataset_reader._filling)
    np.testing.assert_array_equal(np.asarray(layer.data), expected)
    low, high = layer.contrast_limits
    assert pixels.min() <= low < high <= pixels.max()
    assert any(gone["tile"] in str(record.message) for record in notification_manager.records)


def test_of_many_images_the_first_are_shown(viewer, exported, tmp_path):
    (tmp_path / "data" / "many").mkdir(parents=True)
    for number in range(9):
        write_image(tmp_path / "data" / "many" / f"m{number}.tif", (40, 40), 0.65)
    folder = exported(tmp_path / "data" / "many")
    viewer.open(str(folder), plugin=PLUGIN)
    assert [name.split(":")[0] for name in names(viewer)] == [f"m{n}" for n in range(4) for _ in range(2)]
    assert [layer.visible for layer in viewer.layers] == [True, True] + [False] * 6


def test_a_large_image_opens_at_once_and_is_filled_in(viewer, exported, tmp_path, qtbot):
    (tmp_path / "data" / "large").mkdir(parents=True)
    pixels = np.add.outer(np.arange(100, 3300), np.arange(3001) // 4).astype(np.uint16)  # tells where it is
    tifffile.imwrite(tmp_path / "data" / "large" / "big.tif", pixels)
    folder = exported(tmp_path / "data" / "large", tiling__size_px=1024, tiling__overlap_px=0)
    viewer.open(str(folder), plugin=PLUGIN)
    layer = viewer.layers["big"]
    assert layer.multiscale
    assert [level.shape for level in layer.data] == [(3200, 3001), (1600, 1501), (800, 751)]
    np.testing.assert_array_equal(layer.data[0][100:200, 50:60], pixels[100:200, 50:60])
    qtbot.waitUntil(lambda: not dataset_reader._filling)
    np.testing.assert_allclose(np.asarray(layer.data[-1], float)[:, :-1], pixels[2::4, 2:-1:4], atol=3)
    low, high = layer.contrast_limits
    assert 100 <= low < high <= 4000


def test_a_contrast_that_the_user_sets_meanwhile_stays(viewer, exported, tmp_path, qtbot):
    (tmp_path / "data" / "large").mkdir(parents=True)
    write_image(tmp_path / "data" / "large" / "big.tif", (3200, 3001), 0.65)
    folder = exported(tmp_path / "data" / "large", tiling__size_px=1024, tiling__overlap_px=0)
    viewer.open(str(folder), plugin=PLUGIN)
    assert dataset_reader._filling
    viewer.layers["big"].contrast_limits = (7, 70)
    qtbot.waitUntil(lambda: not dataset_reader._filling)
    assert tuple(viewer.layers["big"].contrast_limits) == (7, 70)


@pytest.mark.parametrize("kind", ["folder", "empty", "csv", "json", "tiles.csv", "tiles.json", "damaged", "list"])
def test_what_is_no_dataset_is_left_to_others(images, tmp_path, kind):
    folder = tmp_path / "other"
    folder.mkdir()
    path = folder / kind
    if kind == "folder":
        path = images
    elif kind == "empty":
        path = folder
    elif kind == "damaged":
        (folder / "tiles.json").write_text("{")
        path = folder
    elif kind == "list":
        assert dataset_reader.dataset_reader([str(images), str(folder)]) is None
        path = tmp_path / "nowhere"
    else:
        path.write_text('{"tiles": [1]}' if kind.endswith("json") else "tile,x\r\n1,2\r\n")
    assert dataset_reader.dataset_reader(str(path)) is None


def test_open_layers_become_the_images_of_the_dock(viewer, qtbot):
    import napari
    from npe2 import PluginManager

    pixels = np.random.default_rng(0).integers(0, 4000, (600, 700), dtype=np.uint16)
    viewer.add_image(pixels, name="mine", scale=(0.5, 0.5), units=("µm", "µm"))
    assert napari.current_viewer() is viewer
    for _ in range(2):  # the second time the dock is there
        PluginManager.instance().commands.execute("napari-tiles-creator.from_layers")
    docks = [name for name in viewer.window.dock_widgets if "Tiles Creator" in name]
    assert len(docks) == 1
    dock = viewer.window.dock_widgets[docks[0]]
    assert dock.recipe().media.folder == "napari:layers"
    qtbot.waitUntil(lambda: dock.plan is not None)
    assert [image.name for image in dock.plan.images] == ["mine"]
    assert not dock.export.command.text()
    dock._jobs.drop_all()


def test_every_command_says_what_it_does(viewer):
    from npe2 import PluginManager

    manifest = PluginManager.instance().get_manifest("napari-tiles-creator")
    titles = [command.title for command in manifest.contributions.commands]
    assert len(set(titles)) == len(titles)
    assert all(len(title.split()) > 2 for title in titles)
