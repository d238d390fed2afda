"""A mask as a tiled BigTIFF in which equal tiles are stored once: all their offsets lead to the same bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from napari_tiles_creator.engine.samples.pair_shapes import MIXED, TILE
from napari_tiles_creator.engine.samples.pair_tiles import stored_tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.samples.pair_shapes import Area

# Field types of TIFF 6.0 and BigTIFF: code and bytes of one value.
ASCII, SHORT, LONG, RATIONAL, LONG8 = (2, 1), (3, 2), (4, 4), (5, 8), (16, 8)
ADOBE_DEFLATE, MIN_IS_BLACK, CENTIMETRE, UNSIGNED = 8, 1, 3, 1


def write_tiff(file: BinaryIO, area: Area, name: str, pixel_size_um: float) -> None:
    """Write a mask, 0 or 255 (uint8), OME-TIFF.

    Parameters
    ----------
    file : binary file
        Empty, seekable.
    area : Area
        What is inside.
    name : str
        Name of the image, ASCII.
    pixel_size_um : float
        Micrometres per pixel.
    """
    offsets = np.zeros(area.states.shape, np.uint64)
    counts = np.zeros(area.states.shape, np.uint32)
    description = _description(area.shape, name, pixel_size_um)
    file.seek(len(_head(area.shape, offsets, counts, description, pixel_size_um)))
    place_of: dict[int, int] = {}
    for tile in stored_tiles(area):
        place = place_of.get(tile.state)
        if place is None:
            place = file.tell()
            file.write(tile.content)
            if tile.state != MIXED:
                place_of[tile.state] = place
        offsets[tile.row, tile.column], counts[tile.row, tile.column] = place, len(tile.content)
    file.seek(0)
    file.write(_head(area.shape, offsets, counts, description, pixel_size_um))


def _head(
    shape: tuple[int, int],
    offsets: NDArray[np.uint64],
    counts: NDArray[np.uint32],
    description: str,
    pixel_size_um: float,
) -> bytes:
    """Return everything before the pixels; its length does not depend on the offsets."""
    per_cm = (round(1e4 / pixel_size_um * 1000), 1000)
    fields: list[tuple[int, tuple[int, int], bytes]] = [
        (256, LONG, struct.pack("<I", shape[1])),
        (257, LONG, struct.pack("<I", shape[0])),
        (258, SHORT, struct.pack("<H", 8)),
        (259, SHORT, struct.pack("<H", ADOBE_DEFLATE)),
        (262, SHORT, struct.pack("<H", MIN_IS_BLACK)),
        (270, ASCII, description.encode("ascii") + b"\0"),
        (277, SHORT, struct.pack("<H", 1)),
        (282, RATIONAL, struct.pack("<2I", *per_cm)),
        (283, RATIONAL, struct.pack("<2I", *per_cm)),
        (296, SHORT, struct.pack("<H", CENTIMETRE)),
        (322, LONG, struct.pack("<I", TILE)),
        (323, LONG, struct.pack("<I", TILE)),
        (324, LONG8, offsets.astype("<u8").tobytes()),
        (325, LONG, counts.astype("<u4").tobytes()),
        (339, SHORT, struct.pack("<H", UNSIGNED)),
    ]
    directory_at = 16
    values_at = directory_at + 8 + 20 * len(fields) + 8
    directory, values = struct.pack("<Q", len(fields)), b""
    for tag, (code, size), value in fields:
        directory += struct.pack("<HHQ", tag, code, len(value) // size)
        if len(value) <= 8:
            directory += value.ljust(8, b"\0")
        else:
            directory += struct.pack("<Q", values_at + len(values))
            values += value + b"\0" * (-len(value) % 8)
    no_next_page = bytes(8)
    return struct.pack("<2sHHHQ", b"II", 43, 8, 0, directory_at) + directory + no_next_page + values


def _description(shape: tuple[int, int], name: str, pixel_size_um: float) -> str:
    """Return the OME-XML (schema 2016-06) of one plane; the unit of physical sizes is micrometres by default."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
        'http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">'
        f'<Image ID="Image:0" Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8"'
        f' SizeX="{shape[1]}" SizeY="{shape[0]}" SizeC="1" SizeZ="1" SizeT="1"'
        f' PhysicalSizeX="{pixel_size_um}" PhysicalSizeY="{pixel_size_um}">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/></Pixels></Image></OME>'
    )
