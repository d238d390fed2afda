"""What a source decodes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.sources.base import SourceInfo


def chunk_of(info: SourceInfo) -> tuple[int, int]:
    """Return ``(height, width)`` of what is decoded together, px; what is in memory once decoded has no chunks."""
    height, width = info.plane_shape
    if info.whole_bytes:
        return 1, 1
    return min(info.chunk_rows, height), min(info.chunk_columns, width) or width
