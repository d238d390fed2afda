"""The flag --normalization-from: images are mapped as those of an earlier dataset, from the command line."""

import csv
import json

import numpy as np
import pytest
import tifffile

from image_folder import contents, make_folder, read
from napari_tiles_creator import Recipe, make_plan

SMALL = ["--size", "128", "--overlap", "0"]


@pytest.fixture
def first(tmp_path, tiles_creator):
    """A dataset with one range of 8 bits a value, and percentiles."""
    images = make_folder(tmp_path / "images", count=5)
    options = ["--scope", "dataset", "--dtype", "uint8", "--set", "normalization.percentiles=[1, 99]"]
    assert tiles_creator("export", images, tmp_path / "first", *SMALL, *options)[0] == 0
    return tmp_path / "first"


@pytest.fixture
def others(tmp_path):
    folder = tmp_path / "others"
    folder.mkdir()
    tifffile.imwrite(folder / "new.tif", np.arange(0, 6000, 6000 / 128**2).astype(np.uint16).reshape(128, 128))
    return folder


def head(dataset):
    return json.loads((dataset / "tiles.json").read_text())


def expected(dataset, source, high=255):
    ((low, top),) = head(dataset)["ranges"]
    return np.rint(np.clip((source - low) / (top - low), 0, 1) * high)


@pytest.mark.parametrize("named", [".", "tiles.json"])
def test_export(first, others, tmp_path, tiles_creator, named):
    arguments = ["export", others, tmp_path / "out", *SMALL, "--normalization-from", first / named]
    code, _, err = tiles_creator(*arguments)
    assert (code, err) == (0, "")
    source = tifffile.imread(others / "new.tif").astype(float)
    tile = read(tmp_path / "out" / "new_000.tif")
    assert tile.dtype == "uint8"
    np.testing.assert_array_equal(tile, expected(first, source))
    assert tile.min() == 0
    assert tile.max() == 255
    assert head(tmp_path / "out")["ranges"] == head(first)["ranges"]
    before = contents(tmp_path / "out")
    code, out, _ = tiles_creator(*arguments)
    assert (code, "0 tiles written" in out) == (0, True)
    assert contents(tmp_path / "out") == before
    assert tiles_creator("verify", tmp_path / "out")[0] == 0


def test_flags_and_settings_come_on_top(first, others, tmp_path, tiles_creator):
    on_top = ["--dtype", "uint16", "--set", "normalization.percentiles=[0, 100]"]
    code, _, _ = tiles_creator("export", others, tmp_path / "out", *SMALL, "--normalization-from", first, *on_top)
    assert code == 0
    found = head(tmp_path / "out")["recipe"]["normalization"]
    assert found["dtype"] == "uint16"
    assert found["percentiles"] == [0, 100]
    assert found["ranges"] == head(first)["ranges"]
    source = tifffile.imread(others / "new.tif").astype(float)
    np.testing.assert_array_equal(read(tmp_path / "out" / "new_000.tif"), expected(first, source, 65535))


def test_another_scope_on_top_is_refused(first, others, tmp_path, tiles_creator):
    code, _, err = tiles_creator("export", others, tmp_path / "out", "--normalization-from", first, "--scope", "image")
    assert code == 2
    assert "normalization.ranges: are for scope dataset, and it is image" in err


def test_it_goes_before_the_preset(first, others, tmp_path, tiles_creator):
    fields = ["--preset", "unet", "--format", "png"]
    code, _, _ = tiles_creator("export", others, tmp_path / "out", *SMALL, *fields, "--normalization-from", first)
    assert code == 0
    source = tifffile.imread(others / "new.tif").astype(float)
    np.testing.assert_array_equal(read(tmp_path / "out" / "new_000.png"), expected(first, source))


def test_plan_and_preview(first, others, tmp_path, tiles_creator):
    code, out, _ = tiles_creator("plan", others, *SMALL, "--normalization-from", first, "--measure", "--json")
    assert code == 0
    assert json.loads(out)["ranges"] == {"new.tif": head(first)["ranges"]}
    picture = tmp_path / "picture.png"
    assert tiles_creator("preview", others, *SMALL, "--normalization-from", first, "--picture", picture)[0] == 0
    assert picture.is_file()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "nowhere: there is no such dataset"),
        ("others", "others: no dataset: there is no tiles.json"),
        ("by_image", "by_image: its normalization.scope is image, so that there is no range to use again"),
        ("unfinished", "unfinished: its export did not come to its end"),
    ],
)
def test_mistakes_are_told_in_one_sentence(first, others, tmp_path, tiles_creator, name, said):
    assert tiles_creator("export", others, tmp_path / "by_image", *SMALL)[0] == 0
    content = head(first) | {"finished": False}
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "tiles.json").write_text(json.dumps(content))
    code, out, err = tiles_creator("export", others, tmp_path / "out", "--normalization-from", tmp_path / name)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("by", ["image", "blocks"])
