"""The panels show a recipe and give it back, to the last field."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.recipe.presets import PRESETS

EVERYTHING = {
    "media.folder": "/some/where",
    "media.pattern": "*_c1.tif",
    "media.recursive": True,
    "media.exclude": ["a.tif", "b*.tif"],
    "media.channel": "DAPI",
    "media.rgb": False,
    "media.z": 3,
    "media.t": 0,
    "media.series": 2,
    "media.axes": "TZYX",
    "media.dataset": "/raw",
    "media.channels_from": "*_{channel}.tif",
    "calibration.enabled": True,
    "calibration.pixel_size_um": 0.1725,
    "calibration.target_pixel_size_um": 0.08519643016734027,
    "calibration.scale": "1/3",
    "calibration.interpolation": "lanczos",
    "calibration.antialias": False,
    "calibration.use_pyramid": False,
    "normalization.scope": "tile",
    "normalization.low": 0.1,
    "normalization.high": 0.9,
    "normalization.percentiles": [0.35, 99.8],
    "normalization.per_channel": False,
    "tiling.size_px": [128, 96],
    "tiling.overlap_px": [16, 8],
    "tiling.edge": "spread",
    "tiling.small_images": "skip",
    "tiling.pad_mode": "reflect",
    "tiling.order": "edges_last",
    "tiling.sampling": "random",
    "tiling.count": 17,
    "tiling.images": 3,
    "tiling.seed": 42,
    "tiling.max_random_overlap": 0.25,
    "tiling.exclude_tiles": ["a_003"],
    "tiling.foreground": "dark",
    "annotations.labels": "/labels",
    "annotations.boxes": "napari:layers",
    "annotations.classes": ["cell", "debris"],
    "annotations.labels_hold": "classes",
    "annotations.min_visible": 0.3,
    "annotations.at_border": "drop",
    "annotations.empty_tiles": 0.25,
    "export.folder": "/else/where",
    "export.name": "{stem}_x{index:05d}",
    "export.layout": "pairs",
    "export.split": {"train": 0.7, "val": 0.2, "test": 0.1, "by": "group", "group": "m(.)", "seed": 3, "gap_px": 8},
    "export.compression": "zstd",
    "export.quality": 80,
}


@pytest.mark.parametrize("name", PRESETS)
def test_preset_comes_back(dock, name):
    recipe = Recipe.preset(name, source="in", output="out")
    dock.set_recipe(recipe)
    assert dock.recipe() == recipe


def test_every_field_comes_back(dock):
    recipe = Recipe().changed(EVERYTHING)
    for field, value in EVERYTHING.items():
        section, _, name = field.partition(".")
        default = getattr(getattr(Recipe(), section), name)
        assert getattr(getattr(recipe, section), name) != default, f"{field} is not tested with {value!r}"
    dock.set_recipe(recipe)
    assert dock.recipe() == recipe


@pytest.mark.parametrize(
    "fields",
    [
        {"media.colours": ["magenta", "none", "#0080ff"]},  # not beside a channel
        {"media.z": "max", "media.t": "mean"},
        {"media.z": "each", "media.t": 2},
        {"normalization.scope": "dataset", "normalization.ranges": [[12.5, 4012], [0, 1]]},
        {"annotations.classes": "/names.txt", "annotations.empty_tiles": "drop"},
        {"export.split": {"by": "table", "table": "/splits.csv", "stratify": False}},
        {"export.split": {"train": 1 / 3, "val": 1 / 3, "test": 1 / 3, "by": "blocks", "gap_px": 16}},
    ],
)
def test_other_values_come_back(dock, fields):
    recipe = Recipe().changed(fields)
    dock.set_recipe(recipe)
    assert dock.recipe() == recipe
    dock.set_recipe(Recipe())
    assert dock.recipe() == Recipe()


@pytest.mark.parametrize("name", PRESETS)
def test_panel_gives_its_section_back(dock, name):
    recipe = Recipe.preset(name)
    for panel in (dock.media, dock.calibration, dock.normalization, dock.tiles, dock.export):
        section = getattr(recipe, panel.name)
        panel.set_value(section)
        assert panel.value() == section
        assert type(panel.value()) is type(section)


def test_setting_a_value_sends_no_signal(dock, qtbot):
    with qtbot.assertNotEmitted(dock.tiles.valueChanged):
        dock.tiles.set_value(Recipe.preset("imgsplit").tiling)


def test_editing_sends_signals(dock, qtbot):
    with qtbot.waitSignals([dock.tiles.valueChanged, dock.recipeChanged]):
        dock.tiles.editor("edge").set_value("pad")
    assert dock.recipe().tiling.edge == "pad"


@pytest.mark.parametrize("name", PRESETS)
def test_preset_box(dock, qtbot, name):
    dock.media.editor("folder").line.setText("/my/images")
    dock.media.editor("pattern").set_value("*.png")
    dock.export.editor("folder").line.setText("/my/tiles")
    dock.annotations.editor("labels").line.setText("/my/masks")
    row = list(PRESETS).index(name)
    dock.bar.preset.setCurrentIndex(row)
    dock.bar.preset.activated.emit(row)
    expected = Recipe.preset(name, source="/my/images", output="/my/tiles").changed(
        {"media.pattern": "*.png", "annotations.labels": "/my/masks"}
    )
    assert dock.recipe() == expected


def test_preset_box_names_what_is_shown(dock, qtbot):
    dock.set_recipe(Recipe.preset("yolo"))
    qtbot.waitUntil(lambda: dock.bar.preset.currentText() == "YOLO")
    dock.tiles.editor("edge").set_value("pad")
    qtbot.waitUntil(lambda: dock.bar.preset.currentText() == "Own")


def test_save_and_load(dock, tmp_path, qtbot):
    recipe = Recipe.preset("axons", source=str(tmp_path / "in"), output=str(tmp_path / "out"))
    dock.set_recipe(recipe)
    dock.save_recipe(tmp_path / "mine.yaml")
    assert Recipe.load(tmp_path / "mine.yaml") == recipe
    dock.clear_state()
    assert dock.recipe() == Recipe.preset("unet", source="", output="")
    dock.load_recipe(tmp_path / "mine.yaml")
    assert dock.recipe() == recipe


def test_loading_what_is_no_recipe_is_told(dock, tmp_path, qtbot):
    (tmp_path / "bad.yaml").write_text("tiling: {size_px: -3}")
    before = dock.recipe()
    with qtbot.waitSignal(dock.failed) as told:
        dock.load_recipe(tmp_path / "bad.yaml")
    assert "-3" in told.args[0]
    assert dock.recipe() == before
    assert "size_px" in dock.tiles.problems


def test_tooltips_come_from_the_recipe(dock):
    for panel in dock.column.panels.values():
        section = type(panel.value())
        for field, editor in panel._editors.items():
            tooltip = editor.line.toolTip() if hasattr(editor, "line") else editor.toolTip()
            assert tooltip == section.model_fields[field].description
            assert editor.accessibleName()
