"""What is drawn on images: its fields, over the preview, with the tile, and taken from open layers."""

import threading

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_tiles_creator import Recipe, run
from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.drawn_pictures import LabelPicture, plane_picture
from napari_tiles_creator.annotations.label_plane import LabelPlane
from napari_tiles_creator.geometry.objects import BorderRule

SHAPES = {"image_0": (96, 80), "image_1": (130, 70), "image_2": (64, 64)}
# Class, y, x, height and width of the boxes on each image, px.
BOXES = [(0, 10, 8, 20, 24), (1, 30, 40, 12, 12), (1, 2, 50, 10, 9)]


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def discs(shape, count=5, seed=0):
    """Return a label image of discs, array (y, x), uint16."""
    rng, labels = np.random.default_rng(seed), np.zeros(shape, np.uint16)
    y, x = np.mgrid[: shape[0], : shape[1]]
    for number in range(1, count + 1):
        centre = rng.uniform(6, np.array(shape) - 6)
        labels[(y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 64] = number
    return labels


@pytest.fixture
def masks(tmp_path):
    """A label image for each image, and their folder."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for number, (name, shape) in enumerate(SHAPES.items()):
        tifffile.imwrite(folder / f"{name}_mask.tif", discs(shape, seed=number))
    return folder


@pytest.fixture
def boxes(tmp_path):
    """A YOLO text for each image."""
    folder = tmp_path / "boxes"
    folder.mkdir()
    for name, (height, width) in SHAPES.items():
        rows = [
            f"{c} {(x + w / 2) / width:.9f} {(y + h / 2) / height:.9f} {w / width:.9f} {h / height:.9f}"
            for c, y, x, h, w in BOXES
        ]
        (folder / f"{name}.txt").write_text("\n".join(rows) + "\n")
    return folder


def drawn(viewer, qtbot, name="Annotated labels"):
    qtbot.waitUntil(lambda: name in viewer.layers)
    return viewer.layers[name]


# ---- the panel ----


def test_classes_are_names_or_a_file(dock, qtbot):
    editor = dock.annotations.editor("classes")
    editor.line.setFocus()
    qtbot.keyClicks(editor.line, "cell, debris")
    assert dock.recipe().annotations.classes == ("cell", "debris")
    editor.line.clear()
    qtbot.keyClicks(editor.line, "/some/classes.txt")
    assert dock.recipe().annotations.classes == "/some/classes.txt"
    editor.line.clear()
    assert dock.recipe().annotations.classes is None


def test_a_wrong_folder_is_told_beside_its_field_and_in_both_headers(dock, planned, qtbot):
    planned()
    dock.annotations.editor("labels").line.setText("/no/where")
    qtbot.waitUntil(lambda: "labels" in dock.annotations.problems)
    assert "/no/where" in dock.annotations.problems["labels"]
    assert not dock.export.header.warning.isHidden()
    assert not dock.annotations.header.warning.isHidden()
    dock.annotations.editor("labels").line.setText("")
    qtbot.waitUntil(lambda: not dock.annotations.problems)
    assert dock.export.header.warning.isHidden()


def test_the_header_tells_where_annotations_are(dock, planned, masks):
    assert dock.annotations.header.summary.text() == "none"
    planned(annotations__labels=str(masks), annotations__classes=["cell"])
    assert dock.annotations.header.summary.text() == "masks, 1 class"


def test_the_foot_says_at_most_where_tiles_without_objects_are_left_out(dock, planned, masks):
    planned(annotations__labels=str(masks))
    assert "at most" not in dock.footer.status.text()
    planned(annotations__labels=str(masks), annotations__empty_tiles="drop")
    assert "at most" in dock.footer.status.text()


@pytest.mark.parametrize("unfolded", [True, False])
def test_what_a_layout_refuses_is_told_once_in_the_panel(dock, planned, qtbot, unfolded):
    """Beside the field that mends it; beside the layout where that field is folded away."""
    dock.annotations.header.unfold(unfolded)
    planned(export__layout="flat")
    dock.export.editor("layout").setCurrentIndex(dock.export.editor("layout").findData("stardist"))
    qtbot.waitUntil(lambda: "labels" in dock.annotations.problems)
    assert "nothing is annotated" in dock.annotations.problems["labels"]
    assert "--" not in dock.annotations.problems["labels"]
    assert ("layout" in dock.export.problems) is not unfolded


def test_many_images_with_one_problem_say_it_once_at_the_foot(dock, qtbot, images, tmp_path):
    (tmp_path / "other").mkdir()
    tifffile.imwrite(tmp_path / "other" / "nothing_alike.tif", np.zeros((4, 4), np.uint8))
    fields = {"media.folder": str(images), "annotations.labels": str(tmp_path / "other")}
    dock.set_recipe(Recipe.preset("unet").changed(fields))
    qtbot.waitUntil(lambda: "no label image for image_0.tif" in dock.footer.status.text())
    assert "2 other images likewise" in dock.footer.status.text()
    assert "notes" in dock.footer.notes.line.text()
    assert "no label image" not in dock.footer.notes.line.text()
    assert "no label image for image_2.tif" in dock.footer.notes.text()
    rows = {item.found.name: dock.media.model.problem(row) for row, item in enumerate(dock.media.model.rows)}
    assert all(f"no label image for {name}" in problem for name, problem in rows.items())


# ---- over the preview ----


@pytest.mark.parametrize("scale", [None, 1.7])
def test_label_images_are_drawn_where_their_pixels_lie(viewer, dock, previewed, masks, qtbot, scale):
    previewed(annotations__labels=str(masks), calibration__enabled=scale is not None, calibration__scale=scale)
    layer = drawn(viewer, qtbot)
    labels, picture = discs(SHAPES["image_0"]), viewer.layers["Preview image"]
    assert layer._type_string == "labels"
    rng = np.random.default_rng(0)
    for pixel in rng.integers(0, SHAPES["image_0"], (200, 2)):  # centres of source pixels
        world = picture.data_to_world(pixel)
        at = np.rint(layer.world_to_data(world)).astype(int)
        assert layer.data[tuple(at)] == labels[tuple(pixel)]


def test_the_check_box_takes_annotations_away_and_brings_them_back(viewer, dock, previewed, masks, qtbot):
    previewed(annotations__labels=str(masks))
    drawn(viewer, qtbot)
    assert not dock.tiles.show_annotations.isHidden()
    dock.tiles.show_annotations.click()
    assert "Annotated labels" not in viewer.layers
    dock.tiles.show_annotations.click()
    layer = drawn(viewer, qtbot)
    viewer.layers.remove(layer)  # by the user
    assert not dock.tiles.show_annotations.isChecked()
    dock.annotations.editor("labels").line.setText("")
    qtbot.waitUntil(dock.tiles.show_annotations.isHidden)


def test_other_tiles_draw_no_annotations_anew_but_other_images_do(viewer, dock, previewed, masks, qtbot):
    previewed(annotations__labels=str(masks))
    layer = drawn(viewer, qtbot)
    before = dock.plan
    dock.tiles.editor("size_px").first.setValue(40)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan is not before)
    assert drawn(viewer, qtbot) is layer
    dock.tiles.image.setCurrentIndex(1)
    qtbot.waitUntil(
        lambda: "Annotated labels" in viewer.layers and viewer.layers["Annotated labels"].data.shape == (130, 70)
    )
    np.testing.assert_array_equal(viewer.layers["Annotated labels"].data, discs(SHAPES["image_1"], seed=1))


def test_boxes_are_outlined_in_the_colour_of_their_class(viewer, dock, previewed, boxes, qtbot):
    previewed(annotations__boxes=str(boxes), annotations__classes=["cell", "debris"])
    layer = drawn(viewer, qtbot, "Annotated boxes")
    found = {}
    for corners, colour, name in zip(layer.data, layer.edge_color, layer.features["class"], strict=True):
        first, last = corners.min(axis=0) + 0.5, corners.max(axis=0) + 0.5
        found[tuple(np.round([*first, *(last - first)], 4))] = (name, np.round(colour[:3] * 255).astype(int).tolist())
    rgb = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours.CLASSES]
    assert found == {(y, x, h, w): (["cell", "debris"][c], rgb[c]) for c, y, x, h, w in BOXES}


def test_the_tile_shows_what_an_export_writes_of_its_annotations(viewer, dock, previewed, masks, qtbot, tmp_path):
    plan = previewed(annotations__labels=str(masks), annotations__at_border="drop", export__layout="stardist")
    dock.tiles.show_tile.click()
    for _ in run(plan, workers=1):
        pass
    seen = 0
    for index in (0, 4, 7, 11):
        dock.tiles.slider.setValue(index)
        planned_tile = plan.images[0][index]
        written = tifffile.imread(tmp_path / "tiles" / "masks" / f"{planned_tile.name}.tif")
        box = planned_tile.tile.box
        labels = discs(SHAPES["image_0"])[box.y : box.y_stop, box.x : box.x_stop]

        def shown(written=written, labels=labels, box=box):
            layer = viewer.layers["Labels of the tile"]
            corner = layer.translate / layer.scale
            return (
                np.allclose(corner, (box.y, box.x))
                and np.array_equal(layer.data > 0, written > 0)
                and np.array_equal(layer.data[layer.data > 0], labels[layer.data > 0])
            )

        qtbot.waitUntil(lambda shown=shown: "Labels of the tile" in viewer.layers and shown())
        seen += np.count_nonzero(written)
    assert seen
    dock.tiles.show_tile.click()
    assert "Labels of the tile" not in viewer.layers


def test_labels_and_boxes_of_one_image_are_drawn_both(viewer, dock, previewed, masks, boxes, qtbot):
    """Each as it is alone: an export writes masks of the one and boxes of the other."""
    fields = {"labels": str(masks), "boxes": str(boxes), "at_border": "keep", "labels_hold": "instances"}
    plan = previewed(**{f"annotations__{name}": value for name, value in fields.items()})
    labels, outlines = drawn(viewer, qtbot), drawn(viewer, qtbot, "Annotated boxes")
    expected = discs(SHAPES["image_0"])
    np.testing.assert_array_equal(labels.data, expected)
    assert len(outlines.data) == len(BOXES)
    dock.tiles.show_tile.click()
    dock.tiles.slider.setValue(5)
    box = plan.images[0][5].tile.box
    labels, outlines = (drawn(viewer, qtbot, f"{what} of the tile") for what in ("Labels", "Boxes"))
    here = expected[box.y : box.y_stop, box.x : box.x_stop]
    qtbot.waitUntil(lambda: np.array_equal(labels.data, here))
    count = sum(y < box.y_stop and y + h > box.y and x < box.x_stop and x + w > box.x for _, y, x, h, w in BOXES)
    qtbot.waitUntil(lambda: len(outlines.data) == count)
    assert count
    assert here.any()
    dock.tiles.show_annotations.click()
    assert not {"Annotated labels", "Annotated boxes", "Labels of the tile", "Boxes of the tile"} & {
        layer.name for layer in viewer.layers
    }


def test_the_colours_of_classes_are_told(dock, planned, boxes):
    planned(annotations__boxes=str(boxes), annotations__classes=["cell", "debris"])
    text = dock.tiles.browser.classes.text()
    assert not dock.tiles.browser.classes.isHidden()
    assert all(f"{colours.CLASSES[n]}" in text and name in text for n, name in enumerate(("cell", "debris")))
    planned(annotations__boxes=str(boxes), annotations__classes=[f"class {n}" for n in range(30)])
    assert "class\u00a011" in dock.tiles.browser.classes.text()
    assert dock.tiles.browser.classes.text().endswith(" and 18 more")
    planned()
    assert dock.tiles.browser.classes.isHidden()


def test_what_is_painted_while_it_is_read_is_read_again(viewer, dock, planned):
    from napari_tiles_creator._widget.viewing.drawn_planes import KINDS, DrawnOn, DrawnPlanes
    from napari_tiles_creator._widget.viewing.subject import Subject

    viewer.add_image(np.zeros((60, 50), np.uint8), name="field")
    layer = viewer.add_labels(np.ones((60, 50), np.int32), name="drawn")
    plan = planned(media__folder="napari:layers", annotations__labels="napari:layers", tiling__size_px=64)
    drawn_on = DrawnOn.of(viewer, Subject(plan, plan.images[0], 0, None), KINDS[0])
    planes = DrawnPlanes()

    class Painted(threading.Event):
        """Is asked between two bands, and then somebody has painted."""

        def is_set(self):
            if layer.data.any():
                layer.data[:] = 0
                planes.forget()
            return False

    planes.read(drawn_on, Painted())
    again = planes.read(drawn_on, threading.Event())
    whole = np.array([[0, 0, 60, 50]])
    assert again.counts(whole, BorderRule("keep")).tolist() == [0]


def test_a_tile_shows_its_part_of_boxes_or_none(viewer, dock, previewed, boxes, qtbot):
    plan, seen = previewed(annotations__boxes=str(boxes), annotations__min_visible=0.5), set()
    dock.tiles.show_tile.click()
    for index in (0, 9, 1, 5, 9):
        dock.tiles.slider.setValue(index)
        box = plan.images[0][index].tile.box
        expected = set()
        for _, y, x, h, w in BOXES:
            top, left = max(y, box.y), max(x, box.x)
            height, width = min(y + h, box.y_stop) - top, min(x + w, box.x_stop) - left
            if height > 0 and width > 0 and height * width >= 0.5 * h * w:
                expected.add((top - box.y, left - box.x, height, width))

        def shown(expected=expected, box=box):
            layer = viewer.layers["Boxes of the tile"]
            found = {(*np.round(c.min(axis=0) + 0.5, 4), *np.round(np.ptp(c, axis=0), 4)) for c in layer.data}
            return found == expected and np.allclose(layer.translate / layer.scale, (box.y, box.x))

        qtbot.waitUntil(lambda shown=shown: "Boxes of the tile" in viewer.layers and shown())
        seen.add(bool(expected))
    assert seen == {True, False}


def test_a_large_plane_is_painted_in_small(monkeypatch):
    from napari_tiles_creator._widget.viewing import drawn_pictures
    from napari_tiles_creator.engine.steps import result_of

    monkeypatch.setattr(drawn_pictures, "LONGEST_SIDE", 30)
    monkeypatch.setattr(drawn_pictures, "ROWS_AT_ONCE", 9)
    labels = discs((100, 70), 9)
    plane = LabelPlane.of_bands(labels.shape, [labels])
    picture = result_of(plane_picture(plane, labels.shape, ["cell"], has_pixels=True, by_class=False))
    assert isinstance(picture, LabelPicture)
    assert picture.step == 4
    rows, columns = (np.minimum(np.arange(-(-length // 4)) * 4 + 2, length - 1) for length in labels.shape)
    np.testing.assert_array_equal(picture.pixels, labels[np.ix_(rows, columns)])


# ---- open layers ----


def test_a_labels_layer_is_cut_with_its_image_as_it_is_painted(viewer, dock, planned, qtbot, tmp_path):
    labels = discs((60, 50), 3).astype(np.int32)
    viewer.add_image(np.arange(3000, dtype=np.uint16).reshape(60, 50), name="field", scale=(0.5, 0.5), units="um")
    layer = viewer.add_labels(labels, name="drawn", scale=(0.5, 0.5), units="um")
    plan = planned(
        media__folder="napari:layers",
        annotations__labels="napari:layers",
        export__layout="stardist",
        tiling__size_px=64,
    )
    assert plan.partners.of("field").labels is not None
    click(qtbot, dock.tiles.preview_button)
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    assert "Annotated labels" not in viewer.layers  # the layer itself shows them
    layer.selected_label = 9
    layer.paint((5, 5), 9)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000):
        click(qtbot, dock.footer.export_button)
    (written,) = (tmp_path / "tiles" / "masks").glob("*.tif")
    mask = tifffile.imread(written)[:60, :50]
    np.testing.assert_array_equal(mask > 0, layer.data > 0)
    assert len(np.unique(mask)) == len(np.unique(layer.data)) == 5


def test_labels_layers_are_paired_by_name_with_files(viewer, dock, planned, qtbot):
    for name, shape in SHAPES.items():
        viewer.add_labels(discs(shape).astype(np.int32), name=f"{name}_labels")
    plan = planned(annotations__labels="napari:layers")
    assert len(plan.images) == 3
    assert all(plan.partners.of(image.name).labels is not None for image in plan.images)
    assert "layers" in dock.export.command.line.text()  # which a command line cannot see
    viewer.layers["image_1_labels"].name = "other"
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 2)
    assert "image_1" in dock.plan.failed[0].reason


@pytest.mark.parametrize("ending", ["", "_mask", "-labels", "_cp_masks", "_LABELS"])
def test_a_labels_layer_may_be_named_as_a_label_file_may(viewer, planned, ending):
    for name, shape in SHAPES.items():
        viewer.add_labels(discs(shape).astype(np.int32), name=f"{name}{ending}")
    assert len(planned(annotations__labels="napari:layers").images) == 3


def test_shapes_layers_are_classes_in_pixels_of_the_image(viewer, dock, planned, qtbot):
    viewer.add_image(np.zeros((80, 90), np.uint8), name="field", scale=(0.5, 0.5), translate=(10, 20), units="um")
    look = {"scale": (2, 2), "units": "um"}  # pixels four times as large as the image's
    cells = viewer.add_shapes(
        [np.array([[6, 12], [6, 15], [11, 15], [11, 12]])], shape_type="rectangle", name="cell", **look
    )
    corners = np.array([[6, 20], [6, 24], [9, 22]])
    viewer.add_shapes([corners], shape_type="polygon", name="debris", **look)
    planned(media__folder="napari:layers")
    dock.annotations.editor("boxes").line.setText("Open layers")
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.classes == ("cell", "debris"))
    assert dock.recipe().annotations.classes == ("cell", "debris")  # filled in, to be seen and changed
    objects = dock.plan.partners.of("field").objects
    # World = 2 · (row, column) of the layer; the image's pixel corners begin half a pixel before 10 and 20 µm.
    assert objects.geometries[0].bounds == (4 * 12 - 40 + 0.5, 4 * 6 - 20 + 0.5, 4 * 15 - 40 + 0.5, 4 * 11 - 20 + 0.5)
    assert objects.geometries[1].area == pytest.approx(16 * 6)
    assert objects.class_numbers.tolist() == [0, 1]
    assert objects.only_boxes.tolist() == [True, False]
    cells.add_rectangles(np.array([[14, 25], [14, 28], [16, 28], [16, 25]]))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.partners.of("field").objects) == 3)
    cells.features = {"class": ["debris", "cell"]}
    qtbot.waitUntil(
        lambda: dock.plan is not None and dock.plan.partners.of("field").objects.class_numbers.tolist() == [1, 0, 1]
    )


def test_no_open_layer_is_told(viewer, dock, planned, qtbot):
    planned()
    dock.annotations.editor("labels").line.setText("Open layers")
    qtbot.waitUntil(lambda: "no labels layer" in dock.annotations.problems.get("labels", ""))
    dock.annotations.editor("labels").line.setText("")
    dock.annotations.editor("boxes").line.setText("Open layers")
    qtbot.waitUntil(lambda: "no shapes layer" in dock.annotations.problems.get("boxes", ""))
