"""EXIF blocks as cameras write them, and as damage leaves them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.pictures.exif import Exif, parse_exif


def block(order: str) -> bytes:
    """Return orientation 6, and 4000 x 2000 pixels a centimetre."""
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    entries = [
        struct.pack(order + "HHIHH", 0x0112, 3, 1, 6, 0),
        struct.pack(order + "HHII", 0x011A, 5, 1, 100),
        struct.pack(order + "HHII", 0x011B, 5, 1, 108),
        struct.pack(order + "HHIHH", 0x0128, 3, 1, 3, 0),
    ]
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return (start + directory).ljust(100, b"\0") + struct.pack(order + "4I", 40000, 10, 2000, 1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", [b"", b"Exif\0\0"])
def test_both_byte_orders(order, name):
    exif = parse_exif(name + block(order))
    assert exif == Exif(6, (2000.0, 4000.0), 3)
    assert exif.pixel_size == (PixelSize(5.0, 2.5), "EXIF resolution")
    (note,) = exif.notes
    assert note == "it wants to be shown turned by 90° to the right (EXIF orientation 6): it is tiled as it is stored"


def test_what_pillow_writes():
    exif = Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x011B], exif[0x0128] = 8, 72.0, 72.0, 2
    found = parse_exif(exif.tobytes())
    assert found == Exif(8, (72.0, 72.0), 2)
    assert found.pixel_size == (None, "none in the file (72 dpi is for print or screen)")


def test_upright_pixels_need_no_note():
    assert parse_exif(b"").notes == ()
    assert Exif(1).notes == ()
    assert Exif(0).notes == ()


@given(cut=st.integers(0, 120), at=st.integers(0, 119), value=st.integers(0, 255))
def test_damage_never_raises(cut, at, value):
    content = bytearray(block("<"))
    content[min(at, len(content) - 1)] = value
    found = parse_exif(bytes(content[:cut]))
    assert isinstance(found.notes, tuple)
    assert found.pixel_size[0] is None or found.pixel_size[0].x_um <= 100
