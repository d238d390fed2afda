"""What every layout can do."""

from __future__ import annotations

from typing import Protocol


class Layout(Protocol):
    """The folder form that a consumer expects."""

    def tile_path(self, name: str, extension: str) -> str:
        """Return a tile's path relative to the export folder, with forward slashes.

        Parameters
        ----------
        name : str
            Name of the tile, without extension.
        extension : str
            Extension with its dot.
        """
        ...
