"""Pictures as files: ours are replaced, others never."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def check_picture(path: str) -> Path:
    """Return where a picture goes.

    Raises
    ------
    ExportError
        If the name is not that of a PNG file, or another file stands there.
    """
    from napari_tiles_creator.errors import ExportError

    target = Path(path)
    if target.suffix.lower() != ".png":
        raise ExportError(f"{path}: pictures are PNG files: give a name that ends in .png")
    if not target.parent.is_dir():
        raise ExportError(f"cannot write the picture {path}: there is no folder {target.parent}")
    if target.is_file() and SIGNED not in target.read_bytes()[:100]:
        raise ExportError(f"{path} is there already and no picture of this program: choose another name")
    return target


def save_picture(path: str, png: bytes) -> None:
    """Write the bytes of a PNG file, signed as ours.

    Raises
    ------
    ExportError
        If it cannot be written there; see `check_picture`.
    """
    from napari_tiles_creator.errors import ExportError

    target = check_picture(path)
    staged = target.with_name(f".{target.name}.part")
    try:
        # Right behind the header (8 bytes of signature, 25 of IHDR).
        staged.write_bytes(png[:33] + SIGNED + png[33:])
        staged.replace(target)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise ExportError(f"cannot write the picture {path}: {error.strerror}") from error


def _text_chunk(text: bytes) -> bytes:
    """Return a PNG text chunk: length, type, content, checksum."""
    return struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))


# By this a picture is known as ours, and may be replaced by the next one.
SIGNED = _text_chunk(b"Software\0tiles-creator")
