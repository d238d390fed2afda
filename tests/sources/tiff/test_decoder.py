"""What is decoded once: segments that stand for many places, and segments larger than a band."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.tiff.segments import HUGE_BYTES
from tiff_bytes import tiff

TILE = 32


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def tiled(kinds: list[list[str]], stored: dict[str, np.ndarray], height: int, width: int, samples: int = 1) -> bytes:
    """Return a file of deflated tiles in which equal ones are stored once and those named "" are not there."""
    packed = {name: zlib.compress(tile.tobytes()) for name, tile in stored.items()}
    at, pixels = {}, b""
    for name, data in packed.items():
        at[name] = 8 + len(pixels)
        pixels += data
    names = [name for row in kinds for name in row]
    size = TILE
    tags = {
        256: (4, width),
        257: (4, height),
        258: (3, [8] * samples),
        259: (3, 8),
        262: (3, 2 if samples == 3 else 1),
        277: (3, samples),
        322: (4, size),
        323: (4, size),
        324: (4, [at.get(name, 0) for name in names]),
        325: (4, [len(packed.get(name, b"")) for name in names]),
    }
    return tiff(tags, pixels=pixels)


STORED = {
    "white": np.full((TILE, TILE), 255, np.uint8),
    "seven": np.full((TILE, TILE), 7, np.uint8),
    "noise": noise(TILE, TILE),
    "once": np.full((TILE, TILE), 9, np.uint8),
}
KINDS = [
    ["", "", "white", "white", "noise"],
    ["", "white", "white", "seven", "noise"],
    ["seven", "seven", "once", "noise", ""],
]
HEIGHT, WIDTH = 3 * TILE - 5, 5 * TILE - 9


def whole() -> np.ndarray:
    """Return the image, put together from its tiles."""
    empty = np.zeros((TILE, TILE), np.uint8)
    return np.block([[STORED.get(name, empty) for name in row] for row in KINDS])[:HEIGHT, :WIDTH]


@pytest.fixture
def mosaic(tmp_path):
    """A file whose equal tiles are stored once."""
    (tmp_path / "a.tif").write_bytes(tiled(KINDS, STORED, HEIGHT, WIDTH))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), whole())  # the file is one
    return tmp_path / "a.tif"


UNIFORM = [
    pytest.param(Box(0, 0, 32, 64), 0, id="never written"),
    pytest.param(Box(0, 0, 33, 33), None, id="a corner of white"),
    pytest.param(Box(0, 64, 32, 64), 255, id="white"),
    pytest.param(Box(5, 70, 1, 1), 255, id="a pixel of white"),
    pytest.param(Box(32, 32, 32, 64), 255, id="white, another row"),
    pytest.param(Box(32, 32, 32, 65), None, id="white and a column of seven"),
    pytest.param(Box(64, 0, HEIGHT - 64, 64), 7, id="the last rows"),
    pytest.param(Box(64, 128, HEIGHT - 64, WIDTH - 128), 0, id="the corner, never written"),
    pytest.param(Box(0, 128, 32, WIDTH - 128), None, id="stored once for several, not uniform"),
    pytest.param(Box(64, 64, 20, 20), None, id="uniform, but stored for itself"),
    pytest.param(Box(0, 0, HEIGHT, WIDTH), None, id="all"),
]


@pytest.mark.parametrize(("box", "value"), UNIFORM)
def test_uniform_value(mosaic, opened, box, value):
    source = opened(mosaic)
    assert source.uniform_value(box) == value
    if value is not None:
        assert (whole()[box.slices] == value).all()
        assert isinstance(source.uniform_value(box), int)
    np.testing.assert_array_equal(source.read(box), whole()[box.slices])
    assert source.uniform_value(box) == value  # reading changes nothing


def test_uniform_values_are_never_wrong(mosaic, opened):
    source = opened(mosaic)
    rng, known = np.random.default_rng(0), 0
    for _ in range(500):
        y, x = int(rng.integers(0, HEIGHT)), int(rng.integers(0, WIDTH))
        box = Box(y, x, int(rng.integers(1, min(40, HEIGHT - y) + 1)), int(rng.integers(1, min(40, WIDTH - x) + 1)))
        value = source.uniform_value(box)
        known += value is not None
        assert value is None or (whole()[box.slices] == value).all()
    assert known > 50
    assert source.decoded_segments == 3  # white, seven, noise: each once for all questions


def test_equal_tiles_are_decoded_once(mosaic, opened):
    source = opened(mosaic)
    np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), whole())
    assert source.decoded_segments == len(STORED)
    for y in range(0, HEIGHT, 10):
        source.read(Box(y, 0, min(10, HEIGHT - y), TILE * 2))
    assert source.decoded_segments == len(STORED)


def test_uniform_colours(tmp_path, opened):
    """One value for all three samples is one; a colour is none."""
    stored = {
        "grey": np.full((TILE, TILE, 3), 200, np.uint8),
        "red": np.broadcast_to(np.array([255, 0, 0], np.uint8), (TILE, TILE, 3)).copy(),
    }
    kinds = [["grey", "grey", "red"], ["red", "", ""]]
    (tmp_path / "a.tif").write_bytes(tiled(kinds, stored, 2 * TILE, 3 * TILE, samples=3))
    source = opened(tmp_path / "a.tif")
    assert source.uniform_value(Box(0, 0, TILE, 2 * TILE)) == 200
    assert source.uniform_value(Box(0, 2 * TILE, TILE, TILE)) is None
    assert source.uniform_value(Box(TILE, TILE, TILE, 2 * TILE)) == 0
    np.testing.assert_array_equal(source.read(Box(0, 0, 2 * TILE, 3 * TILE)), tifffile.imread(tmp_path / "a.tif"))


def empty_pages(path, *shape: int, **how: object) -> None:
    """Write pages none of whose tiles is there."""
    count = int(np.prod(shape[:-2])) * (-(-shape[-2] // 16)) * (-(-shape[-1] // 16))
    tiles = (bytes(256) if k == 0 else b"" for k in range(count))
    tifffile.imwrite(path, tiles, shape=shape, dtype=np.uint8, tile=(16, 16), photometric="minisblack", **how)


@pytest.mark.parametrize("axes", ["CYX", "ZYX", "TZYX"])
def test_planes_that_were_never_written(tmp_path, opened, axes):
    shape = (2, 3, 40, 50)[4 - len(axes) :]
    empty_pages(tmp_path / "a.ome.tif", *shape, metadata={"axes": axes})
    source = opened(tmp_path / "a.ome.tif")
    assert source.info.axes == axes
    lower, first = Box(16, 0, 24, 50), Box(0, 0, 16, 16)
    assert source.uniform_value(lower) == 0
    assert source.uniform_value(lower, z=source.info.length("Z") - 1, t=source.info.length("T") - 1) == 0
    assert source.uniform_value(first) is None  # its own segment was never looked into
    if axes == "CYX":
        assert source.uniform_value(first, channel=2) == 0
    assert not source.decoded_segments


def test_levels_that_were_never_written(tmp_path, opened):
    full, half = (64, 96), (32, 48)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        how = {"dtype": np.uint8, "tile": (16, 16), "photometric": "minisblack"}
        file.write((bytes(256) if k == 0 else b"" for k in range(24)), shape=full, subifds=1, **how)
        file.write((bytes(256) if k == 0 else b"" for k in range(6)), shape=half, subfiletype=1, **how)
    source = opened(tmp_path / "a.tif")
    assert source.info.levels == (full, half)
    assert source.uniform_value(Box(16, 0, 16, 48), level=1) == 0
    assert source.uniform_value(Box(0, 0, 16, 16), level=1) is None


def test_colours_in_planes_of_their_own(tmp_path, opened):
    """Three planes of tiles: all zero in the lower half."""
    tiles = (bytes([k + 1]) * 256 if k % 6 < 3 else b"" for k in range(18))
    how = {"dtype": np.uint8, "tile": (16, 16), "photometric": "rgb", "planarconfig": "separate"}
    tifffile.imwrite(tmp_path / "a.tif", tiles, shape=(3, 32, 48), **how)
    source = opened(tmp_path / "a.tif")
    assert source.info.axes == "SYX"
    assert source.uniform_value(Box(16, 3, 16, 40)) == 0
    assert source.uniform_value(Box(15, 3, 16, 40)) is None
    np.testing.assert_array_equal(
        source.read(Box(0, 0, 32, 48)), np.moveaxis(tifffile.imread(tmp_path / "a.tif"), 0, -1)
    )


def test_the_value_of_what_was_never_written_is_the_files_own(tmp_path, opened):
    path = tmp_path / "a.tif"
    tiles = (bytes(256) if k == 0 else b"" for k in range(12))
    nodata = [(42113, "s", 0, "77", True)]
    tifffile.imwrite(path, tiles, shape=(40, 50), dtype=np.uint8, tile=(16, 16), extratags=nodata)
    source = opened(path)
    assert source.uniform_value(Box(16, 0, 24, 50)) == 77
    assert (source.read(Box(16, 0, 24, 50)) == 77).all()
    assert tifffile.imread(path)[20, 20] == 77


@pytest.mark.parametrize(
    "how", [{}, {"rowsperstrip": 7, "compression": "zlib"}, {"tile": (16, 16)}], ids=["plain", "strips", "tiles"]
)
def test_of_what_is_stored_place_by_place_nothing_is_known(tmp_path, opened, how):
    tifffile.imwrite(tmp_path / "a.tif", np.full((40, 50), 5, np.uint8), **how)
    source = opened(tmp_path / "a.tif")
    assert source.uniform_value(Box(0, 0, 40, 50)) is None
    assert source.decoded_segments == 0


def test_nan_is_no_value(tmp_path, opened):
    packed = zlib.compress(np.full((16, 16), np.nan, np.float32).tobytes())
    tags = {
        256: (4, 32), 257: (4, 16), 258: (3, 32), 259: (3, 8), 262: (3, 1), 277: (3, 1), 339: (3, 3), 322: (4, 16),
        323: (4, 16), 324: (4, [8, 8]), 325: (4, [len(packed)] * 2),
    }  # fmt: skip
    (tmp_path / "a.tif").write_bytes(tiff(tags, pixels=packed))
    source = opened(tmp_path / "a.tif")
    assert source.uniform_value(Box(0, 0, 16, 32)) is None
    assert np.isnan(source.read(Box(0, 0, 16, 32))).all()


def test_nan_that_stands_for_tiles_never_written_is_no_value(tmp_path, opened):
    tiles = (np.ones((16, 16), np.float32).tobytes() if k == 0 else b"" for k in range(12))
    nodata = [(42113, "s", 0, "nan", True)]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, tiles, shape=(40, 50), dtype=np.float32, tile=(16, 16), extratags=nodata)
    source = opened(path)
    assert source.uniform_value(Box(16, 0, 24, 50)) is None
    assert np.isnan(source.read(Box(16, 0, 24, 50))).all()


# Segments larger than a band: 5000 × 5000 px in one strip, and in two by two tiles.
SIDE = 5008
BIG = np.tile(noise(16, 16), (SIDE // 16, SIDE // 16))
assert BIG.nbytes > HUGE_BYTES
HUGE = [
    pytest.param(BIG, {"rowsperstrip": SIDE}, 1, BIG.nbytes, id="one strip"),
    pytest.param(BIG, {"tile": (SIDE, SIDE)}, 1, BIG.nbytes, id="one tile"),
    pytest.param(
        np.concatenate([BIG, BIG]), {"rowsperstrip": SIDE}, 2, 2 * BIG.nbytes, id="two strips"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("image", "how", "segments", "whole_bytes"), HUGE)
def test_a_huge_segment_is_decoded_once_a_pass(tmp_path, opened, image, how, segments, whole_bytes):
    tifffile.imwrite(tmp_path / "a.tif", image, compression="zlib", compressionargs={"level": 1}, **how)
    source = opened(tmp_path / "a.tif")
    info = source.info
    assert info.whole_bytes == whole_bytes
    assert info.chunk_rows * SIDE <= HUGE_BYTES
    height = image.shape[0]
    bands = [Box(y, 0, min(info.chunk_rows, height - y), SIDE) for y in range(0, height, info.chunk_rows)]
    assert len(bands) > 1
    for band in bands:
        np.testing.assert_array_equal(source.read(band), image[band.slices])
    assert source.decoded_segments == segments


def test_a_huge_segment_is_decoded_once_for_all_threads(tmp_path, opened):
    tifffile.imwrite(tmp_path / "a.tif", BIG, compression="zlib", rowsperstrip=SIDE)
    source = opened(tmp_path / "a.tif")
    boxes = [Box(y, 0, 500, SIDE) for y in range(0, SIDE - 500, 500)]
    with ThreadPoolExecutor(4) as pool:
        for box, found in zip(boxes, pool.map(source.read, boxes), strict=True):
            np.testing.assert_array_equal(found, BIG[box.slices])
    assert source.decoded_segments == 1


def test_huge_channels_are_kept_all(tmp_path, opened):
    image = np.stack([BIG, 255 - BIG])
    metadata = {"axes": "CYX"}
    tifffile.imwrite(
        tmp_path / "a.ome.tif", image, compression="zlib", rowsperstrip=SIDE, metadata=metadata, photometric=1
    )
    source = opened(tmp_path / "a.ome.tif")
    assert source.info.whole_bytes == image.nbytes
    for y in range(0, SIDE, 2504):
        np.testing.assert_array_equal(source.read(Box(y, 0, 2504, SIDE)), image[:, y : y + 2504])
    assert source.decoded_segments == 2


def test_large_tiles_beside_one_another_are_read_one_by_one(tmp_path, opened):
    """A row of them would take more memory than a pass needs."""
    image = np.concatenate([BIG, BIG[:, :1000]], axis=1)
    tifffile.imwrite(tmp_path / "a.tif", image, compression="zlib", tile=(SIDE, SIDE))
    source = opened(tmp_path / "a.tif")
    info = source.info
    assert (info.whole_bytes, info.chunk_rows, info.chunk_columns) == (0, SIDE, SIDE)
    for box in (Box(0, 0, SIDE, SIDE), Box(0, SIDE, SIDE, 1000)):
        np.testing.assert_array_equal(source.read(box), image[box.slices])
    assert source.decoded_segments == 2


@pytest.mark.parametrize(
    "how", [{}, {"compression": "zlib", "rowsperstrip": 64}, {"compression": "zlib", "tile": (64, 64)}]
)
def test_what_is_read_by_rectangle_takes_nothing_as_a_whole(tmp_path, opened, how):
    tifffile.imwrite(tmp_path / "a.tif", BIG, **how)
    assert opened(tmp_path / "a.tif").info.whole_bytes == 0


def test_the_last_strip_may_be_the_same_as_one_with_more_rows(tmp_path, opened):
    packed = zlib.compress(np.repeat(np.arange(10, dtype=np.uint8), 20).tobytes())
    tags = {
        256: (4, 20), 257: (4, 24), 258: (3, 8), 259: (3, 8), 262: (3, 1), 277: (3, 1), 278: (4, 10),
        273: (4, [8, 8, 8]), 279: (4, [len(packed)] * 3),
    }  # fmt: skip
    (tmp_path / "a.tif").write_bytes(tiff(tags, pixels=packed))
    source = opened(tmp_path / "a.tif")
    expected = np.repeat(np.arange(24, dtype=np.uint8)[:, None] % 10, 20, axis=1)
    for box in (Box(20, 0, 4, 20), Box(0, 0, 24, 20), Box(15, 3, 9, 5)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])


def test_100_000_squared_opens_without_a_look_at_each_tile(tmp_path, opened):
    """38,416 tiles, three of them stored: opened, asked and read by tile without decoding more than these."""
    side, tile = 100_000, 512
    across = -(-side // tile)
    stored = [np.full((tile, tile), 255, np.uint8), noise(tile, tile), np.full((tile, tile), 7, np.uint8)]
    packed = [zlib.compress(one.tobytes()) for one in stored]
    starts = np.cumsum([16, *map(len, packed)])[:3].tolist()
    kinds = np.arange(across * across) % 4
    tags = {
        256: (4, side), 257: (4, side), 258: (3, 8), 259: (3, 8), 262: (3, 1), 277: (3, 1), 322: (4, tile),
        323: (4, tile), 324: (16, np.array([*starts, 0])[kinds].tolist()),
        325: (4, np.array([*map(len, packed), 0])[kinds].tolist()),
    }  # fmt: skip
    (tmp_path / "a.tif").write_bytes(tiff(tags, pixels=b"".join(packed), big=True))
    source = opened(tmp_path / "a.tif")
    assert source.info.plane_shape == (side, side)
    for row, column in ((0, 0), (1, 2), (195, 195), (100, 57)):
        y, x = row * tile, column * tile
        box = Box(y, x, min(tile, side - y), min(tile, side - x))
        kind = (row * across + column) % 4
        assert source.uniform_value(box) == (255, None, 7, 0)[kind]
        expected = [*stored, np.zeros((tile, tile), np.uint8)][kind][: box.height, : box.width]
        np.testing.assert_array_equal(source.read(box), expected)
    assert source.uniform_value(Box(0, 0, side, side)) is None
    assert source.decoded_segments <= 3


def test_a_damaged_tile_that_is_stored_once_says_so(tmp_path, opened):
    path = tmp_path / "a.tif"
    path.write_bytes(tiled([["white", "white"]], STORED | {"white": noise(TILE, TILE)}, TILE, 2 * TILE))
    data = bytearray(path.read_bytes())
    data[8:40] = b"\xff" * 32
    path.write_bytes(data)
    source = opened(path)
    for ask in (source.uniform_value, source.read):
        with pytest.raises(SourceError, match=r"^a\.tif is damaged or cut short: its pixels cannot be decoded"):
            ask(Box(0, 0, TILE, TILE))


def test_bigtiff_tables_of_16_bits(tmp_path, opened):
    """Byte counts may be 16 bits wide."""
    packed = zlib.compress(STORED["seven"].tobytes())
    data = tiff(
        {
            256: (4, 64), 257: (4, 32), 258: (3, 8), 259: (3, 8), 262: (3, 1), 277: (3, 1), 322: (3, TILE),
            323: (3, TILE), 324: (4, [8, 8]), 325: (3, [len(packed)] * 2),
        },
        pixels=packed,
    )  # fmt: skip
    (tmp_path / "a.tif").write_bytes(data)
    assert opened(tmp_path / "a.tif").uniform_value(Box(0, 0, 32, 64)) == 7
