"""Whole exports: exact tiles, the same bytes however they are made, resumed after any interruption."""

import csv
import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from skimage.transform import resize

from image_folder import contents, expected_tiles, make_folder, read
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export import writer
from napari_tiles_creator.engine.export.events import (
    Finished,
    ItemFailed,
    Started,
    TileLeftOut,
    TileSkipped,
    TileWritten,
)
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.errors import ExportError, PlanError
from peak_memory import PEAK

SMALL = {"tiling.size_px": 128, "tiling.overlap_px": 32}


@pytest.fixture
def images(tmp_path):
    return make_folder(tmp_path / "images")


def recipe_for(images, output, preset="unet", **changes):
    return Recipe.preset(preset, source=images, output=output).changed(SMALL | changes)


def export(images, output, preset="unet", changes=None, **options):
    """Run a whole export and return its events."""
    return list(run(make_plan(recipe_for(images, output, preset, **(changes or {}))), **options))


def rows_of(folder):
    with (folder / "tiles.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("preset", "suffix", "bounds", "dtype"), [("unet", "tif", (0, 1), "float32"), ("yolo", "png", (0, 255), "uint8")]
)
def test_tiles_are_those_of_plain_numpy(images, tmp_path, preset, suffix, bounds, dtype):
    export(images, tmp_path / "out", preset)
    for path in sorted(images.iterdir()):
        expected = expected_tiles(tifffile.imread(path), 128, 32, *bounds, dtype)
        written = sorted((tmp_path / "out").glob(f"{path.stem}_*.{suffix}"))
        assert [p.name for p in written] == [f"{path.stem}_{i:03d}.{suffix}" for i in range(len(expected))]
        for found, tile in zip(written, expected, strict=True):
            np.testing.assert_array_equal(read(found), tile)
            assert read(found).dtype == dtype


@pytest.mark.parametrize(("preset", "bounds", "dtype"), [("unet", (0, 1), "float32"), ("yolo", (0, 255), "uint8")])
def test_calibrated_tiles_are_those_of_the_rescaled_image(images, tmp_path, preset, bounds, dtype):
    changes = {"calibration.enabled": True, "calibration.pixel_size_um": 0.5}
    export(images, tmp_path / "out", preset, changes)
    path = images / "cell_1.tif"
    image = tifffile.imread(path)
    shape = [round(0.5 / 0.325 * n) for n in image.shape]
    rescaled = resize(image, shape, order=3, mode="reflect", preserve_range=True, anti_aliasing=False)
    expected = expected_tiles(rescaled, 128, 32, *bounds, dtype)
    written = sorted((tmp_path / "out").glob("cell_1_*"))
    assert len(written) == len(expected) > 20
    for found, tile in zip(written, expected, strict=True):
        if dtype == "uint8":
            np.testing.assert_array_equal(read(found), tile)
        else:
            np.testing.assert_allclose(read(found), tile, atol=1e-6)


def test_events_tell_what_is_written(images, tmp_path):
    events = export(images, tmp_path / "out")
    assert isinstance(events[0], Started)
    written = [event for event in events if isinstance(event, TileWritten)]
    assert events[0] == Started(images=3, tiles=len(written))
    for event in written:
        assert (tmp_path / "out" / event.tile).stat().st_size == event.bytes
    last = events[-1]
    assert last == Finished(tiles=len(written), skipped=0, left_out=0, failed=())
    assert last.to_dict()["event"] == "finished"
    assert written[0].to_dict()["event"] == "tile_written"


def test_after_every_event_each_tile_told_of_is_whole(images, tmp_path):
    reference, out = tmp_path / "reference", tmp_path / "out"
    export(images, reference)
    for event in run(make_plan(recipe_for(images, out))):
        if isinstance(event, TileWritten):
            assert (out / event.tile).read_bytes() == (reference / event.tile).read_bytes()


