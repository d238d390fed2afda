"""The recipe as a whole: documented defaults, round trips, errors that name field, value and what is allowed."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError
from strategies import recipes

# The block of the interface, word for word.
INTERFACE = """
schema: 1
media:         {folder: images, pattern: "*", recursive: false, exclude: [], channel: null, channels_from: null, rgb: null, z: each, t: each, series: 0}
calibration:   {enabled: false, pixel_size_um: null, target_pixel_size_um: 0.325, scale: null, interpolation: cubic, antialias: true}
normalization: {scope: image, low: 0.0, high: null, percentiles: [0, 100], per_channel: true, dtype: float32}
tiling:        {size_px: 512, overlap_px: 128, edge: shift, small_images: pad, pad_mode: constant, order: rows, sampling: grid, count: null,
                images: null, seed: 0, max_random_overlap: 1.0, min_foreground: 0.0, foreground: bright, roi: null, exclude_tiles: []}
annotations:   {labels: null, boxes: null, classes: null, min_visible: 0.1, at_border: clip, empty_tiles: auto}
export:        {folder: tiles, format: tif, layout: flat, name: "{stem}_{index:03d}", compression: none, quality: 95, split: null, shard: null}
"""  # noqa: E501


# Fields that were added to the interface's, each behind those of its section.
ADDED = {
    "media": {"axes": None, "overrule_axes": False, "dataset": None, "colours": None},
    "calibration": {"use_pyramid": True},
    "normalization": {"ranges": None},
    "annotations": {"labels_hold": "auto"},
}


def interface():
    fields = yaml.safe_load(INTERFACE)
    return {name: part | ADDED[name] if name in ADDED else part for name, part in fields.items()}


def test_defaults_are_those_of_the_interface():
    assert Recipe().to_dict() == interface()
    assert Recipe.from_yaml(INTERFACE) == Recipe()


def test_fields_keep_the_interfaces_order():
    def order(data):
        return [(name, list(part) if isinstance(part, dict) else None) for name, part in data.items()]

    assert order(yaml.safe_load(Recipe().to_yaml())) == order(interface())


@given(recipes())
def test_yaml_and_json_round_trips(recipe):
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    assert Recipe.from_yaml(json.dumps(recipe.to_dict())) == recipe
    assert Recipe.from_yaml(json.dumps(recipe.to_dict(), indent="\t", ensure_ascii=False)) == recipe
    assert Recipe.of(recipe.to_dict()) == recipe
    assert hash(Recipe.of(recipe.to_dict())) == hash(recipe)


@given(recipes())
def test_saved_recipes_load_the_same_from_anywhere(tmp_path, recipe):
    """Folders are written relative to the file and read from it; everything else is untouched."""
    recipe = recipe.changed({"media.folder": str(tmp_path / "in put"), "export.folder": str(tmp_path.parent / "out😀")})
    recipe = recipe.moved(lambda place: str(tmp_path / "more" / place))
    for name in ("recipe.yaml", "recipe.json"):
        recipe.save(tmp_path / name)
        assert Recipe.load(tmp_path / name) == recipe
        assert str(tmp_path) not in (tmp_path / name).read_text(encoding="utf-8")


def test_relative_folders_start_at_the_recipes_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project" / "settings").mkdir(parents=True)
    path = Path("project/settings/recipe.yaml")
    text = """
