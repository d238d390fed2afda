"""Exports with filters and with one range for all: exact, told tile by tile, the same bytes however they are made."""

import csv
import json
import math
import random
import shutil
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import tifffile
from skimage.filters import threshold_otsu

from image_folder import contents, expected_tiles, read
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.export.cut_job import too_little
from napari_tiles_creator.engine.export.events import Finished, ItemFailed, Started, TileLeftOut, TileSkipped
from napari_tiles_creator.engine.pixels import source_blocks
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.sources import registry

RNG = np.random.default_rng(5)
TRIANGLE = {"type": "Polygon", "coordinates": [[[0, 0], [200, 0], [0, 260]]]}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Three images of different range, each with an empty corner."""
    folder = tmp_path_factory.mktemp("images")
    for k in range(3):
        image = RNG.integers(200 * k, 1000 * (k + 1), (260 + 9 * k, 300)).astype(np.uint16)
        image[100:, 120:] = 200 * k
        tifffile.imwrite(folder / f"i{k}.tif", image)
    return folder


def recipe_for(images, output, **fields):
    small = {"tiling.size_px": 48, "tiling.overlap_px": 12}
    return Recipe.preset("unet", source=images, output=output).changed(small | fields)


def export(images, output, fields, **options):
    return list(run(make_plan(recipe_for(images, output, **fields)), **options))


def rows_of(folder):
    with (folder / "tiles.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


FILTERS = {
    "roi": {"tiling.roi": TRIANGLE},
    "foreground": {"tiling.min_foreground": 0.3},
    "all": {"tiling.roi": TRIANGLE, "tiling.min_foreground": 0.4, "tiling.exclude_tiles": ["i0_001", "i2_000"]},
    "dataset": {"normalization.scope": "dataset", "normalization.percentiles": (1, 99), "tiling.min_foreground": 0.3},
    "calibrated": {"calibration.enabled": True, "calibration.scale": 0.8, "normalization.scope": "dataset",
                   "normalization.percentiles": (2, 98), "tiling.roi": TRIANGLE, "tiling.min_foreground": 0.2},
}  # fmt: skip


@pytest.mark.parametrize("fields", FILTERS.values(), ids=FILTERS)
def test_what_is_left_out_is_told_and_every_tile_is_counted(images, tmp_path, fields):
    events = export(images, tmp_path / "out", fields)
    plan = make_plan(recipe_for(images, tmp_path / "out", **fields))
    assert events[0] == Started(3, sum(len(image) for image in plan.images))
    last = events[-1]
    assert last.tiles + last.skipped + last.left_out == events[0].tiles
    assert 0 < last.tiles <= len(plan)
    assert last.left_out > 0
    told = {(event.source, event.index): event.reason for event in events if isinstance(event, TileLeftOut)}
    written = {(row["source"], int(row["index"])) for row in rows_of(tmp_path / "out")}
    assert not written & told.keys()
    for image in plan.images:
        for planned in image:
            reason = told.get((image.name, planned.index))
            if image.left_out(planned.index):
                assert reason == image.left_out(planned.index)
            elif reason:
                assert "% foreground, tiling.min_foreground is" in reason
            else:
                assert (image.name, planned.index) in written
    again = export(images, tmp_path / "out", fields)
    assert again[-1] == Finished(tiles=0, skipped=last.tiles, left_out=last.left_out, failed=())


def test_too_little_foreground_by_plain_numpy(images, tmp_path):
    events = export(images, tmp_path / "out", {"tiling.min_foreground": 0.35})
    reasons = {(event.source, event.index): event.reason for event in events if isinstance(event, TileLeftOut)}
    for image in make_plan(recipe_for(images, tmp_path / "out")).images:
        pixels = tifffile.imread(images / image.name)
        mask = pixels > threshold_otsu(pixels)
        for planned in image:
            share = mask[planned.tile.box.slices].mean()
            reason = reasons.pop((image.name, planned.index), None)
            assert (reason is None) == (share >= 0.35)
            assert (tmp_path / "out" / f"{planned.name}.tif").exists() == (reason is None)
            if reason:
                percent = math.floor(share * 1000) / 10
                assert reason == f"{percent:g} % foreground, tiling.min_foreground is 0.35"
    assert not reasons
    assert too_little(0.29999, 0.3) == "29.9 % foreground, tiling.min_foreground is 0.3"


@pytest.mark.parametrize("name", ["all", "dataset", "calibrated"])
def test_same_bytes_whatever_the_workers_and_the_memory(images, tmp_path, name):
    for out, options in (("one", {"workers": 1}), ("four", {"workers": 4}), ("little", {"memory_bytes": 1})):
        export(images, tmp_path / out, FILTERS[name], **options)
    assert contents(tmp_path / "one") == contents(tmp_path / "four") == contents(tmp_path / "little")


@pytest.mark.parametrize("name", ["all", "dataset"])
@pytest.mark.parametrize("stop_after", [1, 3, 40, 90])
def test_after_an_interruption_it_ends_identical(images, tmp_path, name, stop_after):
    export(images, tmp_path / "whole", FILTERS[name])
    events = run(make_plan(recipe_for(images, tmp_path / "out", **FILTERS[name])), workers=3)
    for _ in range(stop_after):
        next(events)
    events.close()
    assert isinstance(export(images, tmp_path / "out", FILTERS[name])[-1], Finished)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


KILLED = """
import json, sys
from napari_tiles_creator import Recipe, make_plan, run
for event in run(make_plan(Recipe.of(json.loads(sys.argv[1]))), workers=2):
    print(event.to_dict()["event"], flush=True)