def test_manifest_says_where_each_tile_lies(images, tmp_path):
    out = tmp_path / "out"
    export(images, out, changes={"calibration.enabled": True})
    rows = rows_of(out)
    assert [row["source"] for row in rows] == sorted(row["source"] for row in rows)
    for row in rows:
        image = tifffile.imread(images / row["source"])
        data = (out / row["tile"]).read_bytes()
        assert int(row["bytes"]) == len(data)
        assert int(row["crc32"]) == zlib.crc32(data)
        assert (float(row["norm_low"]), float(row["norm_high"])) == pytest.approx((image.min(), image.max()), rel=0.02)
        assert float(row["scale_y"]) == 2.0
        assert float(row["pixel_size_um"]) == pytest.approx(0.325)
        assert (row["height"], row["width"], row["pad_bottom"]) == ("128", "128", "0")
        assert row["z"] == row["t"] == row["channel"] == row["split"] == ""
        with tifffile.TiffFile(out / row["tile"]) as tile:
            resolution = tile.pages[0].tags["XResolution"].value
            assert resolution[1] / resolution[0] == pytest.approx(0.325)
            assert tile.imagej_metadata["unit"] == "micron"
            assert tile.imagej_metadata.get("xorigin", 0) == -int(row["x"])
            assert tile.imagej_metadata.get("yorigin", 0) == -int(row["y"])
    first = [row for row in rows if row["source"] == "cell_0.tif"]
    assert [int(row["index"]) for row in first] == list(range(len(first)))
    head = json.loads((out / "tiles.json").read_text())
    assert head["finished"] is True
    assert "folder" not in head["recipe"]["media"]
    assert str(tmp_path) not in (out / "tiles.json").read_text() + (out / "tiles.csv").read_text()
    assert [source["tiles"] for source in head["sources"]] == [
        sum(row["source"] == name for row in rows) for name in ("cell_0.tif", "cell_1.tif", "cell_2.tif")
    ]


def test_checksum_adds_a_column(images, tmp_path):
    import hashlib

    export(images, tmp_path / "out", checksum="sha256")
    for row in rows_of(tmp_path / "out"):
        assert row["sha256"] == hashlib.sha256((tmp_path / "out" / row["tile"]).read_bytes()).hexdigest()
    assert "sha256" not in (rows_of(export_plain(images, tmp_path / "plain"))[0])


def export_plain(images, out):
    export(images, out)
    return out


def test_same_bytes_whatever_the_workers_memory_and_executor(images, tmp_path):
    changes = {"calibration.enabled": True, "calibration.target_pixel_size_um": 0.5}
    export(images, tmp_path / "one", changes=changes, workers=1)
    export(images, tmp_path / "four", changes=changes, workers=4)
    export(images, tmp_path / "little", changes=changes, memory_bytes=1)
    with ThreadPoolExecutor(3) as pool:
        list(run(make_plan(recipe_for(images, tmp_path / "own", **changes)), executor=pool))
        assert pool.submit(int, "1").result() == 1  # the pool is left open
    expected = contents(tmp_path / "one")
    for name in ("four", "little", "own"):
        assert contents(tmp_path / name) == expected


def test_second_run_writes_nothing_and_changes_nothing(images, tmp_path):
    out = tmp_path / "out"
    export(images, out)
    before, times = contents(out), {p: p.stat().st_mtime_ns for p in out.glob("*.tif")}
    events = export(images, out)
    tiles = len(times)
    assert events[-1] == Finished(tiles=0, skipped=tiles, left_out=0, failed=())
    assert sum(isinstance(event, TileSkipped) for event in events) == tiles
    assert contents(out) == before
    assert {p: p.stat().st_mtime_ns for p in out.glob("*.tif")} == times


@pytest.mark.parametrize("stop_after", [1, 2, 9, 30])
def test_closing_the_generator_keeps_what_is_written(images, tmp_path, stop_after):
    reference, out = tmp_path / "reference", tmp_path / "out"
    total = export(images, reference)[-1].tiles
    events = run(make_plan(recipe_for(images, out)))
    for _ in range(stop_after):
        next(events)
    events.close()
    there = {name: data for name, data in contents(out).items() if name.endswith(".tif")}
    assert there.items() <= contents(reference).items()
    assert json.loads((out / "tiles.json").read_text())["finished"] is False
    last = export(images, out)[-1]
    assert (last.skipped, last.tiles) == (len(there), total - len(there))
    assert contents(out) == contents(reference)