@pytest.mark.parametrize("scale", [None, "1/2"])
def test_the_range_of_a_split_is_that_of_its_training_part(tmp_path, tiles_creator, by, scale):
    """Everything outside the training part is far brighter. Nearest neighbours: a rescaled plane is plain slicing."""
    images, out = make_folder(tmp_path / "images", count=5), tmp_path / "out"
    options = ["--scope", "dataset", "--size", "32", "--overlap", "8", "--split", f"train=0.6,val=0.4,by={by}"]
    fields = {"tiling.size_px": 32, "tiling.overlap_px": 8, "export.split": {"train": 0.6, "val": 0.4, "by": by}}
    if scale:
        options += ["--scale", scale, "--set", "calibration.interpolation=nearest"]
        rescaled = {"calibration.enabled": True, "calibration.scale": scale, "calibration.interpolation": "nearest"}
        fields |= rescaled  # where bands end depends on it
    training = []
    for image in make_plan(Recipe.preset("unet", source=images).changed(fields)).images:
        source = tifffile.imread(images / image.name)
        rows, columns = ((np.arange(n) + 0.5) * m / n for n, m in zip(image.shape, source.shape, strict=True))
        where = np.ix_(rows.astype(int), columns.astype(int))
        bright = np.full(image.shape, 10_000, np.uint16)
        for box in image.boxes_of("train"):
            training.append(source[where][box.slices].ravel())
            bright[box.slices] = 0
        source[where] += bright
        tifffile.imwrite(images / image.name, source)
    every = np.concatenate(training)
    assert tiles_creator("export", images, out, *options)[0] == 0
    assert head(out)["ranges"] == [[every.min(), every.max()]]
    with (out / "tiles.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(float(row["norm_low"]), float(row["norm_high"])) for row in rows} == {(every.min(), every.max())}
    tiles = {split: [read(out / row["tile"]) for row in rows if row["split"] == split] for split in ("train", "val")}
    assert 0 <= np.min(tiles["train"]) < 0.01
    assert 0.99 < np.max(tiles["train"]) <= 1
    assert np.min(tiles["val"]) > 2


def split_names(images):
    """Return the names of the training images and of the others, of a split that leaves two for validation."""
    shares = {"train": 0.6, "val": 0.4}
    fields = {"normalization.scope": "dataset", "tiling.size_px": 128, "tiling.overlap_px": 0, "export.split": shares}
    plan = make_plan(Recipe.preset("unet", source=images).changed(fields))
    return [[i.name for i in plan.images if i.split == split] for split in ("train", "val")]


@pytest.fixture
def varied(tmp_path):
    """Five images, each darker than the one before, of which only the pixels can be damaged."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k in range(5):
        pixels = rng.integers(100, 5000 - 900 * k, (130, 140), dtype=np.uint16)
        tifffile.imwrite(folder / f"{k}.tif", pixels, compression="zlib", rowsperstrip=130)
    return folder


def damage(path):
    """Spoil the compressed pixels of an image, whose header stays as it is."""
    with tifffile.TiffFile(path) as file:
        start = file.pages[0].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[start : start + 4000] = b"x" * 4000
    path.write_bytes(content)


@pytest.mark.parametrize("workers", [1, 3])
def test_no_training_image_can_be_read(varied, tmp_path, tiles_creator, workers):
    images, out = varied, tmp_path / "out"
    train, _ = split_names(images)
    for name in train:
        damage(images / name)
    options = ["--scope", "dataset", "--split", "train=0.6,val=0.4", "--workers", workers]
    code, _, err = tiles_creator("export", images, out, *SMALL, *options)
    assert code == 2
    assert "error: no image of the training split gives a range for all of them (normalization.scope dataset)" in err
    assert all(name in err for name in train)
    assert not list(out.glob("*.tif"))


@pytest.mark.parametrize("which", ["train", "val"])
def test_one_image_cannot_be_read(varied, tmp_path, tiles_creator, which):
    images, out = varied, tmp_path / "out"
    names = dict(zip(("train", "val"), split_names(images), strict=True))
    bad = names[which][0]
    training = [tifffile.imread(images / name) for name in names["train"] if name != bad]
    damage(images / bad)
    code, _, err = tiles_creator("export", images, out, *SMALL, "--scope", "dataset", "--split", "train=0.6,val=0.4")
    assert code == 1
    assert bad in err
    assert head(out)["ranges"] == [[min(i.min() for i in training), max(i.max() for i in training)]]
    assert [source["path"] for source in head(out)["sources"] if source["failed"]] == [bad]
    assert not list(out.glob(f"{bad.removesuffix('.tif')}_*"))
