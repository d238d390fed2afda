"""CZI, LIF and ND2 through bioio: CZI written by Zeiss's library, OME-TIFF by bioio's writer, the others by hand."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from microscope_files import lif, nd2
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.bioio.source import READERS, open_with
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 60000, (2, 2, 3, 97, 113), np.uint16)  # t, c, z, y, x
RGB = RNG.integers(0, 256, (160, 200, 3), np.uint8)
PLUGINS = ("bioio", "bioio_czi", "bioio_lif", "bioio_nd2", "bioio_ome_tiff")
MISSING = [name for name in PLUGINS if importlib.util.find_spec(name) is None]
needs_bioio = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
ONE_OF_TWO = ("it holds 2 images, of which one is taken (media.series)",)


def write_czi(path: Path, planes, **metadata) -> Path:
    """Write planes: pixels (y, x) or (y, x, 3), position of the plane, place of its first pixel (x, y)."""
    from pylibCZIrw import czi

    with czi.create_czi(str(path)) as file:
        for pixels, position, place in planes:
            shaped = pixels if pixels.ndim == 3 else pixels[..., None]
            file.write(np.ascontiguousarray(shaped), plane=position, location=place)
        file.write_metadata(path.stem, **metadata)
    return path


def czi_stack(path: Path) -> Path:
    planes = [(STACK[t, c, z], {"T": t, "C": c, "Z": z}, (0, 0)) for t in range(2) for c in range(2) for z in range(3)]
    names = {0: "DAPI", 1: "GFP"}
    return write_czi(path, planes, channel_names=names, scale_x=0.25e-6, scale_y=0.5e-6, scale_z=1e-6)


@needs_bioio
def test_czi_stack(tmp_path):
    source = open_source(czi_stack(tmp_path / "a.czi"))
    info = source.info
    assert (info.axes, info.shape, info.dtype) == ("TCZYX", STACK.shape, np.uint16)
    assert info.pixel_size is not None
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((0.5, 0.25), rel=1e-12)
    assert info.pixel_size_from == "CZI metadata"
    assert (info.channel_names, info.notes) == (("DAPI", "GFP"), ())
    assert info.whole_bytes == STACK.nbytes
    box = Box(3, 4, 50, 40)
    for t, z in ((0, 0), (1, 2), (0, 1)):
        np.testing.assert_array_equal(source.read(box, z=z, t=t), STACK[t, :, z][:, 3:53, 4:44])
    np.testing.assert_array_equal(source.read(box, z=1, t=1, channel=1), STACK[1, 1, 1][box.slices])
    source.close()


@needs_bioio
@pytest.mark.parametrize("pixels", [STACK[0, 0, 0], RGB], ids=["grey", "RGB"])
def test_czi_of_one_plane(tmp_path, pixels):
    source = open_source(write_czi(tmp_path / "a.czi", [(pixels, {"C": 0}, (0, 0))]))
    axes = "YXS" if pixels.ndim == 3 else "YX"
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, pixels.shape, pixels.dtype)
    assert (source.info.pixel_size, source.info.pixel_size_from) == (None, "none in the file")
    box = Box(5, 7, 80, 90)
    np.testing.assert_array_equal(source.read(box), pixels[box.slices])
    np.testing.assert_array_equal(open_source(tmp_path / "a.czi").read(box, channel=None), pixels[box.slices])


@needs_bioio
def test_czi_colours_may_be_taken_as_channels(tmp_path):
    write_czi(tmp_path / "a.czi", [(RGB, {"C": 0}, (0, 0))])
    source = open_source(tmp_path / "a.czi", Opening(rgb=False))
    assert (source.info.axes, source.info.shape) == ("YXC", RGB.shape)
    np.testing.assert_array_equal(source.read(Box(5, 7, 80, 90)), RGB[5:85, 7:97].transpose(2, 0, 1))


@needs_bioio
@pytest.mark.parametrize("pixels", [np.ascontiguousarray(RGB[..., 0]), RGB], ids=["grey", "RGB"])
def test_czi_mosaics_are_put_together_and_read_tile_by_tile(tmp_path, pixels):
    tiles = [(pixels[y : y + 80, x : x + 100], {"C": 0}, (x, y)) for y in (0, 80) for x in (0, 100)]
    source = open_source(write_czi(tmp_path / "a.czi", tiles, scale_x=0.5e-6, scale_y=0.5e-6))
    info = source.info
    assert (info.axes, info.shape) == ("YXS" if pixels.ndim == 3 else "YX", pixels.shape)
    assert (info.chunk_rows, info.chunk_columns, info.whole_bytes) == (80, 100, 0)
    for box in (Box(70, 90, 20, 20), Box(0, 0, 160, 200)):
        np.testing.assert_array_equal(source.read(box), pixels[box.slices])


@needs_bioio
def test_lif_with_two_images(tmp_path):
    first, second = STACK[0], RNG.integers(0, 256, (1, 1, 30, 20), np.uint8)
    (tmp_path / "a.lif").write_bytes(lif(("one", first, (0.5, 0.25)), ("two", second, (1.5, 1.5))))
    source = open_source(tmp_path / "a.lif")
    info = source.info
    assert (info.axes, info.shape, info.dtype) == ("CZYX", (2, 3, 97, 113), np.uint16)
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((0.5, 0.25), rel=1e-9)
    assert (info.pixel_size_from, info.channel_names, info.notes) == ("LIF metadata", ("Green", "Red"), ONE_OF_TWO)
    box = Box(3, 4, 50, 40)
    np.testing.assert_array_equal(source.read(box, z=2), first[:, 2, 3:53, 4:44])
    other = open_source(tmp_path / "a.lif", Opening(series=1))
    assert (other.info.axes, other.info.shape, other.info.dtype) == ("YX", (30, 20), np.uint8)
    assert other.info.pixel_size.x_um == pytest.approx(1.5, rel=1e-9)
    np.testing.assert_array_equal(other.read(Box(0, 0, 30, 20)), second[0, 0])
    with pytest.raises(SourceError, match=r"a\.lif: has no image 2 \(media\.series\): it holds 2, from 0"):
        open_source(tmp_path / "a.lif", Opening(series=2))


@needs_bioio
@pytest.mark.parametrize(
    ("um", "size", "comes_from"),
    [
        (0.325, PixelSize(0.325, 0.325), "ND2 metadata"),
        (None, None, "none in the file (1 µm is what readers say of ND2 files that are not calibrated)"),
    ],
)
def test_nd2(tmp_path, um, size, comes_from):
    pixels = STACK[0].transpose(1, 0, 2, 3)
    (tmp_path / "a.nd2").write_bytes(nd2(pixels, um, ("DAPI", "GFP")))
    source = open_source(tmp_path / "a.nd2")
    info = source.info
    assert (info.axes, info.shape, info.dtype) == ("CZYX", (2, 3, 97, 113), np.uint16)
    assert (info.pixel_size, info.pixel_size_from, info.channel_names) == (size, comes_from, ("DAPI", "GFP"))
    np.testing.assert_array_equal(source.read(Box(3, 4, 50, 40), z=2), pixels[2][:, 3:53, 4:44])
    np.testing.assert_array_equal(source.read(Box(0, 0, 97, 113), z=1, channel=1), pixels[1, 1])
    told = open_source(tmp_path / "a.nd2", Opening(axes="CTYX"))
    assert (told.info.axes, told.info.shape) == ("CTYX", (2, 3, 97, 113))
    np.testing.assert_array_equal(told.read(Box(0, 0, 97, 113), t=2, channel=0), pixels[2, 0])


@needs_bioio
@pytest.mark.filterwarnings("ignore:As of version 0.4.0, the parser argument is ignored")  # ome-types 0.7
def test_what_bioios_own_writer_wrote(tmp_path):
    from bioio_base.types import PhysicalPixelSizes
    from bioio_ome_tiff import Reader
    from bioio_ome_tiff.writers import OmeTiffWriter

    path = tmp_path / "a.ome.tiff"
    sizes = [PhysicalPixelSizes(1.0, 0.5, 0.25), PhysicalPixelSizes(None, None, None)]
    OmeTiffWriter.save([STACK, STACK[0, 0]], path, dim_order=["TCZYX", "ZYX"], physical_pixel_sizes=sizes)
    source = open_with(Reader, path, Opening())
    assert (source.info.axes, source.info.shape, source.info.notes) == ("TCZYX", STACK.shape, ONE_OF_TWO)
    assert source.info.pixel_size == PixelSize(0.5, 0.25)
    np.testing.assert_array_equal(source.read(Box(3, 4, 50, 40), z=2, t=1), STACK[1, :, 2, 3:53, 4:44])
    other = open_with(Reader, path, Opening(series=1))
    assert (other.info.axes, other.info.shape, other.info.pixel_size) == ("ZYX", (3, 97, 113), None)
    np.testing.assert_array_equal(other.read(Box(3, 4, 50, 40), z=1), STACK[0, 0, 1, 3:53, 4:44])


def read_to_the_end(path):
    source = open_source(path)
    for z in range(source.info.length("Z")):
        for t in range(source.info.length("T")):
            source.read(Box(0, 0, *source.info.plane_shape), z=z, t=t)


@needs_bioio
@pytest.mark.parametrize("kind", ["czi", "lif", "nd2"])
def test_damage_is_one_sentence(tmp_path, kind, capfd):
    """Empty, renamed, random, cut short anywhere: nothing else is said, not even in a log."""
    pixels = STACK[0].transpose(1, 0, 2, 3)
    good = {
        "czi": czi_stack(tmp_path / "good.czi").read_bytes(),
        "lif": lif(("one", STACK[0], (0.5, 0.25))),
        "nd2": nd2(pixels, 0.5, ("a", "b")),
    }
    capfd.readouterr()
    path = tmp_path / f"bad.{kind}"
    contents = [b"", b"text\n" * 300, RNG.bytes(5000), *(good[other] for other in good if other != kind)]
    contents += [good[kind][: len(good[kind]) * part // 10] for part in range(1, 10)]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(SourceError) as caught:
            read_to_the_end(path)
        assert str(caught.value).startswith(path.name)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300
    assert capfd.readouterr().err == ""


def sentence_without(module: str, name: str) -> str:
    """Return what is said of a file where a module is not installed."""
    code = f"""
import sys
from pathlib import Path
sys.modules[{module!r}] = None  # importing it fails
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.registry import open_source
try:
    open_source(Path({name!r}))
except SourceError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_without_bioio_the_extra_is_named(tmp_path):
    path = tmp_path / "a.czi"
    path.write_bytes(b"ZISRAWFILE")
    assert sentence_without("bioio", str(path)) == "a.czi: needs bioio-czi: pip install bioio bioio-czi"


@needs_bioio
@pytest.mark.parametrize("extension", READERS)
def test_without_a_plugin_it_is_named(tmp_path, extension):
    path = tmp_path / f"a{extension}"
    path.write_bytes(b"x")
    module = READERS[extension][0]
    told = sentence_without(module, str(path))
    assert told == f"a{extension}: needs {module.replace('_', '-')}: pip install bioio {module.replace('_', '-')}"
