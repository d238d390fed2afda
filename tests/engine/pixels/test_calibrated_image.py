"""Calibrated pixels by rectangle: the same whatever the memory, the order and the number of threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import resize

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels import resample, source_blocks
from napari_tiles_creator.engine.pixels.block_cache import BlockCache
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.planning.image_plan import Plane
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from strategies import boxes_in

RNG = np.random.default_rng(0)
KINDS = {
    # shape, axes, how it is written
    "grey strips": ((150, 90), "YX", {"rowsperstrip": 7, "compression": "zlib"}),
    "grey tiles": ((150, 90), "YX", {"tile": (32, 48)}),
    "channels": ((3, 150, 90), "CYX", {"imagej": True}),
    "depth and channels": ((4, 2, 150, 90), "ZCYX", {"imagej": True}),
    "colour": ((150, 90, 3), "YXS", {"rowsperstrip": 11, "compression": "zlib"}),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    found = {}
    for name, (shape, axes, how) in KINDS.items():
        image = RNG.integers(0, 255 if axes == "YXS" else 65535, shape).astype("uint8" if axes == "YXS" else "uint16")
        path = folder / f"{name.replace(' ', '_')}.tif"
        extra = {"photometric": "rgb"} if axes == "YXS" else {"photometric": "minisblack", "metadata": {"axes": axes}}
        tifffile.imwrite(path, image, **how, **extra)
        found[name] = path, image
    return found


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    """Many blocks in small images."""
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 90 * 20)
    monkeypatch.setattr(resample, "BLOCK_ROWS", 64)
    monkeypatch.setattr(resample, "BLOCK_COLUMNS", 50)


@pytest.fixture
def opened():
    """Open images as a plan sees them; closed at the end."""
    readers = []

    def open_image(path, hold_bytes, **fields):
        recipe = Recipe.of({"media": {"folder": str(path)}, "tiling": {"size_px": 32, "overlap_px": 0}})
        recipe = recipe.changed(fields)
        (image,) = make_plan(recipe).images
        readers.append(CalibratedImage(image, recipe, hold_bytes))
        return readers[-1]

    yield open_image
    for reader in readers:
        reader.close()


def plane_of(name, image, plane, channel=None):
    axes = KINDS[name][1]
    if "Z" in axes:
        image = image[plane.z]
    return image if channel is None else image[channel]


SCALES = {
    "as it is": {},
    "cubic up": {"calibration.enabled": True, "calibration.scale": 1.5},
    "cubic down": {"calibration.enabled": True, "calibration.scale": 0.6},
    "linear down": {"calibration.enabled": True, "calibration.scale": "2/3", "calibration.interpolation": "linear"},
    "nearest": {"calibration.enabled": True, "calibration.scale": 1.7, "calibration.interpolation": "nearest"},
}


def whole_rescaled(plane: np.ndarray, axes: str, how: str) -> np.ndarray:
    """Return the calibrated plane by scikit-image, or by the formula for nearest."""
    if how == "as it is":
        return plane
    channels_first = axes == "CYX"
    if channels_first:  # each is clipped to its own range
        return np.stack([whole_rescaled(channel, "YX", how) for channel in plane])
    h, w = plane.shape[:2]
    settings_ = SCALES[how]
    scale = settings_["calibration.scale"]
    new = (h * 2 // 3, w * 2 // 3) if scale == "2/3" else (round(h * scale), round(w * scale))
    if how == "nearest":
        rows = (2 * np.arange(new[0]) + 1) * h // (2 * new[0])
        columns = (2 * np.arange(new[1]) + 1) * w // (2 * new[1])
        return plane[rows][:, columns]
    return resize(
        plane.astype(float),
        new + plane.shape[2:],
        order=1 if "linear" in how else 3,
        mode="reflect",
        preserve_range=True,
        anti_aliasing="down" in how,
    )


@pytest.mark.parametrize("hold_bytes", [0, 40_000, 10**9], ids=["hold nothing", "hold little", "hold all"])
@pytest.mark.parametrize("how", list(SCALES))
@pytest.mark.parametrize("name", list(KINDS))
def test_any_box_is_that_of_the_whole_rescaled_plane(opened, files, name, how, hold_bytes):
    path, image = files[name]
    reader = opened(path, hold_bytes, **SCALES[how])
    axes = reader.image.axes
    rng = np.random.default_rng(1)
    exact = how in ("as it is", "nearest")
    for plane in reader.image.planes[:2]:
        whole = whole_rescaled(plane_of(name, image, plane), axes, how)
        for _ in range(6):
            (y0, y1), (x0, x1) = (np.sort(rng.choice(n + 1, 2, replace=False)).tolist() for n in reader.image.shape)
            box = Box.between(y0, x0, y1, x1)
            expected = whole[(slice(None), *box.slices)] if axes == "CYX" else whole[box.slices]
            found = reader.read(plane, box)
            assert found.shape == expected.shape
            assert found.dtype == reader.dtype
            np.testing.assert_allclose(found, expected, rtol=0, atol=0 if exact else 1e-6 * image.max())


@pytest.mark.parametrize("how", ["as it is", "cubic down"])
def test_one_channel_is_that_of_all(opened, files, how):
    path, image = files["channels"]
    reader, one = opened(path, 0, **SCALES[how]), opened(path, 0, **SCALES[how], **{"media.channel": 1})
    box = Box.between(3, 5, 70, 50)
    assert one.image.axes == "YX"
    np.testing.assert_array_equal(one.read(Plane(), box), reader.read(Plane(), box)[1])
    if how == "as it is":
        np.testing.assert_array_equal(one.read(Plane(), box), image[1][box.slices])


@settings(max_examples=15)
@given(st.data())
def test_bits_do_not_depend_on_memory_order_or_neighbours(opened, files, data):
    """Tiles must be the same whatever was read before: bit for bit, not only closely."""
    path, _ = files["grey tiles"]
    greedy, poor = opened(path, 10**9, **SCALES["cubic up"]), opened(path, 0, **SCALES["cubic up"])
    whole = greedy.read(Plane(), Box.between(0, 0, *greedy.image.shape))
    for _ in range(3):
        box = data.draw(boxes_in(*poor.image.shape))
        np.testing.assert_array_equal(poor.read(Plane(), box), whole[box.slices])


@pytest.mark.parametrize("hold_bytes", [0, 30_000, 10**9])
@pytest.mark.parametrize("how", ["as it is", "cubic down"])
def test_threads_read_the_same(opened, files, how, hold_bytes):
    path, _ = files["depth and channels"]
    alone, shared = opened(path, 10**9, **SCALES[how]), opened(path, hold_bytes, **SCALES[how])
    rng = np.random.default_rng(2)
    jobs = []
    for _ in range(60):
        y, x = (int(rng.integers(0, n - 20)) for n in shared.image.shape)
        jobs.append((shared.image.planes[int(rng.integers(4))], Box(y, x, 20, 20)))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: shared.read(*job), jobs))
    for job, pixels in zip(jobs, found, strict=True):
        np.testing.assert_array_equal(pixels, alone.read(*job))


@pytest.mark.parametrize("how", ["as it is", "cubic up"])
@pytest.mark.parametrize("name", ["grey strips", "grey tiles"])
@pytest.mark.parametrize("hold_bytes", [0, 20_000, 10**9])
def test_blocks_partition_the_plane(opened, files, name, how, hold_bytes):
    reader = opened(files[name][0], hold_bytes, **SCALES[how])
    marks = np.zeros(reader.image.shape, int)
    for box in reader.blocks():
        marks[box.slices] += 1
    assert (marks == 1).all()
    assert len(reader.blocks()) > 1


def test_what_is_held_is_decoded_once(opened, files):
    path, image = files["grey strips"]
    reader = opened(path, 10**9)
    for y in range(0, 130, 10):
        for x in (0, 40):
            reader.read(Plane(), Box(y, x, 20, 50))
    assert reader._source._source.decoded_segments <= -(-150 // 7) == 22
    assert image.shape == (150, 90)


def test_tiles_row_by_row_decode_each_strip_about_once_with_little_memory(opened, files):
    path, _ = files["grey strips"]
    reader = opened(path, 3 * 14 * 90 * 2)
    for y in range(0, 120, 8):
        for x in (0, 20, 40):
            reader.read(Plane(), Box(y, x, 12, 50))
    assert reader._source._source.decoded_segments <= 2 * 22


def test_a_file_that_goes_bad_is_a_source_error(opened, files, tmp_path):
    path = tmp_path / "gone.tif"
    path.write_bytes(files["grey strips"][0].read_bytes())
    reader = opened(path, 0)
    path.unlink()
    with pytest.raises(SourceError, match=r"gone\.tif"):
        reader.read(Plane(), Box(0, 0, 5, 5))


def test_cache_computes_each_key_once_under_threads():
    cache, calls, gate = BlockCache(10**6), [], threading.Barrier(8)

    def compute(key: int) -> np.ndarray:
        calls.append(key)
        return np.full(10, key)

    def work(_: int) -> None:
        gate.wait()
        for key in range(20):
            assert (cache.get(key, lambda key=key: compute(key)) == key).all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert sorted(calls) == list(range(20))


def test_cache_forgets_what_was_used_longest_ago_and_keeps_to_its_limit():
    cache, calls = BlockCache(3 * 800), []

    def get(key: str) -> None:
        cache.get(key, lambda: calls.append(key) or np.zeros(100))

    for key in "abcadab":  # d pushes out b, the least recently used
        get(key)
    assert "".join(calls) == "abcdb"
    held = [slot.pixels.nbytes for slot in cache._slots.values() if slot.pixels is not None]
    assert sum(held) <= 3 * 800
    assert sum(held) == cache._held_bytes


def test_cache_keeps_to_its_limit_under_threads():
    cache = BlockCache(5 * 800)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: cache.get(i * 7 % 31, lambda: np.zeros(100)), range(2000)))
    held = sum(slot.pixels.nbytes for slot in cache._slots.values() if slot.pixels is not None)
    assert held == cache._held_bytes <= 5 * 800


def test_cache_tries_again_after_an_error():
    cache = BlockCache(100)

    def fail() -> np.ndarray:
        raise SourceError("no")

    for _ in range(2):
        with pytest.raises(SourceError):
            cache.get("a", fail)
    assert cache.get("a", lambda: np.ones(1)) == 1