"""


def test_killed_at_random_moments_it_ends_identical(images, tmp_path):
    fields, rng = FILTERS["dataset"], random.Random(0)
    events = export(images, tmp_path / "whole", fields)
    for trial in range(5):
        out = tmp_path / f"out_{trial}"
        recipe = json.dumps(recipe_for(images, out, **fields).to_dict())
        process = subprocess.Popen([sys.executable, "-c", KILLED, recipe], stdout=subprocess.PIPE, text=True)
        for _ in range(rng.randint(1, len(events) - 1)):
            process.stdout.readline()
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()
        export(images, out, fields)
        assert contents(out) == contents(tmp_path / "whole")


def test_one_range_over_all_images(images, tmp_path):
    every = np.concatenate([tifffile.imread(path).ravel() for path in sorted(images.iterdir())]).astype(float)
    fields = {"normalization.scope": "dataset"}
    export(images, tmp_path / "out", fields)
    head = json.loads((tmp_path / "out" / "tiles.json").read_text())
    assert head["ranges"] == [[every.min(), every.max()]]
    for path in sorted(images.iterdir()):
        scaled = (tifffile.imread(path) - every.min()) / (every.max() - every.min())
        tiles = expected_tiles(tifffile.imread(path), 48, 12, scaled.min(), scaled.max(), "float32")
        written = sorted((tmp_path / "out").glob(f"{path.stem}_*.tif"))
        assert len(written) == len(tiles)
        for found, tile in zip(written, tiles, strict=True):
            np.testing.assert_allclose(read(found), tile, atol=1e-6)
    assert {(float(row["norm_low"]), float(row["norm_high"])) for row in rows_of(tmp_path / "out")} == {
        (every.min(), every.max())
    }
    export(images, tmp_path / "image", {})
    assert json.loads((tmp_path / "image" / "tiles.json").read_text())["ranges"] is None


def test_merging_maps_one_range_back(images, tmp_path):
    export(images, tmp_path / "out", {"normalization.scope": "dataset"})
    merge(tmp_path / "out", tmp_path / "merged", denormalize=True)
    for path in sorted(images.iterdir()):
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "merged" / path.name), tifffile.imread(path))


def test_a_source_that_fails_while_it_is_measured_is_left_out_of_the_range(images, tmp_path):
    folder = shutil.copytree(images, tmp_path / "images")
    fields = {"normalization.scope": "dataset", "normalization.percentiles": (1, 99)}
    plan = make_plan(recipe_for(folder, tmp_path / "out", **fields))
    data = (folder / "i2.tif").read_bytes()
    (folder / "i2.tif").write_bytes(data[: len(data) // 2])
    events = list(run(plan))
    (failed,) = [event for event in events if isinstance(event, ItemFailed)]
    assert failed.source == "i2.tif"
    assert [failure["source"] for failure in events[-1].failed] == ["i2.tif"]
    assert not list((tmp_path / "out").glob("i2_*"))
    two = np.concatenate([tifffile.imread(images / f"i{k}.tif").ravel() for k in range(2)]).astype(float)
    assert json.loads((tmp_path / "out" / "tiles.json").read_text())["ranges"] == [list(np.percentile(two, (1, 99)))]
    # Mended, it changes the range: what was cut by the old one is cut again.
    (folder / "i2.tif").write_bytes(data)
    last = list(run(plan))[-1]
    assert (last.skipped, last.failed) == (0, ())
    export(images, tmp_path / "whole", fields)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_finished_export_measures_nothing_again(images, tmp_path, monkeypatch):
    plan = make_plan(recipe_for(images, tmp_path / "out", **{"normalization.scope": "dataset"}))
    list(run(plan))
    before = contents(tmp_path / "out")
    monkeypatch.setattr(registry, "reopen", pytest.fail)  # whoever reads a pixel now fails
    monkeypatch.setattr(source_blocks, "reopen", pytest.fail)
    events = list(run(plan))
    assert {type(event) for event in events[1:-1]} == {TileSkipped}
    assert contents(tmp_path / "out") == before


def test_a_region_from_a_file_leaves_no_path_in_the_dataset(images, tmp_path):
    (tmp_path / "r.geojson").write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": TRIANGLE}))
    export(images, tmp_path / "file", {"tiling.roi": str(tmp_path / "r.geojson")})
    export(images, tmp_path / "inline", {"tiling.roi": TRIANGLE})
    assert contents(tmp_path / "file") == contents(tmp_path / "inline")
    assert "r.geojson" not in (tmp_path / "file" / "tiles.json").read_text()
    # Either goes on where the other stopped.
    assert export(images, tmp_path / "file", {"tiling.roi": TRIANGLE})[-1].tiles == 0


def test_everything_may_be_left_out(images, tmp_path):
    events = export(images, tmp_path / "out", {"tiling.min_foreground": 1.0})
    assert (events[-1].tiles, events[-1].left_out) == (0, events[0].tiles)
    assert rows_of(tmp_path / "out") == []
    with pytest.raises(PlanError, match=r"tiling\.roi"):
        export(images, tmp_path / "other", {"tiling.roi": [900, 900, 950, 950]})
    assert not (tmp_path / "other").exists()


def test_each_block_is_decoded_once_a_pass(images, tmp_path, monkeypatch):
    """Range and foreground of floats need two passes, and cutting a third; each reads every row of the file once."""
    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", RNG.normal(0, 1, (400, 300)).astype(np.float32), rowsperstrip=8)
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 300 * 40)
    decoded = Counter()

    def decode(self, plane, block, _real=source_blocks.SourceBlocks._decoded):
        decoded[block] += 1
        return _real(self, plane, block)

    monkeypatch.setattr(source_blocks.SourceBlocks, "_decoded", decode)
    fields = {"normalization.percentiles": (1, 99), "tiling.min_foreground": 0.3}
    export(folder, tmp_path / "out", fields, workers=1, memory_bytes=300 * 300 * 4)  # not the whole image
    assert set(decoded.values()) == {3}
