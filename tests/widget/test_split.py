"""Layout and split: their fields, what a layout needs, and tiles in the colour of their split."""

from collections import Counter

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_tiles_creator import run
from napari_tiles_creator._widget.panels.layouts import LAYOUT_LABELS, LAYOUT_TIPS, need_of
from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.drawing import SPLIT_LABELS, draw_tiles, fill_labels
from napari_tiles_creator._widget.viewing.tile_states import TileStates
from napari_tiles_creator.datasets.base import Offer
from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.geometry.places import grid_indices
from napari_tiles_creator.recipe.document import FORMATS_OF_TYPE
from napari_tiles_creator.recipe.export import LAYOUTS

BLOCKS = {"train": 0.5, "val": 0.25, "test": 0.25, "by": "blocks"}


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


# ---- the fields ----


def test_shares_always_add_up(dock):
    split = dock.export.split
    split.by.set_value("image")
    assert dock.recipe().export.split.shares == {"train": 0.8, "val": 0.2}
    for part, share in (("val", 0.3), ("test", 0.15), ("train", 0.9), ("train", 0.05), ("val", 1.0), ("test", 0.333)):
        split.parts[part].setValue(100 * share)
        shown = dock.recipe().export.split
        assert getattr(shown, part) == pytest.approx(share)
        assert shown.train + shown.val + shown.test == pytest.approx(1)


def test_only_what_matters_is_in_sight(dock):
    split = dock.export.split
    hidden = {}
    for by in (None, "image", "group", "blocks", "table"):
        split.by.set_value(by)
        hidden[by] = {name for name, editor in split.parts.items() if editor.isHidden()}
    assert hidden[None] == set(split.parts)
    assert "gap_px" not in hidden["blocks"]
    assert "gap_px" in hidden["image"]
    assert "group" not in hidden["group"]
    assert hidden["table"] == set(split.parts) - {"table"}


def test_a_missing_group_is_told_beside_it(dock, planned, qtbot):
    planned()
    dock.export.split.by.set_value("group")
    qtbot.waitUntil(lambda: "split" in dock.export.problems)
    assert "regular expression" in dock.export.problems["split"]
    line = dock.export.split.parts["group"]
    assert line.property("invalid")
    assert not dock.export.split.parts["train"].property("invalid")
    line.setFocus()
    qtbot.keyClicks(line, r"image_(\d)")
    qtbot.waitUntil(lambda: not dock.export.problems)


def test_the_header_tells_layout_and_split(dock):
    dock.export.editor("layout").set_value("pairs")
    dock.export.split.by.set_value("image")
    assert dock.export.header.summary.text() == "pairs, 80/20 by image"


# ---- layouts ----


def test_every_layout_has_a_name_and_says_what_it_is_for(dock):
    assert set(LAYOUT_LABELS) == set(LAYOUT_TIPS) == set(LAYOUTS)
    combo = dock.export.editor("layout")
    assert [combo.itemText(row) for row in range(combo.count())] == list(LAYOUT_LABELS.values())
    assert all(combo.itemData(row, Qt.ItemDataRole.ToolTipRole) for row in range(combo.count()))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_layouts_need_is_what_they_refuse(layout):
    for dtype, formats in FORMATS_OF_TYPE.items():
        for chosen in formats:
            values = (0.0, {"float32": 1.0, "uint8": 255.0, "uint16": 65535.0}[dtype])
            offer = Offer(
                chosen, frozenset({dtype}), frozenset({"YX"}), frozenset({1}), (512, 512), False, True, True, ("cell",),
                ("train", "val"), "auto", values,
            )  # fmt: skip
            refusal, need = make_layout(layout).refusal(offer), need_of(layout)
            refused = refusal is not None and refusal.field in ("export.format", "normalization.dtype")
            assert refused == (need is not None and not need.allows(dtype, chosen)), (dtype, chosen, refusal)


def test_one_click_sets_what_a_layout_needs(dock, planned, qtbot, tmp_path):
    labels = tmp_path / "boxes"
    labels.mkdir()
    for number in range(3):
        (labels / f"image_{number}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    planned(annotations__boxes=str(labels), normalization__scope="none", normalization__dtype=None)
    split = {"train": 0.5, "val": 0.5}
    dock.set_recipe(dock.recipe().changed({"export.split": split}))
    dock.export.editor("layout").set_value("yolo")
    qtbot.waitUntil(lambda: dock.export.problems.get("layout", "").startswith("yolo: "))
    assert dock.export.need_button.text() == "Use uint8 png"
    assert not dock.export.need_button.isHidden()
    click(qtbot, dock.export.need_button)
    recipe = dock.recipe()
    assert (recipe.normalization.dtype, recipe.export.format) == ("uint8", "png")
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)
    assert not dock.export.problems
    assert dock.export.need_button.isHidden()


