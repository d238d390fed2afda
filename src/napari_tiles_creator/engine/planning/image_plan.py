"""What one source will give: planes, places and names of its tiles, as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.planning.filters import BY_HAND, OUTSIDE, STRADDLES, places_in
from napari_tiles_creator.engine.planning.names import tile_name
from napari_tiles_creator.engine.planning.rejection import rejected_tiles
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.places import areas, boxes, covered
from napari_tiles_creator.geometry.scatter import TileScatter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.geometry.region import Region
    from napari_tiles_creator.geometry.split_bands import SplitBands
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
    split : str
        ``train``, ``val`` or ``test``; empty without a split, and where it belongs to none.
    """

    index: int
    plane: Plane
    tile: Tile
    name: str
    split: str = ""


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
        Axes of the pixels that tiles are cut from: ``YX``, ``CYX`` or ``YXS``.
    dtype : str
        Type of the tiles.
    tiling : TileGrid or TileScatter
        The places of the tiles in every plane.
    name_template : str
        The recipe's ``export.name``.
    region : Region or None
        The recipe's ``tiling.roi``, source pixels.
    exclude : tuple of str
        Names of tiles rejected by hand, sorted; those of other images, too.
    modified_ns : int, default 0
        When the file was last written, as of the scan, ns; 0 where there is no file.
    level : int, default 0
        Level of the source's pyramid that is read; not the full one where the image is made much smaller.
    colours : tuple of (red, green, blue), optional
        What composes the channels of a tile, one a channel, 0…1; empty keeps them as they are.
    split : str, optional
        The split that all its tiles belong to.
    bands : SplitBands, optional
        What of every plane belongs to which split, where it is shared out between several.
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
    region: Region | None = None
    exclude: tuple[str, ...] = ()
    modified_ns: int = 0
    level: int = 0
    colours: tuple[tuple[float, float, float], ...] = ()
    split: str = ""
    bands: SplitBands | None = None

    def __len__(self) -> int:
        """Return the number of indexes: tiles that filters leave out keep theirs."""
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
        split = str(self.splits[index % len(self.tiling)]) if self.bands else self.split
        name = tile_name(self.name_template, self.stem, index, tile, plane.z, plane.t, self.channel, split)
        return PlannedTile(index, plane, tile, name, split)

    @cached_property
    def splits(self) -> NDArray[np.str_]:
        """The split of each place of a plane, array (places,); empty where tiles belong to none."""
        if self.bands is None:
            return np.full(len(self.tiling), self.split)
        return self.bands.splits_of(boxes(self.tiling))

    def boxes_of(self, split: str) -> list[Box]:
        """Return what of every plane belongs to a split, boxes without common pixels, calibrated px."""
        if self.bands is not None:
            return self.bands.boxes(split, self.shape)
        return [Box(0, 0, *self.shape)] if self.split == split else []

    @property
    def tile_axes(self) -> str:
        """Axes of a tile: ``YX``, ``CYX`` or ``YXS``."""
        return "YXS" if self.colours else self.axes

    @property
    def tile_samples(self) -> int:
        """Samples a pixel of a tile has: channels, or 3 for RGB."""
        return 3 if self.colours else self.channels

    @property
    def channels(self) -> int:
        """Samples a pixel has before channels are composed: channels, or 3 for RGB."""
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
    def kept(self) -> NDArray[np.bool_]:
        """Which places of a plane lie in the region and in a split, array (places,). Not to be written to."""
        kept = np.ones(len(self.tiling), bool)
        if self.region is not None:
            kept &= places_in(self.region, self.tiling, self.shape, self.info.plane_shape)
        if self.bands is not None:
            kept &= self.splits != ""
        kept.flags.writeable = False
        return kept

    @property
    def _is_partial(self) -> bool:
        """Whether some places of a plane may give no tile."""
        return self.region is not None or self.bands is not None

    @cached_property
    def rejected_names(self) -> dict[str, int]:
        """The index of each tile that is rejected by hand, by its name."""
        return rejected_tiles(self, self.exclude)

    @cached_property
    def rejected(self) -> frozenset[int]:
        """The indexes of the tiles that are rejected by hand."""
        return frozenset(self.rejected_names.values())

    def left_out(self, index: int) -> str | None:
        """Return why a tile is left out before any pixel is read, None where it is not."""
        if self._is_partial and not self.kept[index % len(self.tiling)]:
            return STRADDLES if self.bands is not None and not self.splits[index % len(self.tiling)] else OUTSIDE
        return BY_HAND if index in self.rejected else None

    def remaining(self, plane_number: int) -> NDArray[np.bool_]:
        """Tell which places of a plane are neither outside the region nor rejected by hand, array (places,)."""
        places, first = self.kept.copy(), plane_number * len(self.tiling)
        here = [index - first for index in self.rejected if first <= index < first + len(places)]
        places[here] = False
        return places

    @property
    def is_padded(self) -> bool:
        """Whether a tile sticks out of the plane."""
        return self.pixels > self.box_pixels

    @property
    def is_filtered(self) -> bool:
        """Whether a tile is outside the region or rejected by hand."""
        return self.tiles < len(self)

    @cached_property
    def tiles(self) -> int:
        """Tiles that remain: in the region, and not rejected by hand."""
        if not self._is_partial:
            return len(self) - len(self.rejected)
        kept, places = self.kept, len(self.tiling)
        return len(self.planes) * int(kept.sum()) - sum(bool(kept[index % places]) for index in self.rejected)

    @cached_property
    def pixels(self) -> int:
        """Pixels of all tiles that remain, of all planes, padding included."""
        if self.is_filtered:
            return self._remaining_area(padded=True)
        if isinstance(self.tiling, TileScatter):
            return len(self) * self.tiling.size[0] * self.tiling.size[1]
        return len(self.planes) * self.tiling.rows.total * self.tiling.columns.total

    @cached_property
    def box_pixels(self) -> int:
        """Pixels of all tiles that remain, of all planes, that lie in the plane."""
        if self.is_filtered:
            return self._remaining_area(padded=False)
        if isinstance(self.tiling, TileScatter):
            return len(self.planes) * sum(box.area for box in self.tiling.boxes)
        return len(self.planes) * self.tiling.rows.box_total * self.tiling.columns.box_total

    @cached_property
    def covered(self) -> int:
        """Pixels of all planes that lie in at least one tile that remains."""
        if not self.is_filtered:
            return len(self.planes) * self.tiling.covered
        if not self.rejected:
            return len(self.planes) * covered(self.tiling, self.kept)
        return sum(covered(self.tiling, self.remaining(number)) for number in range(len(self.planes)))

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles that remain."""
        return self.pixels * self.tile_samples * np.dtype(self.dtype).itemsize

    def _remaining_area(self, *, padded: bool) -> int:
        of_place = areas(self.tiling, padded=padded)
        total = len(self.planes) * int(of_place[self.kept].sum())
        places = len(of_place)
        return total - sum(int(of_place[i % places]) for i in self.rejected if self.kept[i % places])
