"""Pixel sizes that microscopes' and slide scanners' own programs write."""

import struct

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source
from tiff_bytes import plain, tiff

GREY = np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8)
COLOUR = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def info_of(path, series=0):
    source = open_source(path, Opening(series=series))
    source.close()
    return source.info


APERIO = (
    "Aperio Image Library v11.2.1 \r\n46000x32914 [0,100 46000x32914] (240x240) JPEG/RGB Q=30"
    "|AppMag = 20|StripeWidth = 2040|MPP = 0.2530|Left = 25.691574|OriginalWidth = 46000"
)


def test_aperio(tmp_path):
    path = tmp_path / "a.svs"
    with tifffile.TiffWriter(path) as file:
        file.write(COLOUR, tile=(32, 32), photometric="rgb", description=APERIO, metadata=None)
        file.write(COLOUR[::4, ::4], photometric="rgb", description="Aperio thumbnail", metadata=None)
        file.write(COLOUR[::2, ::2], tile=(16, 16), photometric="rgb", description=APERIO, metadata=None)
        file.write(COLOUR[:20, :30], photometric="rgb", description="Aperio label", subfiletype=1, metadata=None)
        file.write(COLOUR[:20, :50], photometric="rgb", description="Aperio macro", subfiletype=9, metadata=None)
    info = info_of(path)
    assert (str(info.pixel_size), info.pixel_size_from) == ("0.253", "Aperio MPP")
    assert info.levels == ((64, 96), (32, 48))
    assert info.notes == (
        "it holds 4 images (0 Baseline, 1 Thumbnail, 2 Label, 3 Macro), of which one is taken (media.series)",
    )
    label = info_of(path, series=2)
    assert (label.plane_shape, label.pixel_size) == ((20, 30), None)


@pytest.mark.parametrize("text", ["Aperio|AppMag = 20", "Aperio|MPP = 0|", "Aperio|MPP = none|", "Aperio|MPPX = 3"])
def test_aperio_without_a_size(tmp_path, text):
    tifffile.imwrite(tmp_path / "a.svs", COLOUR, tile=(32, 32), photometric="rgb", description=text, metadata=None)
    assert info_of(tmp_path / "a.svs").pixel_size is None


SCN = """<?xml version="1.0"?>
<scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection name="c" sizeX="26563" sizeY="74658">
<image name="macro"><pixels sizeX="48" sizeY="32"><dimension sizeX="48" sizeY="32" ifd="1"/></pixels>
<view sizeX="480000" sizeY="320000" offsetX="0" offsetY="0"/></image>
<image name="main"><pixels sizeX="96" sizeY="64"><dimension sizeX="96" sizeY="64" r="0" ifd="0"/></pixels>
<view sizeX="24000" sizeY="32000" offsetX="0" offsetY="0"/></image></collection></scn>"""


def test_leica_scn(tmp_path):
    path = tmp_path / "a.scn"
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(COLOUR, tile=(32, 32), photometric="rgb", description=SCN, metadata=None)
        file.write(COLOUR[::2, ::2], tile=(16, 16), photometric="rgb", metadata=None)
    macro, main = info_of(path), info_of(path, series=1)
    assert (macro.plane_shape, main.plane_shape) == ((32, 48), (64, 96))
    assert (macro.pixel_size.y_um, macro.pixel_size.x_um, macro.pixel_size_from) == (10, 10, "Leica SCN")
    assert (main.pixel_size.y_um, main.pixel_size.x_um) == (0.5, 0.25)
    assert main.notes == ("it holds 2 images (0 macro, 1 main), of which one is taken (media.series)",)


PHILIPS = """<?xml version="1.0" encoding="UTF-8" ?>
<DataObject ObjectType="DPUfsImport">
<Attribute Name="DICOM_PIXEL_SPACING" Group="0x0028" Element="0x0030"
 PMSVR="IDoubleArray">"0.00025" "0.0005"</Attribute>
<Attribute Name="DICOM_MANUFACTURER" Group="0x0008" Element="0x0070" PMSVR="IString">PHILIPS</Attribute>
</DataObject>"""


def test_philips(tmp_path):
    how = {"software": "Philips DP v1.0", "description": PHILIPS, "metadata": None}
    tifffile.imwrite(tmp_path / "a.tiff", GREY, tile=(32, 32), **how)
    info = info_of(tmp_path / "a.tiff")
    assert (info.pixel_size.y_um, info.pixel_size.x_um, info.pixel_size_from) == (0.25, 0.5, "Philips")


def lsm_info(x: int, y: int, z: int, channels: int, voxel_um: tuple[float, float, float]) -> bytes:
    """Return Zeiss's structure: its size and first fields, the rest zero."""
    head = struct.pack("<IiiiiiiIii", 67127628, 500, x, y, z, channels, 1, 1, 16, 16)
    sizes = struct.pack("<6d", *(um * 1e-6 for um in voxel_um), 0, 0, 0)
    return (head + sizes).ljust(500, b"\0")


