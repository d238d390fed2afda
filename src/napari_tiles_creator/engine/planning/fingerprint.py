"""A checksum that tells a file from another one of the same name and size, without reading all of it."""

from __future__ import annotations

import os
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Of each place in a file.
SAMPLED_BYTES = 1 << 14
# Read at once of a file that is read whole.
PART_BYTES = 1 << 22
# Files whose checksum is kept while they stay as they are.
MOST_ANSWERS = 1 << 16


def fingerprint(files: Sequence[Path] | None, places: int = 3) -> int | None:
    """Return a checksum of some bytes of some files: 16 KiB at their beginning, middle and end, or at more places.

    A whole slide is not read for it. None for what is no file, or cannot be read: whoever reads its pixels tells that.
    """
    if not files:
        return None
    crc = 0
    try:
        for path in files:
            with open(path, "rb") as file:
                last = max(0, file.seek(0, os.SEEK_END) - SAMPLED_BYTES)
                for place in range(places):
                    file.seek(last * place // (places - 1))
                    crc = zlib.crc32(file.read(SAMPLED_BYTES), crc)
    except OSError:
        return None
    return crc


def checksum(files: Sequence[Path] | None) -> int | None:
    """Return a checksum of all bytes of some files, for those that are corrected by hand: a pixel may be all of it.

    Kept while time and size of a file stay as they are. None for what is no file, or cannot be read.
    """
    if not files:
        return None
    crc = 0
    try:
        for path in files:
            stat = path.stat()
            crc = zlib.crc32(_whole(str(path), stat.st_mtime_ns, stat.st_size).to_bytes(4, "big"), crc)
    except OSError:
        return None
    return crc


@lru_cache(MOST_ANSWERS)
def _whole(path: str, modified_ns: int, size_bytes: int) -> int:
    crc = 0
    with open(path, "rb") as file:
        while part := file.read(PART_BYTES):
            crc = zlib.crc32(part, crc)
    return crc
