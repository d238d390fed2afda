"""The command segment as users and programs meet it, beside the steps that it stands for."""

import json

import numpy as np
import pytest
import scipy.ndimage as ndi
import tifffile

MODEL = '''
import numpy as np, scipy.ndimage as ndi

def sharp(tile):
    """A probability for which a pixel's neighbourhood matters, so that tiles differ near their borders."""
    return 1 / (1 + np.exp(-12 * (ndi.gaussian_filter(tile, 3, mode="constant") - 0.45)))

def objects(tile):
    return ndi.label(tile > 0.6)[0].astype(np.int32)

def broken(tile):
    raise ValueError("no weights")
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with images of two sizes and a model, which is where the user stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    for name, shape in (("a", (210, 330)), ("b", (150, 128))):
        values = ndi.gaussian_filter(rng.random(shape), 5)
        values = (values - values.min()) / (values.max() - values.min()) * 3000 + 200
        size = {"resolution": (2, 2), "metadata": {"unit": "um"}}
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", values.astype(np.uint16), imagej=True, **size)
    (tmp_path / "my_model.py").write_text(MODEL)
    return tmp_path


SMALL = ["--size", "128x96", "--overlap", "32"]


def test_it_is_export_predict_and_merge(project, tiles_creator):
    recipe = [*SMALL, "--target-pixel-size", "0.4"]
    model = ["--model", "my_model.py:sharp", "--allow-code"]
    code, out, err = tiles_creator("segment", "images", "out", *model, *recipe, "--probabilities", "--blend", "hann")
    assert (code, err) == (0, "")
    assert "2 images segmented into out" in out
    assert tiles_creator("export", "images", "tiles", *recipe)[0] == 0
    predict = [*model, "--output", "predicted", "--probabilities", "--annotations", "none"]
    assert tiles_creator("predict", "tiles", *predict)[0] == 0
    assert tiles_creator("merge", "tiles", "merged", "--tiles", "predicted/probabilities", "--blend", "hann")[0] == 0
    for name in ("a", "b"):
        with tifffile.TiffFile(project / "out" / f"{name}.tif") as file:
            mask = file.asarray()
            assert file.pages[0].tags["XResolution"].value[0] / file.pages[0].tags["XResolution"].value[1] == (
                pytest.approx(1e4 / 0.4, rel=0.01)
            )
        probability = tifffile.imread(project / "out" / f"{name}_probability.tif")
        merged = tifffile.imread(project / "merged" / f"{name}.tif")
        np.testing.assert_allclose(probability, merged, atol=1e-6)
        np.testing.assert_array_equal(mask, np.where(probability > 0.5, 255, 0))
        assert 0.02 < (mask > 0).mean() < 0.98


def test_new_images_are_treated_like_those_of_the_training(project, tiles_creator):
    """Darker images keep their place in the range of the dataset, and its tile size is taken."""
    training = [*SMALL, "--scope", "dataset", "--dtype", "uint8", "--split", "train=0.5,val=0.5"]
    assert tiles_creator("export", "images", "tiles", *training)[0] == 0
    pixels = tifffile.imread(project / "images" / "a.tif")
    (project / "new").mkdir()
    tifffile.imwrite(project / "new" / "dark.tif", pixels // 2)
    model = ["--model", "my_model.py:level", "--allow-code", "--probabilities"]
    (project / "my_model.py").write_text(
        "def level(tile):\n    assert tile.shape == (128, 96)\n    return tile / 255\n"
    )
    code, _, err = tiles_creator("segment", "new", "out", "--like", "tiles", *model)
    assert (code, err) == (0, "")
    head = json.loads((project / "tiles" / "tiles.json").read_text())
    ((low, high),) = head["ranges"]
    expected = np.rint(np.clip((pixels // 2 - low) / (high - low), 0, 1) * 255) / 255
    np.testing.assert_allclose(tifffile.imread(project / "out" / "dark_probability.tif"), expected, atol=1e-6)
    assert tiles_creator("segment", "new", "out2", "--like", "tiles", "--size", "64", *model)[0] == 2  # it asserts


def test_objects(project, tiles_creator):
    model = ["--model", "my_model.py:objects", "--allow-code"]
    code, out, _ = tiles_creator("segment", "images/a.tif", "out", *SMALL, *model, "--json")
    assert code == 0
    (line,) = [json.loads(line) for line in out.splitlines()]
    labels = tifffile.imread(project / "out" / "a.tif")
    assert line == {
        "source": "a.tif",
        "kind": "labels",
        "axes": "YX",
        "shape": [210, 330],
        "dtype": "uint16",
        "files": [str(project.joinpath("out", "a.tif").relative_to(project))],
        "objects": labels.max(),
        "share": pytest.approx((labels > 0).mean()),
    }
    code, _, _ = tiles_creator("segment", "images", "large", *SMALL, *model, "--min-area", "300", "--format", "zarr")
    assert code == 0
    assert (project / "large" / "a.zarr").is_dir()


def test_words_for_what_goes_wrong(project, tiles_creator):
    run = ["segment", "images", "out", *SMALL]
    code, _, err = tiles_creator(*run, "--model", "my_model.py:sharp")
    assert code == 2
    assert "--allow-code" in err
    code, _, err = tiles_creator(*run, "--model", "otsu", "--set", "tiling.sampling=random", "--set", "tiling.count=3")
    assert code == 2
    assert "such tiles do not cover an image" in err
    for wrong in (["--class", "one"], ["--threshold", "2"], ["--blend", "glue"], ["--format", "bmp"], ["--at", "x"]):
        code, _, err = tiles_creator(*run, "--model", "otsu", *wrong)
        assert (code, len(err.strip().splitlines()[-1]) > 20) == (2, True)
        assert wrong[1] in err
    code, _, err = tiles_creator(*run, "--model", "my_model.py:broken", "--allow-code")
    assert code == 2
    assert "failed: a.tif: my_model.py:broken failed: ValueError: no weights" in err
    assert not (project / "out").exists() or not list((project / "out").iterdir())
    code, _, err = tiles_creator(*run, "--model", "otsu", "--set", "tiling.min_foreground=0.3")
    assert code == 0
    assert "tiling.min_foreground is left aside" in err
    code, _, err = tiles_creator(*run, "--model", "otsu")
    assert code == 2
    assert "is there already and is never overwritten" in err


def test_a_dataset_of_random_tiles_tells_how_images_are_treated(project, tiles_creator):
    random = ["--set", "tiling.sampling=random", "--set", "tiling.count=3"]
    assert tiles_creator("export", "images", "tiles", *SMALL, *random)[0] == 0
    run = ["segment", "images", "out", "--like", "tiles", "--model", "otsu"]
    code, _, err = tiles_creator(*run)
    assert code == 0
    assert "warning: tiles of tiles lie at random (tiling.sampling random): images are cut in a grid" in err
    for name, value in (("--preset", "unet"), ("--recipe", "recipe.yaml")):
        code, _, err = tiles_creator(*run, name, value)
        assert code == 2
        assert f"give --like or {name}, not both" in err


def test_a_stopped_run_is_gone_on_with(project, tiles_creator):
    run = ["segment", "images", "out", *SMALL, "--model", "otsu"]
    assert tiles_creator(*run)[0] == 0
    (project / "out" / "b.tif").unlink()
    code, out, _ = tiles_creator(*run, "--skip-existing")
    assert (code, out.splitlines()[-1]) == (0, "1 image segmented into out · 1 there already")
    code, out, _ = tiles_creator(*run, "--skip-existing", "--json")
    assert (code, [json.loads(line) for line in out.splitlines()]) == (
        0,
        [{"source": "a.tif", "skipped": True}, {"source": "b.tif", "skipped": True}],
    )


def test_some_fail(project, tiles_creator):
    (project / "images" / "c.tif").write_bytes((project / "images" / "a.tif").read_bytes()[:40_000])
    code, out, err = tiles_creator("segment", "images", "out", *SMALL, "--model", "otsu", "--json")
    assert code == 1
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["source"] for line in lines] == ["a.tif", "b.tif", "c.tif"]
    assert "c.tif" in err
    assert lines[2]["failed"] in err