@pytest.mark.parametrize("scope", ["image", "dataset"])
def test_the_stop_event_ends_an_export_that_is_still_measuring(images, tmp_path, monkeypatch, scope):
    from napari_tiles_creator.engine.pixels import measure

    out, stop, measuring = tmp_path / "out", threading.Event(), threading.Event()

    def extremes(pixels, _real=measure.extremes):
        measuring.set()
        assert stop.wait(30)
        return _real(pixels)

    monkeypatch.setattr(measure, "extremes", extremes)
    killer = threading.Thread(target=lambda: (measuring.wait(30), stop.set()))
    killer.start()
    changes = {"normalization.scope": scope}
    events = list(run(make_plan(recipe_for(images, out, **changes)), stop=stop))
    killer.join()
    assert [type(event) for event in events] == [Started]
    assert list(out.glob("*.tif")) == []
    monkeypatch.undo()
    assert export(images, out, changes=changes)[-1].tiles > 0


def test_a_missing_and_a_cut_short_tile_are_written_again(images, tmp_path):
    out = tmp_path / "out"
    export(images, out)
    before = contents(out)
    (out / "cell_0_001.tif").unlink()
    (out / "cell_2_000.tif").write_bytes(b"cut short")
    assert export(images, out)[-1].tiles == 2
    assert contents(out) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from napari_tiles_creator import Recipe, make_plan, run
recipe = Recipe.preset("unet", source=sys.argv[1], output=sys.argv[2]).changed(
    {"tiling.size_px": 128, "tiling.overlap_px": 32})
print("ready", flush=True)
for event in run(make_plan(recipe), workers=int(sys.argv[3])):
    print(event.to_dict()["event"], flush=True)