@pytest.mark.parametrize("compression", [None, "lzw"])
def test_lsm(tmp_path, compression):
    """A stack of three channels, each plane followed by its thumbnail."""
    stack = np.random.default_rng(1).integers(0, 256, (4, 3, 40, 50), np.uint8)
    tag = (34412, 1, 500, lsm_info(50, 40, 4, 3, (0.25, 0.5, 2.0)), True)
    path = tmp_path / "a.lsm"
    with tifffile.TiffWriter(path) as file:
        for k, plane in enumerate(stack):
            extra = {"extratags": [tag]} if k == 0 else {}
            how = {"photometric": "minisblack", "planarconfig": "separate", "metadata": None}
            file.write(plane, compression=compression, **how, **extra)
            file.write(plane[:, ::3, ::3], subfiletype=1, **how)
    source = open_source(path)
    try:
        info = source.info
        assert (info.axes, info.shape) == ("ZCYX", stack.shape)
        assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((0.5, 0.25))
        assert info.pixel_size_from == "LSM"
        for z in range(4):
            np.testing.assert_array_equal(source.read(Box(3, 5, 20, 30), z=z), stack[z, :, 3:23, 5:35])
    finally:
        source.close()


TAGGED = [
    # tag, its bytes, (y, x) in µm, whose it is
    pytest.param(
        34682, b"[User]\r\nUser=a\r\n[Scan]\r\nPixelWidth=2.5e-09\r\nPixelHeight=5e-09\r\n", (0.005, 0.0025), "FEI",
        id="FEI",
    ),
    pytest.param(
        34118, b"\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 5.5 nm\r\n", (0.0055, 0.0055), "Zeiss SEM", id="SEM"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "text", "um", "whose"), TAGGED)
def test_electron_microscopes(tmp_path, tag, text, um, whose):
    extra = [(tag, 2, len(text) + 1, text + b"\0", True)]
    tifffile.imwrite(tmp_path / "a.tif", GREY, metadata=None, extratags=extra)
    info = info_of(tmp_path / "a.tif")
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx(um)
    assert info.pixel_size_from == whose


def stk(planes: np.ndarray, units: bytes) -> bytes:
    """Return MetaMorph's form: planes behind one another, of which the directory tells the first alone."""
    count, height, width = planes.shape
    pixels = planes.tobytes()
    at = 8 + len(pixels)
    text = struct.pack("<I", len(units) + 1) + units + b"\0"
    values = struct.pack("<4I", 1, 4, 1, 2) + text  # x 1/4, y 1/2
    pairs_at = at + len(values)
    pairs = struct.pack("<8I", 3, 1, 4, at, 5, at + 8, 6, at + 16)
    distances = struct.pack("<6I", 3, 1, 0, 0, 0, 0) * count
    tags = plain(
        t256=(4, width),
        t257=(4, height),
        t278=(4, height),
        t279=(4, height * width),
        t33628=(4, ("claims", 4, pairs_at)),
        t33629=(5, ("claims", count, pairs_at + len(pairs))),
    )
    return tiff(tags, pixels=pixels + values + pairs + distances)


@pytest.mark.parametrize(
    ("units", "um"), [(b"um", (0.5, 0.25)), (b"nm", (0.0005, 0.00025)), (b"pixels", None)], ids=repr
)
def test_metamorph(tmp_path, units, um):
    planes = np.stack([GREY, 255 - GREY, GREY // 2])
    (tmp_path / "a.tif").write_bytes(stk(planes, units))
    source = open_source(tmp_path / "a.tif")
    try:
        info = source.info
        assert (info.axes, info.shape) == ("ZYX", planes.shape)
        assert (info.pixel_size and (info.pixel_size.y_um, info.pixel_size.x_um)) == um
        assert info.pixel_size_from == ("MetaMorph" if um else "none in the file")
        for z, plane in enumerate(planes):
            np.testing.assert_array_equal(source.read(Box(3, 5, 20, 30), z=z), plane[3:23, 5:35])
    finally:
        source.close()


VENTANA = b"<EncodeInfo><SlideInfo><iScan ScanRes='0.465000' Magnification='20'/></SlideInfo></EncodeInfo>"


def test_ventana(tmp_path):
    how = {"software": "ScanOutputManager 1.1", "extratags": [(700, 1, len(VENTANA), VENTANA, True)]}
    text = "level=0 mag=20 quality=95"
    how |= {"description": text, "metadata": None, "photometric": "rgb", "tile": (32, 32)}
    tifffile.imwrite(tmp_path / "a.tif", COLOUR, **how)
    info = info_of(tmp_path / "a.tif")
    assert (str(info.pixel_size), info.pixel_size_from) == ("0.465", "Ventana")


@pytest.mark.parametrize("tag", [700, 33560, 33628, 34118, 34412, 34680, 34682])
def test_damaged_metadata_leaves_the_tags(tmp_path, tag):
    """What cannot be read is passed over, and the resolution tags are believed."""
    junk = bytes(np.random.default_rng(tag).integers(1, 256, 300, np.uint8))
    how = {"resolution": (40000, 40000), "resolutionunit": "CENTIMETER", "metadata": None}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GREY, extratags=[(tag, 1, len(junk), junk, True)], **how)
    try:
        info = info_of(tmp_path / "a.tif")
    except OSError as error:  # some formats' axes lie in what is damaged
        assert str(error).startswith("a.tif")  # noqa: PT017
    else:
        assert (str(info.pixel_size), info.pixel_size_from) == ("0.25", "resolution tags")