media: {folder: ../images}
export: {folder: tiles, split: {by: table, table: ../split.csv}}
tiling: {roi: ../r.geojson}
annotations: {labels: ../masks, boxes: coco.json, classes: classes.txt}
"""
    path.write_text(text, encoding="utf-8")
    recipe = Recipe.load(path)
    assert recipe.media.folder == str(tmp_path / "project" / "images")
    assert recipe.export.folder == str(tmp_path / "project" / "settings" / "tiles")
    assert recipe.tiling.roi == str(tmp_path / "project" / "r.geojson")
    assert recipe.annotations.labels == str(tmp_path / "project" / "masks")
    assert recipe.annotations.boxes == str(tmp_path / "project" / "settings" / "coco.json")
    assert recipe.annotations.classes == str(tmp_path / "project" / "settings" / "classes.txt")
    assert recipe.export.split.table == str(tmp_path / "project" / "split.csv")


@pytest.mark.parametrize("folder", ["2024-01-05", "2024-13-45", "2001-12-14t21:59:43.10-05:00"])
def test_a_folder_called_by_a_date_is_a_text(folder):
    assert Recipe.from_yaml(f"media: {{folder: {folder}}}").media.folder == folder


def test_a_folder_whose_name_is_no_utf8(tmp_path):
    """Python keeps the bytes of such a name as lone surrogates."""
    recipe = Recipe.preset("unet", source=tmp_path / "b\udce9", output=tmp_path / "out")
    assert recipe.changed({"tiling.seed": 5}).media.folder == str(tmp_path / "b\udce9")
    for name in ("r.yaml", "r.json"):
        recipe.save(tmp_path / name)
        assert Recipe.load(tmp_path / name) == recipe


def test_a_recipe_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"recipe .*gone.r\.yaml cannot be written: No such file"):
        Recipe().save(tmp_path / "gone" / "r.yaml")


def test_absolute_folders_stay(tmp_path):
    (tmp_path / "r.yaml").write_text(f"media: {{folder: {tmp_path}/x}}", encoding="utf-8")
    assert Recipe.load(tmp_path / "r.yaml").media.folder == str(tmp_path / "x")


def problems(data) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        Recipe.of(data) if isinstance(data, dict) else Recipe.from_yaml(data)
    return [str(problem) for problem in caught.value.problems]


# field, value, what the message must say besides
WRONG = [
    ("media.folder", 7, "a text"),
    ("media.pattern", "", "not empty"),
    ("media.recursive", "maybe", "true or false"),
    ("media.exclude", 3, "a list of texts"),
    ("media.channel", -1, "a whole number, 0 or more, or a text, or empty"),
    ("media.rgb", 7, "true or false"),
    ("media.z", -1, "'each'"),
    ("media.z", "all", "'each'"),
    ("media.t", 1.5, "'each'"),
    ("media.series", -1, "a whole number, 0 or more"),
    ("calibration.enabled", "perhaps", "true or false"),
    ("calibration.pixel_size_um", 0, "a number of µm above 0, or empty"),
    ("calibration.pixel_size_um", "wide", "number"),
    ("calibration.target_pixel_size_um", -0.3, "a number of µm above 0"),
    ("calibration.target_pixel_size_um", float("nan"), "finite"),
    ("calibration.target_pixel_size_um", float("inf"), "finite"),
    ("calibration.interpolation", "sinc", "'nearest', 'linear', 'cubic' or 'lanczos'"),
    ("calibration.antialias", "x", "true or false"),
    ("normalization.scope", "global", "'none', 'tile', 'image' or 'dataset'"),
    ("normalization.low", "x", "number"),
    ("normalization.high", [1], "number"),
    ("normalization.percentiles", [5], "two numbers from 0 to 100"),
    ("normalization.percentiles", [0, 101], "two numbers from 0 to 100"),
    ("normalization.percentiles", [-1, 100], "two numbers from 0 to 100"),
    ("normalization.dtype", "int8", "'float32', 'uint8' or 'uint16'"),
    ("tiling.size_px", 0, "a whole number of pixels above 0, or two of them, [y, x]"),
    ("tiling.size_px", 51.5, "a whole number"),
    ("tiling.size_px", [512], "two of them, [y, x]"),
    ("tiling.size_px", "big", "a whole number"),
    ("tiling.overlap_px", -1, "a whole number of pixels, 0 or more"),
    ("tiling.edge", "wrap", "'shift', 'spread', 'pad', 'drop' or 'ragged'"),
    ("tiling.small_images", "x", "'pad', 'skip' or 'error'"),
    ("tiling.pad_mode", "wrap", "'constant', 'reflect' or 'edge'"),
    ("tiling.order", "snake", "'rows' or 'edges_last'"),
    ("tiling.sampling", "some", "'grid', 'random' or 'jittered'"),
    ("tiling.count", 0, "a whole number above 0, or empty"),
    ("tiling.images", 0, "a whole number above 0, or empty"),
    ("tiling.seed", -1, "a whole number, 0 or more"),
    ("tiling.max_random_overlap", 1.5, "a number from 0 to 1"),
    ("tiling.min_foreground", 1.2, "a number from 0 to 1"),
    ("tiling.min_foreground", -0.1, "a number from 0 to 1"),
    ("tiling.foreground", "red", "'bright' or 'dark'"),
    ("tiling.roi", [0, 0, 9], "[y0, x0, y1, x1]"),
    ("tiling.roi", [9, 0, 9, 9], "encloses no pixel"),
    ("tiling.roi", " ", "names no file"),
    ("tiling.roi", 5, "GeoJSON file"),
    ("tiling.exclude_tiles", 5, "a list of texts"),
    ("export.format", "gif", "'tif', 'png' or 'jpg'"),
    ("export.layout", "mine", "'flat'"),
    ("export.quality", 0, "a whole number from 1 to 100"),
    ("export.quality", 101, "a whole number from 1 to 100"),
    ("export.compression", "rar", "'none', 'zlib', 'zstd' or 'lzw'"),
]


@pytest.mark.parametrize(("field", "value", "said"), WRONG, ids=str)
def test_a_wrong_value_is_told_with_field_value_and_what_is_allowed(field, value, said):
    section, _, name = field.partition(".")
    found = problems({section: {name: value}})
    assert len(found) == 1  # one sentence a field, whatever the number of types that it may have
    assert found[0].startswith(f"{field}: ")
    assert said in found[0]
    assert any(repr(part) in found[0] for part in [value, *(value if isinstance(value, list) else [])])


LATER = [
    ("export.shard", 100),
    ("export.format", "zarr"),
    ("export.layout", "nnunet"),
]


@pytest.mark.parametrize(("field", "value"), LATER, ids=str)
def test_what_a_later_version_will_know_is_refused_by_name(field, value):
    section, _, name = field.partition(".")
    (problem,) = problems({section: {name: value}})
    assert problem.startswith(f"{field}: {value!r}")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"tiling": {"sise_px": 5}}, ["tiling.sise_px: no such field: did you mean size_px?"]),
        ({"tilling": {"size_px": 5}}, ["tilling: no such field: did you mean tiling?"]),
        ({"media": {"a": 1, "b": 2}}, ["media.a: no such field", "media.b: no such field"]),
    ],
)
def test_unknown_fields(data, expected):
    assert problems(data) == expected


@pytest.mark.parametrize("data", [{"tiling": 5}, {"media": "images"}, {"export": None}, {"export": []}])
def test_a_section_that_is_none_is_named(data):
    ((section, value),) = data.items()
    (problem,) = problems(data)
    assert problem.startswith(f"{section}: {value!r}")


def test_all_problems_are_told_at_once():
    found = problems({"tiling": {"size_px": 0}, "export": {"quality": 500}, "media": {"nonsense": 1}})
    assert [problem.split(":")[0] for problem in found] == ["media.nonsense", "tiling.size_px", "export.quality"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no recipe"),
        ("- 1\n- 2", "holds no recipe"),
        ("just words", "holds no recipe"),
        ("a: [1", "is no YAML"),
        ("a: !!python/object:os.system {}", "is no YAML"),
        ('{"tiling": {"size_px": 0}}', "tiling.size_px: 0: "),
        ("schema: 2", "schema: 2: "),
        ("media: {folder: 7}", "media.folder: 7: "),
    ],
)
def test_texts_that_are_no_recipe(text, said):
    (problem,) = problems(text)
    assert said in problem
    assert "\n" not in problem


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00media"], ids=["missing", "no text"])
def test_files_that_cannot_be_read_are_named(tmp_path, content):
    path = tmp_path / "recipe.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"recipe\.yaml cannot be read"):
        Recipe.load(path)


def test_changed_checks_all_changes_together():
    recipe = Recipe().changed({"tiling.size_px": 64, "tiling.overlap_px": 32})
    assert (recipe.tiling.size_px, recipe.tiling.overlap_px) == (64, 32)
    with pytest.raises(RecipeError, match=r"tiling\.overlap_px: 128 is not below the tile size 64: 0 to 63 px"):
        Recipe().changed({"tiling.size_px": 64})
    with pytest.raises(RecipeError, match=r"'size_px' is no field: write section\.field, a section being media"):
        Recipe().changed({"size_px": 64})
    with pytest.raises(RecipeError, match=r"'tilling\.size_px' is no field: did you mean tiling\?"):
        Recipe().changed({"tilling.size_px": 64})
    with pytest.raises(RecipeError, match=r"tiling\.sise: no such field"):
        Recipe().changed({"tiling.sise": 64})


def test_recipes_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Recipe().tiling.size_px = 5


TYPES = {"float32": ["tif"], "uint16": ["tif", "png"], "uint8": ["tif", "png", "jpg"]}


@pytest.mark.parametrize("fmt", ["tif", "png", "jpg"])
@pytest.mark.parametrize("scope", ["image", "tile", "none"])
@pytest.mark.parametrize("dtype", [*TYPES, None])
def test_formats_hold_the_types_of_the_table(dtype, scope, fmt):
    data = {"normalization": {"dtype": dtype, "scope": scope}, "export": {"format": fmt}}
    meant = dtype or ("float32" if scope != "none" else None)
    if meant is None or fmt in TYPES[meant]:
        Recipe.of(data)
    else:
        (problem,) = problems(data)
        assert problem.startswith(f"export.format: {fmt} cannot hold {meant} tiles: use {' or '.join(TYPES[meant])}")