"""


@pytest.mark.parametrize("workers", [1, 4])
def test_killed_at_random_moments_it_ends_identical(tmp_path, workers):
    images = make_folder(tmp_path / "images", count=4, shape=(600, 700))
    reference = tmp_path / "reference"
    total = export(images, reference, workers=2)[-1].tiles
    expected, rng = contents(reference), random.Random(workers)
    moments = set()
    for trial in range(20):
        out = tmp_path / f"out_{trial}"
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(images), str(out), str(workers)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(rng.randint(1, total)):
            if not process.stdout.readline():
                break
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        process.stdout.close()
        there = {name: data for name, data in contents(out).items() if not name.startswith(WORK_FOLDER)}
        tiles = {name: data for name, data in there.items() if name.endswith(".tif")}
        moments.add(len(tiles))
        assert tiles.items() <= expected.items(), "a file that is not whole"
        last = export(images, out, workers=workers)[-1]
        assert (last.skipped, last.tiles) == (len(tiles), total - len(tiles))
        assert contents(out) == expected
    assert len(moments) > 5, "the kills should meet the export at different moments"


def test_interrupted_by_ctrl_c_it_goes_on(tmp_path):
    images = make_folder(tmp_path / "images", count=6, shape=(900, 900))
    out, reference = tmp_path / "out", tmp_path / "reference"
    command = [sys.executable, "-m", "napari_tiles_creator.cli", "export", str(images)]
    options = ["--size", "64", "--overlap", "16", "--json"]
    process = subprocess.Popen(
        [*command, str(out), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background of a shell ignores the signal, and so would whatever it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(10):
        assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "goes on" in errors
    for folder in (out, reference):
        subprocess.run([*command, str(folder), *options], check=True, capture_output=True)
    assert contents(out) == contents(reference)


def test_unreadable_files_are_named_and_the_rest_goes_on(images, tmp_path):
    (images / "broken.tif").write_bytes(b"II*\0 this is no image")
    (images / "empty.png").write_bytes(b"")
    events = export(images, tmp_path / "out")
    failed = {event.source: event.reason for event in events if isinstance(event, ItemFailed)}
    assert set(failed) == {"broken.tif", "empty.png"}
    assert all(name in reason for name, reason in failed.items())
    assert [entry["source"] for entry in events[-1].failed] == ["broken.tif", "empty.png"]
    head = json.loads((tmp_path / "out" / "tiles.json").read_text())
    reasons = {source["path"]: source["failed"] for source in head["sources"]}
    assert reasons["cell_0.tif"] is None
    assert "broken.tif" in reasons["broken.tif"]


def test_a_file_that_breaks_while_it_is_cut_leaves_no_tile(images, tmp_path):
    with tifffile.TiffWriter(images / "cut.tif") as file:
        file.write(np.arange(600 * 600, dtype=np.uint16).reshape(600, 600), rowsperstrip=10, compression="zlib")
    data = (images / "cut.tif").read_bytes()
    (images / "cut.tif").write_bytes(data[:3000] + b"\0" * (len(data) - 3000 - 2000) + data[-2000:])
    for workers in (1, 4):
        out = tmp_path / f"out_{workers}"
        events = export(images, out, changes={"normalization.scope": "none"}, workers=workers)
        assert [entry["source"] for entry in events[-1].failed] == ["cut.tif"]
        assert not list(out.glob("cut_*"))
        assert all(row["source"] != "cut.tif" for row in rows_of(out))
    assert contents(tmp_path / "out_1") == contents(tmp_path / "out_4")


def test_a_source_that_can_be_read_now_is_added(images, tmp_path):
    good = (images / "cell_1.tif").read_bytes()
    reference, out = tmp_path / "reference", tmp_path / "out"
    export(images, reference)
    (images / "cell_1.tif").write_bytes(b"")
    export(images, out)
    (images / "cell_1.tif").write_bytes(good)
    last = export(images, out)[-1]
    assert last.failed == ()
    assert last.skipped > 0
    assert last.tiles == len(list(reference.glob("cell_1_*")))
    assert contents(out) == contents(reference)


def test_nan_fails_an_integer_export_and_stays_in_a_float_one(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    image = np.random.default_rng(0).random((200, 200), np.float32)
    tifffile.imwrite(images / "fine.tif", image)
    image[150, 150] = np.nan
    tifffile.imwrite(images / "nan.tif", image)
    last = export(images, tmp_path / "yolo", "yolo")[-1]
    assert [entry["source"] for entry in last.failed] == ["nan.tif"]
    assert "NaN" in last.failed[0]["reason"]
    export(images, tmp_path / "unet")
    tile = read(tmp_path / "unet" / "nan_003.tif")
    assert np.isnan(tile).sum() == 1
    assert np.nanmax(tile) <= 1


def test_excluded_tiles_are_left_out_and_keep_their_number(images, tmp_path):
    out = tmp_path / "out"
    events = export(images, out, changes={"tiling.exclude_tiles": ["cell_0_001"]})
    left = [event for event in events if isinstance(event, TileLeftOut)]
    assert [event.tile for event in left] == ["cell_0_001.tif"]
    assert not (out / "cell_0_001.tif").exists()
    assert (out / "cell_0_002.tif").exists()
    assert events[-1].left_out == 1
    assert "cell_0_001.tif" not in [row["tile"] for row in rows_of(out)]


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "full"), (errno.EACCES, "permission"), (errno.EROFS, "permission"), (errno.EIO, "cannot write")],
)
def test_a_failed_write_is_one_sentence_and_can_be_resumed(images, tmp_path, monkeypatch, code, words):
    reference, out = tmp_path / "reference", tmp_path / "out"
    export(images, reference)
    calls = iter(range(1000))

    def replace(source, target, _real=os.replace):
        if str(target).endswith(".tif") and next(calls) == 5:
            raise OSError(code, os.strerror(code))
        _real(source, target)

    monkeypatch.setattr(writer.os, "replace", replace)
    with pytest.raises(ExportError, match=words) as caught:
        export(images, out)
    assert "\n" not in str(caught.value)
    assert len(list(out.glob("*.tif"))) >= 1
    monkeypatch.undo()
    export(images, out)
    assert contents(out) == contents(reference)


def test_nothing_is_written_where_there_is_no_tile(images, tmp_path):
    changes = {"tiling.size_px": 4000, "tiling.small_images": "skip"}
    with pytest.raises(PlanError, match="no tile"):
        export(images, tmp_path / "out", changes=changes)
    assert not (tmp_path / "out").exists()


def test_stacks_are_cut_plane_by_plane(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    stack = np.random.default_rng(0).integers(0, 1000, (4, 2, 150, 150), np.uint16)
    tifffile.imwrite(images / "stack.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    export(images, tmp_path / "out", changes={"normalization.scope": "none", "normalization.dtype": None})
    rows = rows_of(tmp_path / "out")
    assert [(row["z"], row["index"]) for row in rows] == [(str(i // 4), str(i)) for i in range(16)]
    for row in rows:
        y, x = int(row["y"]), int(row["x"])
        expected = stack[int(row["z"]), :, y : y + 128, x : x + 128]
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / row["tile"]), expected)


def test_global_range_is_that_of_all_kept_planes(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    stack = np.random.default_rng(0).integers(0, 1000, (3, 128, 128), np.uint16) * np.array([[[1]], [[2]], [[5]]], "u2")
    tifffile.imwrite(images / "stack.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    export(images, tmp_path / "all")
    scaled = (stack.astype(float) - stack.min()) / (stack.max() - stack.min())
    for z in range(3):
        np.testing.assert_array_equal(read(tmp_path / "all" / f"stack_{z:03d}.tif"), scaled[z].astype(np.float32))
    export(images, tmp_path / "one", changes={"media.z": 1})
    one = stack[1].astype(float)
    expected = ((one - one.min()) / (one.max() - one.min())).astype(np.float32)
    np.testing.assert_array_equal(read(tmp_path / "one" / "stack_000.tif"), expected)


@pytest.mark.parametrize("calibrated", [False, True])
def test_many_workers_and_little_memory_decode_each_segment_a_few_times_at_most(tmp_path, monkeypatch, calibrated):
    from napari_tiles_creator.sources.tiff import source as tiff

    images = tmp_path / "images"
    images.mkdir()
    image = np.random.default_rng(0).integers(0, 4000, (3000, 3000), np.uint16)
    tifffile.imwrite(images / "large.tif", image, tile=(256, 256), compression="zlib")
    sources = []

    def open_file(*arguments, _real=tiff.open_file):
        sources.append(_real(*arguments))
        return sources[-1]

    monkeypatch.setattr(tiff, "open_file", open_file)
    scale = {"calibration.enabled": True, "calibration.scale": 1.1} if calibrated else {}
    changes = {"tiling.size_px": 256, "normalization.scope": "tile", **scale}
    export(images, tmp_path / "out", changes=changes, workers=8, memory_bytes=48 << 20)
    segments = 12 * 12
    # read once to cut, and once before for the range that interpolated values are clipped to
    assert sum(source.decoded_segments for source in sources) <= (3 if calibrated else 1.5) * segments


def test_workers_that_share_no_memory_are_refused_by_name(images, tmp_path):
    with ProcessPoolExecutor(1) as pool, pytest.raises(PlanError, match="ThreadPoolExecutor"):
        list(run(make_plan(recipe_for(images, tmp_path / "out")), executor=pool))
    assert not (tmp_path / "out").exists()


def test_peak_memory_stays_bounded(tmp_path):
    """An image of 200 MB in tiled TIFF is cut within the memory asked for, not within its own size."""
    images = tmp_path / "images"
    images.mkdir()
    side = 10_000
    block = np.random.default_rng(0).integers(0, 4000, (512, 512), np.uint16)
    blocks = (block for _ in range((-(-side // 512)) ** 2))
    tifffile.imwrite(images / "large.tif", blocks, shape=(side, side), dtype=np.uint16, tile=(512, 512))
    script = f"""{PEAK}
import sys
from napari_tiles_creator import Recipe, make_plan, run
import tifffile, imagecodecs, scipy.ndimage
recipe = Recipe.preset('yolo', source=sys.argv[1], output=sys.argv[2])
before = peak()
for event in run(make_plan(recipe), workers=2, memory_bytes=48 << 20): pass
print(event.tiles, (peak() - before) / 2**20)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(images), str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    tiles, mebibytes = done.stdout.split()
    assert int(tiles) == 26 * 26
    assert float(mebibytes) < 140, "an image of 191 MiB was held as a whole"


def test_path_is_as_it_was_on_other_systems(images, tmp_path):
    """Tile paths in the manifest never hold a backslash, and lines end as RFC 4180 says."""
    export(images, tmp_path / "out")
    text = (tmp_path / "out" / "tiles.csv").read_bytes()
    assert b"\\" not in text
    assert text.count(b"\r\n") == text.count(b"\n")
    assert Path(rows_of(tmp_path / "out")[0]["tile"]).name == "cell_0_000.tif"
