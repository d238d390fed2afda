"""The window goes on living during everything the dock does; benchmarks/widget_latency.py tells how well."""

import gc
import time
import zlib

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QTimer

from image_folder import write_image

# A guard against hangs, not a measurement: machines are busy, and napari's first layers take their time.
LONGEST_SECONDS = 0.5


@pytest.fixture
def warm(viewer, dock, planned, qtbot):
    """An image and a shapes layer exist, and everything is imported."""
    planned()
    dock.tiles.show_all.setChecked(True)
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers)
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    viewer.add_image(np.zeros((9, 9)), name="mine")
    viewer.add_shapes([[[0, 0], [0, 5], [5, 5], [5, 0]]], name="my shapes")
    qtbot.wait(500)
    # napari collects garbage whenever a layer goes: what hundreds of tests left behind must not be searched each time.
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def beats(warm):
    """The times at which the window was alive."""
    times = [time.perf_counter()]
    timer = QTimer()
    timer.timeout.connect(lambda: times.append(time.perf_counter()))
    timer.start(10)
    yield times
    timer.stop()


def longest_pause(beats):
    return max(np.diff([*beats, time.perf_counter()]))


@pytest.fixture
def many(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        write_image(folder / f"field_{number:03d}.tif", (64, 64), seed=number)
    return folder


@pytest.fixture
def wide(tmp_path):
    """One image of 20,000 × 20,000 px, tiled."""
    folder = tmp_path / "wide"
    folder.mkdir()
    tile = zlib.compress(np.random.default_rng(0).integers(0, 255, (512, 512), np.uint8).tobytes(), 1)
    tifffile.imwrite(
        folder / "wide.tif",
        (tile for _ in range(40 * 40)),
        shape=(20000, 20000),
        dtype=np.uint8,
        tile=(512, 512),
        compression="zlib",
    )
    return folder


@pytest.fixture
def huge(tmp_path):
    """One image of 100,000 × 100,000 px, tiled, all tiles equal."""
    folder = tmp_path / "huge"
    folder.mkdir()
    tile = np.zeros((1024, 1024), np.uint8)
    tile[100:300, 200:900] = 200
    tile = zlib.compress(tile.tobytes())
    tifffile.imwrite(
        folder / "huge.tif",
        (tile for _ in range(98 * 98)),
        shape=(100_000, 100_000),
        dtype=np.uint8,
        tile=(1024, 1024),
        compression="zlib",
        bigtiff=True,
    )
    return folder


@pytest.fixture
def projected(tmp_path):
    """A stack of 30 planes of 2,000 × 2,000 px."""
    folder = tmp_path / "projected"
    folder.mkdir()
    plane = np.random.default_rng(0).integers(0, 4000, (2000, 2000), np.uint16)
    tifffile.imwrite(
        folder / "stack.tif", (plane for _ in range(30)), shape=(30, 2000, 2000), dtype=np.uint16, ome=True,
        metadata={"axes": "ZYX"},
    )  # fmt: skip
    return folder


SETTINGS = {
    "many": {},
    "wide": {},
    "huge": {"tiling__size_px": 512},
    "projected": {"media__z": "max"},
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_nothing_hangs(kind, request, beats, dock, planned, viewer, qtbot, tmp_path):
    folder = request.getfixturevalue(kind)
    beats[:] = [time.perf_counter()]
    settings = {"normalization__scope": "tile", "tiling__size_px": 64, "tiling__overlap_px": 0, **SETTINGS[kind]}
    planned(media__folder=str(folder), **settings)
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in viewer.layers, timeout=30000)
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers, timeout=30000)
    dock.export_tiles()
    qtbot.wait(2000)
    assert len(beats) > 50
    assert longest_pause(beats) < LONGEST_SECONDS
    dock.cancel()
    qtbot.waitUntil(lambda: not dock._exporting.is_running, timeout=30000)
