"""TIFF tiles as other programs read them: tifffile, Pillow, and our own source."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink
from napari_tiles_creator.sources.registry import open_source

COMPRESSIONS = ("none", "zlib", "zstd", "lzw")
SHAPES = {"YX": (33, 47), "CYX": (3, 33, 47), "YXS": (33, 47, 3)}
DTYPES = ("uint8", "uint16", "float32", "int8", "int16", "uint32", "int32", "float16", "float64", "uint64", "bool")


def noise(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(0)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind == "f":
        return rng.random(shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, kind, endpoint=True)


def encoded(tile, facts, compression="none") -> bytes:
    return b"".join(bytes(part) for part in make_sink("tif", compression).encode(tile, facts))


def cases():
    for axes, shape in SHAPES.items():
        for dtype in DTYPES:
            if axes == "YXS" and dtype not in ("uint8", "uint16", "float32"):
                continue
            for compression in COMPRESSIONS:
                yield pytest.param(noise(dtype, shape), axes, compression, id=f"{axes} {dtype} {compression}")


SIZES = [None, PixelSize(0.325, 0.325), PixelSize(0.5, 0.25)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("tile", "axes", "compression"), list(cases()))
def test_every_kind_of_tile_comes_back(tmp_path, tile, axes, compression, size):
    """Read by tifffile, and by our own source as the same kind of image, with the same pixel size."""
    path = tmp_path / "tile.tif"
    path.write_bytes(encoded(tile, TileFacts(axes, size, 128, 384), compression))
    found = tifffile.imread(path)
    assert found.dtype == tile.dtype
    np.testing.assert_array_equal(found, tile)
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, tile.shape, tile.dtype)
    assert source.info.notes == ()
    np.testing.assert_array_equal(source.read(Box(0, 0, 33, 47)), tile)
    source.close()
    if size is None:
        assert source.info.pixel_size is None
    else:
        found_size = source.info.pixel_size
        assert (found_size.y_um, found_size.x_um) == pytest.approx((size.y_um, size.x_um), rel=1e-6)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(
    ("dtype", "axes"),
    [("uint8", "YX"), ("uint16", "YX"), ("float32", "YX"), ("uint8", "YXS"), ("int32", "YX")],
)
def test_pillow_reads_it(dtype, axes, compression):
    tile = noise(dtype, SHAPES[axes])
    with Image.open(io.BytesIO(encoded(tile, TileFacts(axes, PixelSize(0.3, 0.3)), compression))) as image:
        np.testing.assert_array_equal(np.asarray(image), tile)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("axes", ["YX", "CYX"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_fiji_finds_unit_pixel_size_and_origin(dtype, axes, compression):
    data = encoded(noise(dtype, SHAPES[axes]), TileFacts(axes, PixelSize(0.5, 0.325), 128, 384), compression)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.is_imagej
        metadata, page = file.imagej_metadata, file.pages[0]
        assert metadata["unit"] == "micron"
        # ImageJ: coordinate = (pixel - origin) · pixel size, so pixel 0 lies at 384 · 0.325 µm
        assert (metadata["xorigin"], metadata["yorigin"]) == (-384, -128)
        for tag, um in (("XResolution", 0.325), ("YResolution", 0.5)):
            number, divisor = page.tags.valueof(tag)
            assert divisor / number == pytest.approx(um, rel=1e-6)
        assert page.tags.valueof("ResolutionUnit") == 1


def test_a_tile_at_0_without_pixel_size_claims_nothing():
    with tifffile.TiffFile(io.BytesIO(encoded(noise("uint16", (9, 9)), TileFacts("YX")))) as file:
        assert not {"unit", "xorigin", "yorigin"} & set(file.imagej_metadata or {})


@pytest.mark.parametrize("um", [1e-4, 0.008, 0.0851964, 0.325, 1 / 3, 2.48592, 10, 99.9, 5000, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_pixel_sizes_of_all_magnitudes_survive(tmp_path, dtype, um):
    (tmp_path / "a.tif").write_bytes(encoded(noise(dtype, (9, 9)), TileFacts("YX", PixelSize(um, um))))
    source = open_source(tmp_path / "a.tif")
    assert source.info.pixel_size.x_um == pytest.approx(um, rel=1e-6)
    source.close()


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("axes", list(SHAPES))
def test_the_same_tile_gives_the_same_bytes(axes, compression):
    tile, facts = noise("uint16", SHAPES[axes]), TileFacts(axes, PixelSize(0.3, 0.3), 5, 6)
    first = encoded(tile, facts, compression)
    assert encoded(tile.copy(), facts, compression) == first
    assert encoded(np.asfortranarray(tile), facts, compression) == first
    assert encoded(np.repeat(tile, 2, -1)[..., ::2], facts, compression) == first


def test_pixels_are_aligned_to_be_mapped():
    data = encoded(noise("float32", (9, 9)), TileFacts("YX", PixelSize(0.3, 0.3), 5, 6))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages[0].dataoffsets[0] % 16 == 0


@pytest.mark.parametrize("compression", ["zlib", "zstd", "lzw"])
def test_compression_is_the_one_asked_for(compression):
    tile = np.zeros((200, 200), np.uint16)
    data = encoded(tile, TileFacts("YX"), compression)
    assert len(data) < tile.nbytes / 10
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        names = {"zlib": "ADOBE_DEFLATE", "zstd": "ZSTD", "lzw": "LZW"}
        assert file.pages[0].compression.name == names[compression]


@pytest.mark.parametrize("compression", ["none", "zlib"])
@pytest.mark.parametrize(
    ("axes", "dtype"),
    [(axes, dtype) for axes in SHAPES for dtype in ("uint8", "uint16", "float32")] + [("YX", "int16"), ("YX", "bool")],
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 1), (1, 2), (3, 3), (3, 4)], ids=str)
def test_slivers(tmp_path, shape, axes, dtype, compression):
    """Ragged tiles may be a pixel wide: neither tifffile nor our source may take an axis for another."""
    tile = noise(dtype, {"YX": shape, "YXS": (*shape, 3), "CYX": (2, *shape)}[axes])
    (tmp_path / "a.tif").write_bytes(encoded(tile, TileFacts(axes, PixelSize(0.3, 0.3), 5, 6), compression))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif").reshape(tile.shape), tile)
    source = open_source(tmp_path / "a.tif")
    found = source.read(Box(0, 0, *source.info.plane_shape))
    source.close()
    assert source.info.plane_shape == shape
    assert source.info.axes == axes
    np.testing.assert_array_equal(found, tile)


@pytest.mark.parametrize("axes", list(SHAPES))
@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_is_refused(axes, dtype):
    assert make_sink("tif").refusal(axes, 3, dtype) is None
