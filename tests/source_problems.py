"""What is wrong with a source: opened and read as a whole, told in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from pathlib import Path

# What a table has room for, and a question about axes needs.
LONGEST = 400


def read_all(path: Path, opening: Opening | None = None) -> None:
    """Open a source, read all of its first plane, close it."""
    source = open_source(path, opening or Opening())
    try:
        source.read(Box(0, 0, *source.info.plane_shape))
    finally:
        source.close()


def problem(path: Path, opening: Opening | None = None) -> str:
    """Return what opening and reading a source says: one short line that names the file and no folder."""
    with pytest.raises(SourceError) as caught:
        read_all(path, opening)
    message = str(caught.value)
    assert_one_line(message, path)
    return message


def assert_one_line(message: str, path: Path) -> None:
    """Check that a message is one short line that names the file and no folder."""
    assert path.name in message
    assert str(path.parent) not in message
    assert "\n" not in message
    assert len(message) < LONGEST
