"""The directories of a TIFF file, walked before anything believes them: circles, cuts and claims beyond the file."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

# Bytes of one value of each type of tag.
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
SUB_DIRECTORIES = 330
# Offsets and byte counts of strips and tiles.
TABLES = (273, 279, 324, 325)
# More than these is damage, or too much to hold in memory: whoever has such a file must convert it.
MOST_TAGS = 4096
MOST_DIRECTORIES = 500_000
MOST_SEGMENTS = 2**23
MOST_TAG_BYTES = 64 * 2**20
DEEPEST = 16
# What is said to lie before the end of the shortest head is not there.
SHORTEST_HEAD = 8


@dataclass(frozen=True, slots=True)
class _Form:
    """How directories are laid out: classic TIFF, BigTIFF, or Hamamatsu's own with 64-bit offsets."""

    order: str
    count: str
    tag: str
    offset: str

    def size(self, part: str) -> int:
        return struct.calcsize(self.order + part)


def check_structure(file: BinaryIO, path: Path) -> None:
    """Walk the directories of a TIFF file, reading nothing but them.

    Libraries follow them wherever they lead: a circle without end, pages after a cut passed over in silence.

    Parameters
    ----------
    file : binary file
        The file, at its beginning, and there again at the end.
    path : Path
        Its name.

    Raises
    ------
    SourceError
        If the file is no TIFF, is cut short, or its directories form a circle or claim what no file holds.
    """
    size = os.fstat(file.fileno()).st_size
    form, first = _head(file, path)
    if not first:
        raise SourceError(f"{path.name} cannot be read: it holds no image, it may be cut short")
    _Walk(file, path.name, size, form).chain(first)
    file.seek(0)


def _head(file: BinaryIO, path: Path) -> tuple[_Form, int]:
    """Return the form of the directories and where the first one is."""
    head = file.read(16)
    order = {b"II": "<", b"MM": ">", b"EP": "<"}.get(head[:2])
    if order is None:
        raise SourceError(f"{path.name} cannot be read: it is no TIFF file, whatever its name says")
    if len(head) < SHORTEST_HEAD:
        raise SourceError(f"{path.name} is cut short: it ends within its first bytes")
    version = struct.unpack_from(order + "H", head, 2)[0]
    if version == 43:
        if len(head) < 16:
            raise SourceError(f"{path.name} is cut short: it ends within its first bytes")
        return _Form(order, "Q", "HHQQ", "Q"), struct.unpack_from(order + "Q", head, 8)[0]
    if version in (42 << 8, 43 << 8):
        raise SourceError(f"{path.name} is damaged: its byte order is not the one that its first bytes say")
    if path.suffix.lower() == ".ndpi" and order == "<" and len(head) == 16:
        return _Form(order, "H", "HHII", "Q"), struct.unpack_from(order + "Q", head, 4)[0]
    return _Form(order, "H", "HHII", "I"), struct.unpack_from(order + "I", head, 4)[0]


class _Walk:
    """One walk through a file's directories."""

    def __init__(self, file: BinaryIO, name: str, size: int, form: _Form) -> None:
        self.file, self.name, self.size, self.form = file, name, size, form
        self.visited = 0

    def chain(self, offset: int) -> None:
        """Follow the chain of directories to its end."""
        seen = set()
        while offset:
            if offset in seen:
                raise SourceError(f"{self.name} is damaged: its directories form a circle")
            seen.add(offset)
            below, following = self._directory(offset)
            for child in below:
                self._below(child, (offset,))
            offset = following

    def _below(self, offset: int, above: tuple[int, ...]) -> None:
        """Look at a directory that hangs below others."""
        if offset < SHORTEST_HEAD:
            return
        if offset in above or len(above) > DEEPEST:
            raise SourceError(f"{self.name} is damaged: its directories form a circle")
        for child in self._directory(offset)[0]:
            self._below(child, (*above, offset))

    def _directory(self, offset: int) -> tuple[tuple[int, ...], int]:
        """Return the directories below one, and where the next one is."""
        form = self.form
        count_size, tag_size, offset_size = form.size(form.count), form.size(form.tag), form.size(form.offset)
        self.visited += 1
        if self.visited > MOST_DIRECTORIES:
            raise SourceError(f"{self.name} cannot be read: it has more than {MOST_DIRECTORIES:,} directories")
        if offset >= self.size:
            raise SourceError(f"{self.name} is cut short: a directory lies behind its end")
        self.file.seek(offset)
        head = self.file.read(count_size)
        if len(head) < count_size:
            raise SourceError(f"{self.name} is cut short: a directory lies behind its end")
        count = struct.unpack(form.order + form.count, head)[0]
        if count > MOST_TAGS:
            raise SourceError(f"{self.name} is damaged: a directory claims {count:,} tags")
        data = self.file.read(count * tag_size + offset_size)
        if len(data) < count * tag_size + offset_size:
            raise SourceError(f"{self.name} is cut short: it ends within a directory")
        below: tuple[int, ...] = ()
        for code, kind, number, value in struct.iter_unpack(form.order + form.tag, data[: count * tag_size]):
            if number <= 4 and code != SUB_DIRECTORIES:
                continue
            self._check_tag(code, kind, number, value)
            if code == SUB_DIRECTORIES:
                below = self._offsets(kind, number, value)
        return below, struct.unpack_from(form.order + form.offset, data, count * tag_size)[0]

    def _check_tag(self, code: int, kind: int, number: int, value: int) -> None:
        length = number * TYPE_BYTES.get(kind, 1)
        if code in TABLES:
            if number > MOST_SEGMENTS:
                raise SourceError(
                    f"{self.name} cannot be read: it claims {number:,} strips or tiles, more than {MOST_SEGMENTS:,}; "
                    f"convert it to larger tiles"
                )
            if length > 8 and value + length > self.size:
                raise SourceError(f"{self.name} is cut short: the table of its strips or tiles lies behind its end")
        elif length > MOST_TAG_BYTES and value + length <= self.size:
            raise SourceError(f"{self.name} cannot be read: its tag {code} claims {length:,} bytes")

    def _offsets(self, kind: int, number: int, value: int) -> tuple[int, ...]:
        """Return where the directories below are."""
        code = {4: "I", 13: "I", 16: "Q", 18: "Q"}.get(kind)
        if code is None or not number:
            return ()
        width = struct.calcsize("=" + code) * number
        if width > self.size:
            raise SourceError(f"{self.name} is damaged: it claims {number:,} directories below one")
        inline = self.form.size("Q" if self.form.tag == "HHQQ" else "I")
        if width <= inline:
            packed = struct.pack(self.form.order + ("Q" if inline == 8 else "I"), value)[:width]
        else:
            if value + width > self.size:
                raise SourceError(f"{self.name} is cut short: a directory lies behind its end")
            self.file.seek(value)
            packed = self.file.read(width)
        return struct.unpack(f"{self.form.order}{number}{code}", packed)
