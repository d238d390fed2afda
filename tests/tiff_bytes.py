"""TIFF files put together byte by byte: whatever a directory may claim, true or not."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

Values = int | bytes | Sequence[int]
CODES = {1: "B", 2: "s", 3: "H", 4: "I", 7: "s", 13: "I", 16: "Q", 18: "Q"}
HEIGHT, WIDTH = 61, 83


def plain(**changes: tuple[int, Values] | None) -> dict[int, tuple[int, Values]]:
    """Return the tags of an 8-bit image of 61 × 83 px, plain from byte 8 on; `t259=(3, 8)` changes one."""
    tags: dict[int, tuple[int, Values]] = {
        256: (4, WIDTH),
        257: (4, HEIGHT),
        258: (3, 8),
        259: (3, 1),
        262: (3, 1),
        273: (4, 8),
        277: (3, 1),
        278: (4, HEIGHT),
        279: (4, HEIGHT * WIDTH),
    }
    for name, value in changes.items():
        if value is None:
            tags.pop(int(name[1:]), None)
        else:
            tags[int(name[1:])] = value
    return tags


def directory(
    tags: Mapping[int, tuple[int, Values]], at: int, following: int | None, big: bool = False, order: str = "<"
) -> bytes:
    """Return a directory that stands at `at`, its long values behind it; `following` None is the end of it all."""
    entry, count, offset, room = ("HHQ", "Q", "Q", 8) if big else ("HHI", "H", "I", 4)
    head = struct.calcsize(order + count) + len(tags) * (struct.calcsize(order + entry) + room)
    behind = at + head + struct.calcsize(order + offset)
    out, long = struct.pack(order + count, len(tags)), b""
    for tag, (kind, values) in sorted(tags.items()):
        claimed = None
        if isinstance(values, tuple) and values and values[0] == "claims":
            _, claimed, where = values
            packed = struct.pack(order + offset, where)
        elif isinstance(values, bytes):
            packed = values
        else:
            values = [values] if isinstance(values, int) else list(values)
            packed = struct.pack(f"{order}{len(values)}{CODES[kind]}", *values)
        number = claimed if claimed is not None else len(packed) // struct.calcsize("=" + CODES[kind])
        if len(packed) > room:
            place = struct.pack(order + offset, behind + len(long))
            long += packed
        else:
            place = packed.ljust(room, b"\0")
        out += struct.pack(order + entry, tag, kind, number) + place
    return out + struct.pack(order + offset, following or 0) + long


def header(first: int, big: bool = False, order: str = "<") -> bytes:
    """Return a file's first bytes: where the first directory is."""
    mark = b"II" if order == "<" else b"MM"
    if big:
        return mark + struct.pack(order + "HHHQ", 43, 8, 0, first)
    return mark + struct.pack(order + "HI", 42, first)


def tiff(
    *pages: Mapping[int, tuple[int, Values]],
    pixels: bytes = bytes(HEIGHT * WIDTH),
    big: bool = False,
    order: str = "<",
    last: int | None = None,
) -> bytes:
    """Return a file: header, pixels from byte 8 (16 in BigTIFF) on, directories; `last` is where the last one leads."""
    start = 16 if big else 8
    out = b""
    at = start + len(pixels)
    for number, tags in enumerate(pages):
        size = len(directory(tags, at, 0, big, order))
        following = at + size if number < len(pages) - 1 else last
        out += directory(tags, at, following, big, order)
        at += size
    return header(start + len(pixels), big, order) + pixels + out
