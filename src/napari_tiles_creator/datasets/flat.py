"""All tiles in the export folder itself: the layout for people."""

from __future__ import annotations


class FlatLayout:
    """Tiles side by side, the manifest among them."""

    def tile_path(self, name: str, extension: str) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return name + extension
