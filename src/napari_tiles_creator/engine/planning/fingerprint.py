"""A checksum that tells a file from another one of the same name and size, without reading all of it."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Of each place in a file.
SAMPLED_BYTES = 1 << 14


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
