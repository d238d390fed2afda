"""What one source will give: planes, places and names of its tiles, as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.planning.names import tile_name
from napari_tiles_creator.geometry.scatter import TileScatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.geometry.tile import Tile
    from napari_tiles_creator.sources.base import SourceInfo


@dataclass(frozen=True, slots=True)
class Plane:
    """One plane of a source: positions on T and Z, None where the source has no such axis."""

    t: int | None = None
    z: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedTile:
    """One tile of one image.

    Parameters
    ----------
    index : int
        Number among all tiles of its source, over planes and then places.
    plane : Plane
        The plane it is cut from.
    tile : Tile
        Where it lies in the calibrated plane.
    name : str
        Its file's name, without extension.
    """

    index: int
    plane: Plane
    tile: Tile
    name: str


@dataclass(frozen=True)
class ImagePlan:
    """What one source will give.

    Parameters
    ----------
    name : str
        Path relative to the media folder.
    stem : str
        What its tiles are called.
    size_bytes : int
        Size of the file.
    info : SourceInfo
        Its header.
    pixel_size : PixelSize or None
        Of the source, µm; the recipe's where it overrides the file's.
    shape : tuple of int
        ``(height, width)`` of a calibrated plane, px.
    planes : tuple of Plane
        The planes to cut, slowest axis first.
    channel : int or None
        The one channel to keep, None for all.
    axes : str
        Axes of a tile: ``YX``, ``CYX`` or ``YXS``.
    dtype : str
        Type of the tiles.
    tiling : TileGrid or TileScatter
        The places of the tiles in every plane.
    name_template : str
        The recipe's ``export.name``.
    """

    name: str
    stem: str
    size_bytes: int
    info: SourceInfo
    pixel_size: PixelSize | None
    shape: tuple[int, int]
    planes: tuple[Plane, ...]
    channel: int | None
    axes: str
    dtype: str
    tiling: TileGrid | TileScatter
    name_template: str

    def __len__(self) -> int:
        return len(self.planes) * len(self.tiling)

    def __getitem__(self, index: int) -> PlannedTile:
        if not 0 <= index < len(self):
            raise IndexError(f"tile {index} of {len(self)}")
        plane, position = divmod(index, len(self.tiling))
        return self._planned(index, self.planes[plane], self.tiling[position])

    def __iter__(self) -> Iterator[PlannedTile]:
        return (self[index] for index in range(len(self)))

    def in_plane(self, plane_number: int, tile: Tile) -> PlannedTile:
        """Return the tile at this place of a plane."""
        index = plane_number * len(self.tiling) + tile.index
        return self._planned(index, self.planes[plane_number], tile)

    def _planned(self, index: int, plane: Plane, tile: Tile) -> PlannedTile:
        name = tile_name(self.name_template, self.stem, index, tile, plane.z, plane.t, self.channel)
        return PlannedTile(index, plane, tile, name)

    @property
    def channels(self) -> int:
        """Samples a pixel of a tile has: channels, or 3 for RGB."""
        if self.axes == "CYX":
            return self.info.length("C")
        return 3 if self.axes == "YXS" else 1

    @property
    def scale(self) -> tuple[float, float]:
        """Calibrated length / source length along y and x, as it is after rounding."""
        height, width = self.info.plane_shape
        return self.shape[0] / height, self.shape[1] / width

    @property
    def is_calibrated(self) -> bool:
        """Whether the pixels are rescaled."""
        return self.shape != self.info.plane_shape

    @property
    def tile_pixel_size(self) -> PixelSize | None:
        """Micrometres per pixel of the tiles."""
        return self.pixel_size.divided(*self.scale) if self.pixel_size else None

    @cached_property
    def pixels(self) -> int:
        """Pixels of all tiles of one plane, padding included."""
        if isinstance(self.tiling, TileScatter):
            return sum(tile.shape[0] * tile.shape[1] for tile in self.tiling)
        return self.tiling.rows.total * self.tiling.columns.total

    @cached_property
    def box_pixels(self) -> int:
        """Pixels of all tiles of one plane that lie in the plane."""
        if isinstance(self.tiling, TileScatter):
            return sum(box.area for box in self.tiling.boxes)
        return self.tiling.rows.box_total * self.tiling.columns.box_total

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles."""
        return len(self.planes) * self.pixels * self.channels * np.dtype(self.dtype).itemsize
