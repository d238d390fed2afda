"""The command line as users and programs meet it: output, exit codes, one sentence for every mistake."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile
import yaml

from image_folder import contents, make_folder, read
from napari_tiles_creator import Recipe

SMALL = ["--size", "128", "--overlap", "32"]
WORKERS = ["--workers", "3"]


@pytest.fixture
def images(tmp_path):
    return make_folder(tmp_path / "images")


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_scan_lists_sources_and_problems(images, tmp_path, tiles_creator):
    code, out, err = tiles_creator("scan", images, "--json")
    assert (code, err) == (0, "")
    assert lines(out)[0] == {
        "path": "cell_0.tif",
        "axes": "YX",
        "shape": [300, 420],
        "dtype": "uint16",
        "pixel_size_um": pytest.approx(0.65),
        "pixel_size_from": "ImageJ",
        "problem": None,
    }
    (images / "bad.tif").write_bytes(b"II*\0")
    code, out, err = tiles_creator("scan", images, "--json")
    assert code == 1
    assert [line["path"] for line in lines(out)] == ["bad.tif", "cell_0.tif", "cell_1.tif", "cell_2.tif"]
    assert "bad.tif" in lines(out)[0]["problem"]
    code, out, err = tiles_creator("scan", images)
    assert code == 1
    assert "cell_1.tif" in out
    assert "bad.tif" in err


def test_scan_of_one_file_a_pattern_and_nested_folders(images, tiles_creator):
    make_folder(images / "more", count=1)
    assert len(lines(tiles_creator("scan", images / "cell_1.tif", "--json")[1])) == 1
    assert len(lines(tiles_creator("scan", images, "--pattern", "*_2.tif", "--json")[1])) == 1
    assert [line["path"] for line in lines(tiles_creator("scan", images, "--recursive", "--json")[1])] == [
        "cell_0.tif",
        "cell_1.tif",
        "cell_2.tif",
        "more/cell_0.tif",
    ]


@pytest.mark.parametrize("preset", ["unet", "yolo", "axons", "imgsplit"])
def test_a_printed_recipe_is_that_preset(preset, tmp_path, tiles_creator):
    code, out, _ = tiles_creator("recipe", "--preset", preset)
    assert code == 0
    assert Recipe.from_yaml(out) == Recipe.preset(preset)
    assert yaml.safe_load(out)["schema"] == 1


def test_plan_counts_and_writes_nothing(images, tmp_path, tiles_creator):
    before = contents(tmp_path)
    code, out, _ = tiles_creator("plan", images, tmp_path / "out", *SMALL, "--json")
    assert code == 0
    (plan,) = lines(out)
    # 300, 317 and 334 rows, 420 columns; stride 96
    tiles = (3 * 5) + (3 * 5) + (4 * 5)
    assert (plan["images"], plan["tiles"], plan["bytes"]) == (3, tiles, tiles * 128 * 128 * 4)
    assert plan["warnings"] == []
    covered = 420 * (300 + 317 + 334)
    assert plan["duplicated_percent"] == pytest.approx((tiles * 128 * 128 - covered) / covered * 100)
    assert contents(tmp_path) == before
    code, out, _ = tiles_creator("plan", images, *SMALL)
    assert "50 tiles" in out


def test_plan_measures_on_wish(images, tiles_creator):
    _, out, _ = tiles_creator("plan", images, *SMALL, "--measure", "--json")
    image = tifffile.imread(images / "cell_2.tif")
    assert lines(out)[0]["ranges"]["cell_2.tif"] == [[image.min(), image.max()]]
    _, out, _ = tiles_creator("plan", images, *SMALL, "--measure")
    assert f"{image.min()} to {image.max()}" in out


def test_plan_measures_filters_and_one_range_for_all(images, tiles_creator, tmp_path):
    image = tifffile.imread(images / "cell_0.tif")
    image[:, 200:] = 0
    tifffile.imwrite(images / "cell_0.tif", image)
    fields = ["--set", "tiling.roi=[0, 0, 200, 420]", "--set", "tiling.min_foreground=0.3", "--scope", "dataset"]
    (at_most,) = lines(tiles_creator("plan", images, *SMALL, *fields, "--json")[1])
    (found,) = lines(tiles_creator("plan", images, *SMALL, *fields, "--measure", "--json")[1])
    code, out, _ = tiles_creator("export", images, tmp_path / "out", *SMALL, *fields, "--json")
    events = lines(out)
    assert (code, events[0]["tiles"]) == (0, 50)
    assert found["tiles"] == events[-1]["tiles"] < at_most["tiles"] < 50
    assert found["bytes"] == found["tiles"] * 128 * 128 * 4
    ends = [[0, max(tifffile.imread(path).max() for path in images.iterdir())]]
    assert found["ranges"] == {f"cell_{k}.tif": ends for k in range(3)}
    left = [event for event in events if event["event"] == "tile_left_out"]
    assert events[-1]["left_out"] == len(left) == 50 - found["tiles"]
    assert {event["reason"] for event in left} > {"outside tiling.roi"}
    _, out, _ = tiles_creator("plan", images, *SMALL, *fields)
    assert f"at most {at_most['tiles']} tiles" in out


@pytest.mark.parametrize("scope", ["image", "dataset"])
def test_threads_and_memory_change_no_figure_of_a_plan(images, tiles_creator, scope):
    fields = ["--scope", scope, "--scale", "0.5", "--set", "tiling.min_foreground=0.2", "--measure", "--json"]
    told = {tiles_creator("plan", images, *SMALL, *fields, *more)[1] for more in ((), ("--memory", "1M"), WORKERS)}
    assert len(told) == 1
    assert json.loads(told.pop())["tiles"] > 0


def test_threads_and_memory_change_no_preview(images, tiles_creator, tmp_path):
    pictures = [tmp_path / f"{number}.png" for number in range(2)]
    for path, more in zip(pictures, ([], ["--memory", "1M", *WORKERS]), strict=True):
        fields = ["--set", "tiling.min_foreground=0.2", "--picture", str(path)]
        assert tiles_creator("preview", images, *SMALL, *fields, *more)[0] == 0
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.parametrize("scope", ["image", "dataset"])
def test_plan_that_measures_names_what_cannot_be_read(images, tiles_creator, scope):
    tifffile.imwrite(images / "cell_1.tif", read(images / "cell_1.tif"), compression="zlib", rowsperstrip=16)
    data = bytearray((images / "cell_1.tif").read_bytes())
    data[-20_000:] = b"\xff" * 20_000  # the header is whole, the pixels are not
    (images / "cell_1.tif").write_bytes(data)
    assert tiles_creator("plan", images, *SMALL)[0] == 0
    code, out, err = tiles_creator("plan", images, *SMALL, "--scope", scope, "--measure")
    assert code == 1
    assert "cell_0.tif" in out
    assert "cell_1.tif" not in out
    assert err.startswith("failed: cell_1.tif")


def test_plan_and_preview_take_pattern_and_recursive(images, tiles_creator, tmp_path):
    make_folder(images / "more", count=1)
    for command in ("plan", "export"):
        _, out, _ = tiles_creator(command, images, tmp_path / command, *SMALL, "--pattern", "cell_2*", "--json")
        assert lines(out)[0]["images"] == 1
    (plan,) = lines(tiles_creator("plan", images, *SMALL, "--recursive", "--json")[1])
    assert plan["images"] == 4


def test_an_export_that_leaves_everything_out_says_so(images, tmp_path, tiles_creator):
    fields = ["--set", "tiling.min_foreground=1"]
    code, out, err = tiles_creator("export", images, tmp_path / "out", *SMALL, *fields)
    assert code == 2
    assert "0 tiles written" in out
    assert "every tile was left out by a filter (tiling.min_foreground): the dataset is empty" in err
    code, out, err = tiles_creator("plan", images, *SMALL, *fields, "--measure")
    assert code == 2
    assert "no tile has so much foreground (tiling.min_foreground 1)" in err


@pytest.mark.parametrize(
    ("value", "said"),
    [("nowhere.geojson", "nowhere.geojson cannot be read"), ("[1, 2]", "[y0, x0, y1, x1]"),
     ("[9000, 0, 9001, 5]", "no tile of any image lies in the region")],
)  # fmt: skip
def test_a_wrong_region_is_one_sentence(images, tmp_path, tiles_creator, value, said):
    code, out, err = tiles_creator("export", images, tmp_path / "out", *SMALL, "--set", f"tiling.roi={value}")
    assert (code, out) == (2, "")
    assert "tiling.roi" in err
    assert said in err
    assert not (tmp_path / "out").exists()


def test_export_prints_events_for_programs(images, tmp_path, tiles_creator):
    code, out, err = tiles_creator("export", images, tmp_path / "out", *SMALL, "--json")
    assert (code, err) == (0, "")
    events = lines(out)
    assert events[0] == {"event": "started", "images": 3, "tiles": 50}
    assert {event["event"] for event in events[1:-1]} == {"tile_written"}
    assert set(events[1]) >= {"source", "tile", "index"}
    assert events[-1] == {"event": "finished", "tiles": 50, "skipped": 0, "left_out": 0, "failed": []}
    _, out, _ = tiles_creator("export", images, tmp_path / "out", *SMALL, "--json")
    assert {event["event"] for event in lines(out)[1:-1]} == {"tile_skipped"}


def test_export_tells_people_what_it_did(images, tmp_path, tiles_creator):
    code, out, err = tiles_creator("export", images, tmp_path / "out", *SMALL)
    assert (code, err) == (0, "")
    assert out == f"50 tiles written to {tmp_path / 'out'}\n"
    _, out, _ = tiles_creator("export", images, tmp_path / "out", *SMALL)
    assert out == f"0 tiles written to {tmp_path / 'out'} · 50 there already\n"


def test_export_with_some_and_with_only_failures(images, tmp_path, tiles_creator):
    (images / "bad.tif").write_bytes(b"nothing")
    code, out, err = tiles_creator("export", images, tmp_path / "out", *SMALL)
    assert code == 1
    assert "1 image failed" in out
    assert err.startswith("failed: bad.tif")
    for path in images.glob("cell*"):
        path.write_bytes(b"")
    code, _, err = tiles_creator("export", images, tmp_path / "other", *SMALL)
    assert code == 2
    assert "bad.tif" in err
    assert not (tmp_path / "other").exists()


def test_flags_set_and_recipe_agree(images, tmp_path, tiles_creator):
    flags = ["--size", "100x80", "--overlap", "9x7", "--edge", "spread", "--dtype", "uint16", "--scope", "tile"]
    flags += ["--pixel-size", "0.6", "--target-pixel-size", "0.9", "--format", "png", "--seed", "3", "--layout", "flat"]
    sets = {
        "tiling.size_px": "[100, 80]",
        "tiling.overlap_px": "[9, 7]",
        "tiling.edge": "spread",
        "normalization.dtype": "uint16",
        "normalization.scope": "tile",
        "calibration.enabled": "true",
        "calibration.pixel_size_um": "0.6",
        "calibration.target_pixel_size_um": "0.9",
        "export.format": "png",
        "tiling.seed": "3",
    }
    options = [part for field, value in sets.items() for part in ("--set", f"{field}={value}")]
    Recipe.preset("unet").changed(
        {field: yaml.safe_load(value) for field, value in sets.items()}
        | {"media.folder": str(images), "export.folder": str(tmp_path / "by_recipe")}
    ).save(tmp_path / "recipe.yaml")
    assert tiles_creator("export", images, tmp_path / "by_flags", *flags)[0] == 0
    assert tiles_creator("export", images, tmp_path / "by_set", *options)[0] == 0
    assert tiles_creator("export", "--recipe", tmp_path / "recipe.yaml")[0] == 0
    expected = contents(tmp_path / "by_flags")
    assert len(expected) > 30
    assert contents(tmp_path / "by_set") == expected
    assert contents(tmp_path / "by_recipe") == expected
    tile = read(tmp_path / "by_flags" / "cell_0_000.png")
    assert tile.shape == (100, 80)
    assert tile.max() == 65535


def test_scale_as_a_fraction(images, tmp_path, tiles_creator):
    options = ["--preset", "axons", "--dtype", "null", "--scale", "1/3", "--size", "64", "--format", "tif"]
    code, _, _ = tiles_creator(
        "export", images, tmp_path / "out", *options, "--set", "calibration.interpolation=lanczos"
    )
    assert code == 0
    rows = (tmp_path / "out" / "tiles.csv").read_text().splitlines()
    header = rows[0].split(",")
    first = dict(zip(header, rows[1].split(","), strict=True))
    assert (float(first["scale_y"]), float(first["scale_x"])) == (100 / 300, 140 / 420)
    assert (tmp_path / "out" / "cell_0_tile_0000.tif").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export"], ["SOURCE"]),
        (["export", "IMAGES", "OUT", "--size", "many"], ["--size", "many", "512x256"]),
        (["export", "IMAGES", "OUT", "--size", "0"], ["tiling.size_px", "0"]),
        (["export", "IMAGES", "OUT", "--size", "64", "--overlap", "64"], ["tiling.overlap_px", "64", "0 to 63"]),
        (["export", "IMAGES", "OUT", "--edge", "wrap"], ["tiling.edge", "wrap", "'shift'"]),
        (["export", "IMAGES", "OUT", "--preset", "vnet"], ["vnet", "unet, yolo"]),
        (["export", "IMAGES", "OUT", "--format", "png"], ["export.format", "png", "float32", "tif"]),
        (["export", "IMAGES", "OUT", "--set", "tiling.size=3"], ["tiling.size", "no such field"]),
        (["export", "IMAGES", "OUT", "--set", "tilings.size_px=3"], ["tilings.size_px", "tiling"]),
        (["export", "IMAGES", "OUT", "--set", "tiling.size_px"], ["section.field=value"]),
        (["export", "IMAGES", "OUT", "--set", "tiling.size_px={"], ["tiling.size_px", "'{'"]),
        (["export", "IMAGES", "OUT", "--dtype", "int8"], ["normalization.dtype", "int8", "uint8"]),
        (["export", "IMAGES", "OUT", "--scale", "1/0"], ["calibration.scale", "1/0"]),
        (["export", "IMAGES", "OUT", "--layout", "coca"], ["export.layout", "coca", "flat"]),
        (["export", "IMAGES", "OUT", "--memory", "much"], ["--memory", "much", "2G"]),
        (["plan", "IMAGES", "--memory", "0"], ["--memory", "0", "2G"]),
        (
            ["export", "IMAGES", "OUT", "--scheduler", "tcp://there:8786"],
            ["--scheduler", "tcp://there:8786", "leave it"],
        ),
        (["preview", "IMAGES", "--picture", "a.png", "--scheduler", "x"], ["--scheduler", "x", "leave it"]),
        (["export", "IMAGES", "OUT", "--recipe", "r.yaml", "--preset", "unet"], ["--recipe", "--preset"]),
        (["export", "--recipe", "missing.yaml"], ["missing.yaml", "cannot be read"]),
        (["export", "nowhere", "OUT"], ["nowhere", "no such folder"]),
        (["export", "IMAGES", "IMAGES/tiles"], ["inside the folder of the images"]),
        (["export", "EMPTY", "OUT"], ["no image"]),
        (["scan", "nowhere"], ["nowhere", "no such folder"]),
        (["verify", "IMAGES"], ["no dataset"]),
        (["merge", "IMAGES", "OUT"], ["no dataset"]),
        (["empty", "IMAGES", "--yes"], ["no dataset"]),
        (["preview", "IMAGES", "--picture", "OUT/a.png"], ["cannot write the picture"]),
        (["preview", "IMAGES", "--picture", "a.png", "--image", "dog"], ["dog", "cell_0.tif"]),
        (["cut", "IMAGES"], ["cut"]),
    ],
    ids=lambda value: " ".join(value[:6]) if isinstance(value, list) else None,
)
def test_mistakes_are_one_sentence_and_change_nothing(images, tmp_path, monkeypatch, tiles_creator, arguments, words):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    places = {"IMAGES": "images", "OUT": "out", "EMPTY": "empty"}
    code, out, err = tiles_creator(
        *[places.get(a, a.replace("IMAGES/", "images/").replace("OUT/", "out/")) for a in arguments]
    )
    assert code == 2
    assert out == ""
    for word in words:
        assert word in err
    assert contents(tmp_path) == before


def test_a_value_that_is_no_yaml_is_text(images, tiles_creator):
    """``*`` begins a reference in YAML; in a file pattern it means anything."""
    code, out, _ = tiles_creator("plan", images, *SMALL, "--set", "media.pattern=*_1.tif", "--json")
    assert (code, lines(out)[0]["images"]) == (0, 1)


def test_when_every_source_fails_while_it_is_cut_nothing_is_done(tmp_path, tiles_creator):
    (tmp_path / "images").mkdir()
    image = np.full((300, 300), np.nan, np.float32)
    tifffile.imwrite(tmp_path / "images" / "a.tif", image)
    code, out, err = tiles_creator("export", tmp_path / "images", tmp_path / "out", *SMALL, "--preset", "yolo")
    assert code == 2
    assert "0 tiles written" in out
    assert err.startswith("failed: a.tif")


def test_verify_exit_codes(images, tmp_path, tiles_creator):
    out = tmp_path / "out"
    tiles_creator("export", images, out, *SMALL)
    code, text, _ = tiles_creator("verify", out)
    assert (code, text) == (0, "50 tiles: all as written\n")
    (out / "mine.txt").write_text("x")
    assert tiles_creator("verify", out)[0] == 0
    (out / "cell_0_003.tif").unlink()
    code, text, err = tiles_creator("verify", out)
    assert code == 1
    assert "cell_0_003.tif is missing" in err
    code, text, _ = tiles_creator("verify", out, "--json")
    assert (code, lines(text)[0]["missing"], lines(text)[0]["ok"]) == (1, ["cell_0_003.tif"], False)
    assert lines(text)[0]["extra"] == ["mine.txt"]


def test_empty_asks_or_wants_yes(images, tmp_path, tiles_creator):
    out = tmp_path / "out"
    tiles_creator("export", images, out, *SMALL)
    before = contents(out)
    code, text, err = tiles_creator("empty", out)
    assert code == 2
    assert "52 files" in text
    assert "--yes" in err
    assert contents(out) == before
    assert tiles_creator("empty", out, "--yes")[0] == 0
    assert contents(out) == {}


def test_merge_writes_one_file_an_image(images, tmp_path, tiles_creator):
    tiles_creator("export", images, tmp_path / "out", *SMALL)
    code, text, _ = tiles_creator("merge", tmp_path / "out", tmp_path / "merged", "--denormalize", "--blend", "core")
    assert code == 0
    assert "3 images" in text
    for path in images.iterdir():
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "merged" / path.name), tifffile.imread(path))


def test_pictures_are_drawn(images, tmp_path, tiles_creator):
    code, _, _ = tiles_creator("preview", images, *SMALL, "--image", "cell_1.tif", "--picture", tmp_path / "p.png")
    assert code == 0
    assert read(tmp_path / "p.png").shape[1] >= 600
    (images / "bad.tif").write_bytes(b"")
    code, out, err = tiles_creator("mosaic", images, "--picture", tmp_path / "m.png", "--count", "2", "--seed", "1")
    assert code == 1
    assert "bad.tif" in err
    assert "2 images of 4" in out
    assert read(tmp_path / "m.png").shape[1] > 300


def test_samples_can_be_exported(tmp_path, tiles_creator):
    assert tiles_creator("sample", tmp_path / "samples")[0] == 0
    code, _, _ = tiles_creator("scan", tmp_path / "samples", "--recursive")
    assert code == 0
    code, out, _ = tiles_creator(
        "export", tmp_path / "samples" / "images", tmp_path / "tiles", "--preset", "yolo", "--json"
    )
    assert code == 0
    assert lines(out)[-1]["tiles"] >= 9


def test_a_large_pair_is_written_and_opens(tmp_path, tiles_creator):
    for name, arguments, shape in (("a", ["--size", "900"], [900, 900]), ("b", ["--size", "600x900"], [600, 900])):
        for extension in ("tif", "h5"):
            folder = tmp_path / name / extension
            code, out, err = tiles_creator("sample", folder, "--synthetic", *arguments, "--format", extension)
            assert (code, out, err) == (0, f"2 files in {folder}\n", "")
            code, out, _ = tiles_creator("scan", folder, "--json")
            assert code == 0
            assert [(line["path"], line["shape"], line["dtype"], line["pixel_size_um"]) for line in lines(out)] == [
                (f"{stem}.{extension}", shape, "uint8", 0.5) for stem in ("body", "dye")
            ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "900"], "--size: for the large pair alone; add --synthetic"),
        (["--format", "h5", "--case", "negative"], "--format, --case: for the large pair alone"),
        (["--synthetic", "--size", "63"], "error: a pair of 63 × 63 px cannot be made: each side is from 64"),
        (["--synthetic", "--size", "big"], "write pixels"),
        (["--synthetic", "--format", "png"], "'png' is not one of"),
    ],
)
def test_what_no_pair_can_be(tmp_path, tiles_creator, arguments, words):
    code, _, err = tiles_creator("sample", tmp_path / "pair", *arguments)
    assert code == 2
    assert words in err
    assert not (tmp_path / "pair").exists()


def test_the_installed_command_starts_without_napari_and_qt(tmp_path):
    code = "import sys; sys.modules.update(dict.fromkeys(['napari', 'qtpy', 'PyQt6', 'PySide6', 'torch'])); "
    code += "from napari_tiles_creator.cli import main; main(['--version'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("tiles-creator, version ")


def test_pictures_replace_pictures_only(images, tmp_path, tiles_creator):
    picture = tmp_path / "p.png"
    for _ in range(2):  # our own picture may be replaced
        assert tiles_creator("preview", images, *SMALL, "--picture", picture)[0] == 0
    assert read(picture).ndim == 3
    for name, words in (("cell_0.tif", "ends in .png"), ("mine.png", "no picture of this program")):
        target = images / name
        if not target.exists():
            target.write_bytes(b"mine")
        before = target.read_bytes()
        code, _, err = tiles_creator("mosaic", images, "--pattern", "cell*", "--picture", target)
        assert code == 2
        assert words in err
        assert target.read_bytes() == before


def test_a_mistaken_unit_is_told_at_once(images, tiles_creator):
    code, _, err = tiles_creator("plan", images, "--target-pixel-size", "1e-9", "--json")
    assert code == 2
    code, _, err = tiles_creator("plan", images, "--target-pixel-size", "1e-9")
    assert code == 2
    assert "cell_0.tif: rescaling makes 195000000000" in err
    assert "check the pixel sizes" in err


def test_output_that_is_full_or_knows_no_such_letters(images, tmp_path):
    command = [sys.executable, "-m", "napari_tiles_creator.cli", "plan", str(images), *SMALL]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 0
    assert b"3 images ? 50 tiles" in done.stdout
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.fixture
def pair(tmp_path):
    """Return a body of 40 x 60 px in a plane of 100 x 100, and a signal over a quarter of it and more."""
    body, signal = np.zeros((2, 100, 100), np.uint8)
    body[:40, :60] = 255
    signal[:20, 30:] = 1
    tifffile.imwrite(tmp_path / "body.tif", body, tile=(16, 16), compression="zlib")
    tifffile.imwrite(tmp_path / "dye.tif", signal, rowsperstrip=7)
    return tmp_path / "body.tif", tmp_path / "dye.tif"


def test_coverage_as_one_line_a_sentence_a_table_and_a_picture(pair, tmp_path, tiles_creator):
    code, out, err = tiles_creator("coverage", *pair, "--json")
    assert (code, err) == (0, "")
    result = {"coverage": 0.25, "positive": True, "body_px": 2400, "signal_px": 1400, "inside_px": 600}
    assert lines(out) == [result]
    code, out, _ = tiles_creator("coverage", *pair, "--invert-signal", "--threshold", "0.8", "--json")
    assert lines(out) == [result | {"coverage": 0.75, "positive": False, "signal_px": 8600, "inside_px": 1800}]
    files = "--tiles", tmp_path / "t.csv", "--picture", tmp_path / "p.png", "--size", "50x60"
    for _ in range(2):  # our own files may be replaced
        code, out, err = tiles_creator("coverage", *pair, *files, "--threshold", "0.25")
        assert (code, err) == (0, "")
    assert "the signal covers 25.0 % of the body: positive (threshold 25 %)" in out
    assert "2 400" in out
    rows = (tmp_path / "t.csv").read_text().splitlines()
    assert rows[1] == "0,0,0,0,50,60,2400,600,600,0.25,true"
    assert rows[2] == "0,1,0,60,50,40,0,800,0,,"
    assert len(rows) == 5
    assert read(tmp_path / "p.png").shape[2] == 3


def test_coverage_without_a_body(pair, tiles_creator):
    code, out, _ = tiles_creator("coverage", pair[0], pair[1], "--invert-body", "--json")
    assert lines(out)[0]["body_px"] == 7600
    tifffile.imwrite(pair[0], np.zeros((100, 100), np.uint8))
    code, out, _ = tiles_creator("coverage", *pair, "--json")
    assert code == 0
    assert lines(out) == [{"coverage": None, "positive": None, "body_px": 0, "signal_px": 1400, "inside_px": 0}]
    code, out, _ = tiles_creator("coverage", *pair)
    assert code == 0
    assert "there is no body" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.tif", "dye.tif"], "none.tif: no such folder or file"),
        (["body.tif", "small.tif"], "body.tif is 100 × 100 px and small.tif 5 × 6 px"),
        (["body.tif", "dye.tif", "--threshold", "10"], "a share from 0 to 1"),
        (["body.tif", "dye.tif", "--threshold", "nan"], "a share from 0 to 1"),
        (["body.tif", "dye.tif", "--size", "0"], "at least 1 pixel"),
        (["body.tif", "dye.tif", "--tiles", "body.tif"], "ends in .csv"),
        (["body.tif", "dye.tif", "--tiles", "mine.csv"], "no table of this program"),
        (["body.tif", "dye.tif", "--picture", "mine.png"], "no picture of this program"),
        (["body.tif", "dye.tif", "--picture", "none/p.png"], "no folder none"),
        (["body.tif", "dye.tif", "--body-plane", "z=one"], "write z=3"),
        (["body.tif", "dye.tif", "--body-plane", "channel=2"], "holds one plane"),
        (["body.tif", "broken.tif"], "broken.tif"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_coverage_tells_mistakes_in_a_sentence(pair, tmp_path, monkeypatch, tiles_creator, arguments, words):
    tifffile.imwrite(tmp_path / "small.tif", np.ones((5, 6), np.uint8))
    for name in ("mine.csv", "mine.png"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "broken.tif").write_bytes(pair[1].read_bytes()[:5000])
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    code, out, err = tiles_creator("coverage", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert contents(tmp_path) == before


def test_convert_tells_what_it_wrote(pair, tmp_path, tiles_creator):
    code, out, err = tiles_creator("convert", pair[0], tmp_path / "out.ome.tif", "--labels", "--json")
    assert (code, err) == (0, "")
    (line,) = lines(out)
    assert line == {
        "path": str(tmp_path / "out.ome.tif"),
        "format": "tif",
        "axes": "YX",
        "shape": [100, 100],
        "dtype": "uint8",
        "pixel_size_um": None,
        "levels": [[100, 100]],
        "bytes": (tmp_path / "out.ome.tif").stat().st_size,
    }
    assert np.array_equal(read(tmp_path / "out.ome.tif"), read(pair[0]))
    for name in ("out.zarr", "out.rle"):
        code, out, err = tiles_creator("convert", pair[0], tmp_path / name)
        assert (code, err) == (0, "")
        assert f"{name}: YX, 100 × 100 px, uint8 · 1 level" in out
        # What is converted gives the same figures.
        _, out, _ = tiles_creator("coverage", tmp_path / name, pair[1], "--json")
        assert lines(out)[0]["inside_px"] == 600
    code, out, err = tiles_creator("convert", pair[0], tmp_path / "out.zarr")
    assert (code, out) == (2, "")
    assert "out.zarr is there already and is never overwritten" in err


def test_commands_are_listed_in_the_order_of_a_days_work(tiles_creator):
    _, out, _ = tiles_creator("--help")
    names = [
        line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.startswith("  ") and line[2:3] > " "
    ]
    assert names[: names.index("convert")] == [
        "sample", "scan", "mosaic", "recipe", "plan", "preview", "export", "verify", "predict", "merge",
        "segment", "empty",
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["scan", "plan"])
def test_a_pattern_of_channels_that_fits_no_file_is_told(images, tiles_creator, command):
    code, out, err = tiles_creator(command, images, "--channels-from", "none_{channel}.tif")
    assert (code, out) == (2, "")
    assert err == f"error: {images}: no file fits 'none_{{channel}}.tif' (media.channels_from)\n"
    assert "no file fits" not in tiles_creator(command, images, "--channels-from", "cell_{channel}.tif")[2]


def test_a_mapping_that_is_no_yaml_is_told_with_its_reason(images, tiles_creator):
    code, out, err = tiles_creator("plan", images, "--set", 'export.split={train: 1, group: "m\\d+"}')
    assert (code, out) == (2, "")
    assert "no YAML: found unknown escape character 'd'; texts with a backslash stand in single quotes" in err
