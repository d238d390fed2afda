"""A dataset's normalization used again: a source value becomes the same tile value in new images."""

import csv
import json
from collections import ChainMap

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from image_folder import contents, read
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export.events import Finished, TileSkipped, TileWritten
from napari_tiles_creator.engine.export.frozen_normalization import frozen_normalization
from napari_tiles_creator.errors import DatasetError
from split_plans import split_plan

SMALL = {"tiling.size_px": 32, "tiling.overlap_px": 8}
KINDS = {
    "float32": {"normalization.dtype": "float32"},
    "uint8": {"normalization.dtype": "uint8"},
    "uint16": {"normalization.dtype": "uint16", "normalization.low": 10, "normalization.high": 4000},
}
CHANNELS = {"imagej": True, "metadata": {"axes": "CYX"}}


def write(folder, dtype, most, seed=0):
    """Write three grey images with values from 0 to about `most`."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for k in range(3):
        tifffile.imwrite(folder / f"{k}.tif", (rng.random((70, 50 + 9 * k)) * most).astype(dtype).round(1))
    return folder


def recipe_for(images, out, **changes):
    recipe = Recipe.preset("unet", source=images, output=out)
    return recipe.changed(SMALL | {"normalization.scope": "dataset"} | changes)


def export(recipe_or_plan):
    plan = make_plan(recipe_or_plan) if isinstance(recipe_or_plan, Recipe) else recipe_or_plan
    return list(run(plan))[-1]


def rows_of(out):
    with (out / "tiles.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def mapped(images, out, channel=None):
    """Return which tile value each source value became, by all pixels of all tiles; one alone for each."""
    found: dict[float, float] = {}
    for row in rows_of(out):
        y, x, height, width = (int(row[name]) for name in ("y", "x", "height", "width"))
        source, tile = tifffile.imread(images / row["source"]), read(out / row["tile"])
        if channel is not None:
            source, tile = source[channel], tile[channel]
        part = source[y : y + height, x : x + width]
        for before, after in zip(part.ravel().tolist(), tile[:height, :width].ravel().tolist(), strict=True):
            assert found.setdefault(before, after) == after
    return found


def head(out):
    return json.loads((out / "tiles.json").read_text())


@pytest.mark.parametrize("percentiles", [(0, 100), (2, 95)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_new_images_are_mapped_as_the_first(tmp_path, dtype, kind, percentiles):
    old, new = write(tmp_path / "old", dtype, 250), write(tmp_path / "new", dtype, 400, seed=1)
    fields = KINDS[kind] | {"normalization.percentiles": percentiles}
    export(recipe_for(old, tmp_path / "first", **fields))
    frozen = frozen_normalization(tmp_path / "first")
    assert (
        frozen.items()
        >= {"normalization.scope": "dataset", **fields, "normalization.percentiles": [*percentiles]}.items()
    )
    last = export(Recipe.preset("unet", source=new, output=tmp_path / "second").changed(SMALL | frozen))
    assert isinstance(last, Finished)
    assert last.tiles > 9
    before, after = mapped(old, tmp_path / "first"), mapped(new, tmp_path / "second")
    common = before.keys() & after.keys()
    assert len(common) > 200
    assert all(before[value] == after[value] for value in common)
    assert head(tmp_path / "second")["ranges"] == head(tmp_path / "first")["ranges"] == frozen["normalization.ranges"]
    assert {(r["norm_low"], r["norm_high"]) for r in rows_of(tmp_path / "first") + rows_of(tmp_path / "second")} == {
        (rows_of(tmp_path / "first")[0]["norm_low"], rows_of(tmp_path / "first")[0]["norm_high"])
    }
    # Brighter than anything in the first dataset: saturated, clipped, or beyond the bound.
    ((low, high),) = head(tmp_path / "first")["ranges"]
    brightest = max(after)
    assert brightest > 390
    share = (brightest - low) / (high - low)
    most = {"float32": 1, "uint8": 255, "uint16": 4000}[kind]
    if percentiles != (0, 100):
        assert after[brightest] == most
    elif kind == "float32":
        assert after[brightest] == np.float32(share) > 1.5
    elif kind == "uint8":
        assert after[brightest] == 255
    else:  # beyond the bound, as far as the type goes
        assert after[brightest] == round(10 + share * 3990) > 4000


def test_the_range_is_that_of_the_training_split(tmp_path):
    old, new = write(tmp_path / "old", "uint16", 250), write(tmp_path / "new", "uint16", 400, seed=1)
    outlier = tifffile.imread(old / "1.tif")
    outlier[3, 4] = 60_000
    tifffile.imwrite(old / "1.tif", outlier)
    parts = {"0.tif": "train", "1.tif": "val", "2.tif": (0, [("train", 0, 36), ("test", 37, 70)])}
    export(split_plan(recipe_for(old, tmp_path / "first"), parts))
    training = [tifffile.imread(old / "0.tif"), tifffile.imread(old / "2.tif")[:36]]
    expected = [min(part.min() for part in training), max(part.max() for part in training)]
    assert head(tmp_path / "first")["ranges"] == [expected]
    before = mapped(old, tmp_path / "first")
    assert before[60_000] > 200  # validation is mapped by the training range, and goes beyond its bound
    frozen = frozen_normalization(tmp_path / "first")
    export(Recipe.preset("unet", source=new, output=tmp_path / "second").changed(SMALL | frozen))
    after = mapped(new, tmp_path / "second")
    assert len(before.keys() & after.keys()) > 100
    assert all(before[value] == after[value] for value in before.keys() & after.keys())


@pytest.mark.parametrize("per_channel", [True, False])
def test_channels(tmp_path, per_channel):
    rng = np.random.default_rng(0)
    for name, most in (("old", 200), ("new", 300)):
        (tmp_path / name).mkdir()
        image = (rng.random((2, 60, 70)) * [[[most]], [[3 * most]]]).astype(np.uint16)
        tifffile.imwrite(tmp_path / name / "a.tif", image, **CHANNELS)
    fields = {"normalization.per_channel": per_channel}
    export(recipe_for(tmp_path / "old", tmp_path / "first", **fields))
    frozen = frozen_normalization(tmp_path / "first")
    assert len(frozen["normalization.ranges"]) == 1 + per_channel
    export(Recipe.preset("unet", source=tmp_path / "new", output=tmp_path / "second").changed(SMALL | frozen))
    for channel in range(2):
        before = mapped(tmp_path / "old", tmp_path / "first", channel)
        after = mapped(tmp_path / "new", tmp_path / "second", channel)
        assert len(before.keys() & after.keys()) > 150
        assert all(before[value] == after[value] for value in before.keys() & after.keys())


@settings(max_examples=15, deadline=None)
@given(
    stop_after=st.integers(1, 20),
    workers=st.integers(1, 3),
    kind=st.sampled_from(sorted(KINDS)),
    foreground=st.sampled_from([0, 0.3]),
)
def test_it_goes_on_where_it_stopped_and_gives_the_same_bytes(tmp_path_factory, stop_after, workers, kind, foreground):
    tmp_path = tmp_path_factory.mktemp("resumed")
    images = write(tmp_path / "images", "float32", 300)
    fields = {"normalization.ranges": [(12.5, 200)], "tiling.min_foreground": foreground, **KINDS[kind]}
    export(recipe_for(images, tmp_path / "whole", **fields))
    recipe = recipe_for(images, tmp_path / "resumed", **fields)
    written = 0
    events = run(make_plan(recipe), workers=workers)
    for event in events:
        written += isinstance(event, TileWritten)
        if written == stop_after:
            break
    events.close()
    again = list(run(make_plan(recipe), workers=workers))
    assert sum(isinstance(event, TileSkipped) for event in again) >= stop_after
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")
    last = list(run(make_plan(recipe)))[-1]
    assert last.tiles == 0
    assert contents(tmp_path / "resumed") == contents(tmp_path / "whole")


def test_a_frozen_dataset_can_be_used_again(tmp_path):
    images = write(tmp_path / "images", "uint16", 250)
    export(recipe_for(images, tmp_path / "first"))
    frozen = frozen_normalization(tmp_path / "first")
    export(Recipe.preset("unet", source=images, output=tmp_path / "second").changed(SMALL | frozen))
    assert frozen_normalization(tmp_path / "second") == frozen
    assert frozen_normalization(tmp_path / "second" / "tiles.json") == frozen
    first, second = contents(tmp_path / "first"), contents(tmp_path / "second")
    assert ChainMap(first).keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == ["tiles.json"]  # its recipe has the ranges


@pytest.fixture
def dataset(tmp_path):
    """A finished dataset, whose head a test may spoil."""
    export(recipe_for(write(tmp_path / "images", "uint16", 250), tmp_path / "first"))
    return tmp_path / "first"


def spoil(dataset, change):
    content = head(dataset)
    change(content)
    (dataset / "tiles.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(finished=False), "did not come to its end"),
        (lambda c: c.update(ranges=None), "is damaged: it holds no ranges"),
        (lambda c: c.update(ranges=[]), "no range was found in its images"),
        (lambda c: c.update(ranges=[[None, None]]), "no range was found in its images"),
        (lambda c: c.update(ranges=[[3, 2]]), "is damaged: normalization.ranges: 3 to 2"),
        (lambda c: c.update(ranges=[["x", 2]]), "is damaged: normalization.ranges: 'x'"),
        (lambda c: c.update(ranges=[5]), "is damaged: normalization.ranges: 5"),
        (lambda c: c.update(ranges=[[0, float("inf")]]), "is damaged: normalization.ranges: inf"),
        (lambda c: c.update(recipe=[]), "is damaged: its recipe has no normalization"),
        (lambda c: c["recipe"].pop("normalization"), "is damaged: its recipe has no normalization"),
        (lambda c: c["recipe"]["normalization"].update(scope="all"), "is damaged: its normalization.scope is 'all'"),
        (lambda c: c["recipe"]["normalization"].update(dtype="int8"), "is damaged: normalization.dtype: 'int8'"),
        (lambda c: c["recipe"]["normalization"].update(percentiles=[9]), "is damaged: normalization.percentiles"),
        (lambda c: c.update(schema=2), "schema 2 is not known to this version"),
    ],
)
def test_a_head_that_cannot_be_used(dataset, change, said):
    spoil(dataset, change)
    with pytest.raises(DatasetError) as caught:
        frozen_normalization(dataset)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(dataset))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scope", ["none", "tile", "image"])
def test_another_scope_has_nothing_to_use_again(tmp_path, scope):
    images = write(tmp_path / "images", "uint16", 250)
    export(recipe_for(images, tmp_path / "first", **{"normalization.scope": scope}))
    with pytest.raises(DatasetError) as caught:
        frozen_normalization(str(tmp_path / "first"))
    assert f"its normalization.scope is {scope}, so that there is no range to use again" in str(caught.value)
    assert f"--scope {scope} does the same" in str(caught.value)


def test_no_dataset(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    for name, said in {
        "nowhere": "there is no such dataset",
        "nowhere/tiles.json": "there is no such dataset",
        "tiles.json": "no dataset: there is no tiles.json",
        ".": "no dataset: there is no tiles.json",
        "a.csv": "is a file and no dataset",
    }.items():
        with pytest.raises(DatasetError, match=said):
            frozen_normalization(tmp_path / name)
    (tmp_path / "tiles.json").write_text("{")
    with pytest.raises(DatasetError, match=r"tiles\.json is damaged"):
        frozen_normalization(tmp_path)


def test_real_images(real_data, tmp_path):
    """Two bacteria of one microscope: the one's range maps the other."""
    folder = real_data / "fluo16"
    pattern = {"media.pattern": "*cords_thick.tif", "tiling.size_px": 256, "tiling.overlap_px": 0}
    export(recipe_for(folder, tmp_path / "first", **pattern))
    assert head(tmp_path / "first")["ranges"] == [[16, 1488]]
    again = pattern | {"media.pattern": "*cords_thin.tif"} | frozen_normalization(tmp_path / "first")
    export(Recipe.preset("unet", source=folder, output=tmp_path / "second").changed(again))
    before, after = mapped(folder, tmp_path / "first"), mapped(folder, tmp_path / "second")
    assert len(before.keys() & after.keys()) > 300
    assert all(before[value] == after[value] for value in before.keys() & after.keys())
    assert max(after.values()) == np.float32((1077 - 16) / (1488 - 16))