def test_ranges_come_from_an_earlier_dataset(dock, planned, qtbot, tmp_path):
    plan = planned(normalization__scope="dataset", normalization__dtype="uint8", export__format="png")
    for _ in run(plan, workers=1):
        pass
    planned(export__folder=str(tmp_path / "more"))
    ranges = dock.normalization.editor("ranges")
    assert ranges.isHidden()  # another scope
    dock.normalization.take_dataset(str(tmp_path / "nothing"))
    assert "nothing" in dock.normalization.problems["ranges"]
    ranges.datasetChosen.emit(str(tmp_path / "tiles"))
    dock.export.editor("format").set_value("png")
    section = dock.recipe().normalization
    assert (section.scope, section.dtype) == ("dataset", "uint8")
    assert len(section.ranges) == 1
    low, high = section.ranges[0]
    assert ranges.said.text() == f"ranges of tiles: {low:.6g} – {high:.6g}"
    assert not ranges.clear_button.isHidden()
    click(qtbot, ranges.clear_button)
    assert dock.recipe().normalization.ranges is None


# ---- colours ----


def test_the_legend_counts_the_tiles_of_each_split(dock, planned, qtbot):
    plan = planned(export__split=BLOCKS)
    kept = [(image, tile) for image in plan.images for tile in image if image.left_out(tile.index) is None]
    expected = Counter(tile.split for _, tile in kept)
    assert plan.tiles_by_split == expected
    assert sum(expected.values()) == len(plan)
    text = dock.footer.legend.text().replace("\u00a0", " ")
    assert [name for name in ("train", "val", "test") if f"</span> {name} {expected[name]}" in text] == list(expected)
    assert all(colours.SPLITS[name] in text for name in expected)
    planned()
    assert dock.footer.legend.isHidden()


@pytest.mark.parametrize("sampling", ["grid", "jittered"])
def test_each_tile_has_the_colour_of_its_split(planned, sampling):
    plan = planned(export__split=BLOCKS, tiling__sampling=sampling, tiling__count=9, tiling__size_px=16)
    image = plan.images[0]
    states = TileStates.of(image, 0, None, 0.0)
    drawing = draw_tiles(image.tiling, states)
    for split, mask in states.parts.items():
        assert split
        assert [image[int(i)].split for i in np.flatnonzero(mask)] == [split] * int(mask.sum())
        own = [s for s, edge in zip(drawing.shapes, drawing.edges, strict=True) if edge == colours.SPLITS[split]]
        boxes = [image[int(i)].tile.box for i in np.flatnonzero(mask)]
        corners = np.concatenate(own) + 0.5
        assert corners.min(axis=0).tolist() == [min(b.y for b in boxes), min(b.x for b in boxes)]
        assert corners.max(axis=0).tolist() == [max(b.y_stop for b in boxes), max(b.x_stop for b in boxes)]
    across = next(i for i in range(len(image)) if not image[i].split)
    assert states.told(across) == "across two splits: left out"
    assert states.told(int(np.flatnonzero(states.kept)[0])).endswith(" · will be exported")
    if sampling == "grid":
        labels = fill_labels(image.tiling, states)
        places = grid_indices(image.tiling)
        for split, mask in states.parts.items():
            np.testing.assert_array_equal(labels == SPLIT_LABELS[split], mask[places])


def test_an_image_of_one_split_is_drawn_in_its_colour(viewer, dock, previewed, qtbot):
    plan = previewed(export__split={"train": 0.34, "val": 0.33, "test": 0.33})
    click(qtbot, dock.tiles.show_all)
    for number, image in enumerate(plan.images):
        dock.tiles.image.setCurrentIndex(number)
        rgb = [int(colours.SPLITS[image.split][i : i + 2], 16) for i in (1, 3, 5)]

        def drawn(rgb=rgb):
            layer = viewer.layers["All tiles"]
            return (np.round(layer.edge_color[:, :3] * 255) == rgb).all()

        qtbot.waitUntil(lambda drawn=drawn: "All tiles" in viewer.layers and drawn())
        qtbot.waitUntil(lambda image=image: dock.tiles.browser.state.text().startswith(f"{image.split} · "))


def test_colours_are_told_apart_by_everybody():
    """Also by people who see no red, no green or no blue: after Machado, Oliveira and Fernandes (2009), severity 1."""
    from skimage.color import rgb2lab

    seen = {
        "all": np.eye(3),
        "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    }
    names = [*colours.CLASSES, *colours.SPLITS.values(), colours.CURRENT]
    classes, splits = len(colours.CLASSES), slice(len(colours.CLASSES), -1)
    rgb = np.array([[int(name[i : i + 2], 16) for i in (1, 3, 5)] for name in names]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for who, matrix in seen.items():
        light = np.clip(linear @ np.transpose(matrix), 0, 1)
        screen = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        lab = rgb2lab(screen[None])[0]
        far = np.linalg.norm(lab[:, None] - lab, axis=2) + 1000 * np.eye(len(names))
        assert far[:classes].min() > 18, who
        assert far[splits, splits].min() > 25, who
        assert far.min() > 11, who  # the current tile's lines are thicker
