"""An exported image as it lies in its tiles: put together by their cores, read from their files when looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.pyramid import Pyramid, centres
from napari_tiles_creator.engine.planning.resolve import tiling_of
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.engine.export.rows import TileRow

# Opening a file takes as long as decoding so many pixels.
FILE_PIXELS = 1 << 17
# So many tiles meet at a corner: at least they can be looked at, however large they are.
ALWAYS_READ = 4


@dataclass(frozen=True)
class TiledSource:
    """One source of a dataset and its tiles.

    Parameters
    ----------
    folder : Path
        The dataset.
    recipe : Recipe
        What it was made by.
    facts : dict
        The source's entry in ``tiles.json``.
    rows : tuple of TileRow
        Its tiles.
    """

    folder: Path
    recipe: Recipe
    facts: dict[str, Any] = field(hash=False)
    rows: tuple[TileRow, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """Path of the source relative to its media folder."""
        return str(self.facts["path"])

    @property
    def stem(self) -> str:
        """What its tiles are called."""
        return str(self.facts["stem"])

    @property
    def plane_shape(self) -> tuple[int, int]:
        """``(height, width)`` of a calibrated plane, px."""
        height, width = self.facts["calibrated_shape"]
        return height, width

    @property
    def scale(self) -> tuple[float, float]:
        """Calibrated length / source length along y and x."""
        return float(self.rows[0].scale_y), float(self.rows[0].scale_x)

    @property
    def pixel_size(self) -> PixelSize | None:
        """Of the source, µm."""
        plain = self.facts["pixel_size_um"]
        if plain is None:
            return None
        return PixelSize(*plain) if isinstance(plain, list) else PixelSize(plain, plain)

    @cached_property
    def planes(self) -> dict[tuple[int, ...], list[TileRow]]:
        """The tiles by their position on time and depth, each counted from 0 and left out where there is none."""
        axes = [axis for axis in ("t", "z") if getattr(self.rows[0], axis)]
        kept = [sorted({int(getattr(row, axis)) for row in self.rows}) for axis in axes]
        planes: dict[tuple[int, ...], list[TileRow]] = {}
        for row in self.rows:
            at = tuple(places.index(int(getattr(row, axis))) for axis, places in zip(axes, kept, strict=True))
            planes.setdefault(at, []).append(row)
        return planes

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of time and depth, of those that are there."""
        return tuple(max(place) + 1 for place in zip(*self.planes, strict=True))

    @property
    def channels(self) -> int:
        """Channels of a tile, 0 where it has no such axis."""
        media = self.recipe.media
        if "C" not in self.facts["axes"] or media.channel is not None or media.colours is not None:
            return 0
        return int(self.facts["shape"][self.facts["axes"].index("C")])

    @property
    def is_rgb(self) -> bool:
        """Whether the tiles are coloured."""
        return "S" in self.facts["axes"] or self.recipe.media.colours is not None

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the whole image, samples left out."""
        front = [axis for axis in ("t", "z") if getattr(self.rows[0], axis)]
        return (*front, *(["c"] if self.channels else []), "y", "x")

    def cores(self, rows: Sequence[TileRow]) -> list[Box]:
        """Return what each tile owns; a tile at a random place owns its box."""
        if self.grid is not None:
            return [self.grid.at(int(row.row), int(row.column)).core for row in rows]
        return [box_of(row) for row in rows]

    @cached_property
    def grid(self) -> TileGrid | None:
        """The grid that the tiles lie in, None where they lie at random."""
        tiling = tiling_of(self.recipe.tiling, self.plane_shape, self.name) if self.rows[0].row else None
        return tiling if isinstance(tiling, TileGrid) else None


def tiled_sources(manifest: Manifest) -> list[TiledSource]:
    """Return the sources of a dataset that have tiles, in their order."""
    recipe = Recipe.of(manifest.head["recipe"])
    rows_of: dict[str, list[TileRow]] = {}
    for row in manifest.rows.values():
        rows_of.setdefault(row.source, []).append(row)
    return [
        TiledSource(manifest.folder, recipe, facts, tuple(rows_of[facts["path"]]))
        for facts in manifest.head["sources"]
        if facts["path"] in rows_of and "calibrated_shape" in facts
    ]


def box_of(row: TileRow) -> Box:
    """Return a tile's pixels that lie in the plane."""
    return Box(int(row.y), int(row.x), int(row.height), int(row.width))


class TiledImage(Pyramid):
    """The image of a source, from its tiles; pixels that no tile holds are 0.

    Parameters
    ----------
    source : TiledSource
        The source.

    Attributes
    ----------
    unread : set of str
        Tiles that could not be read so far: missing, or damaged.
    """

    def __init__(self, source: TiledSource) -> None:
        self._source, self._planes = source, TiledPlanes(source)
        self.unread = self._planes.unread
        lengths = (*source.lengths, *([source.channels] if source.channels else []))
        super().__init__(lengths, [self._planes], source.is_rgb, np.dtype(source.rows[0].dtype), source.plane_shape)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, samples left out."""
        return self._source.axes

    def overview_steps(self, position: tuple[int, ...]) -> Generator[None, None, None]:
        """Fill the overview of a plane tile by tile, so that each is opened once."""
        ys, xs = (centres(n, length) for n, length in zip(self.overview_shape, self.plane_shape, strict=True))
        out = self.overview[position]
        for number, core in enumerate(self._planes.cores(position)):
            y, x, y_stop, x_stop = (int(edge) for edge in core)
            rows = slice(*np.searchsorted(ys, (y, y_stop)))
            columns = slice(*np.searchsorted(xs, (x, x_stop)))
            pixels = self._planes.read_tile(position, number, Box.between(y, x, y_stop, x_stop))
            if pixels is not None:
                out[rows, columns] = pixels[np.ix_(ys[rows] - y, xs[columns] - x)]
            yield

    def typical_values(self) -> Generator[None, None, NDArray[Any]]:
        """Return the overview of the plane in the middle: its pixels are some of the image's."""
        yield
        plane: NDArray[Any] = self.overview[tuple(length // 2 for length in self.lengths)]
        return plane


class TiledPlanes:
    """The planes of a source in full size, read from the tiles.

    Parameters
    ----------
    source : TiledSource
        The source.
    """

    def __init__(self, source: TiledSource) -> None:
        self._source, self.shape = source, source.plane_shape
        self._dtype = np.dtype(source.rows[0].dtype)
        self._cores: dict[tuple[int, ...], NDArray[np.int64]] = {}
        self.unread: set[str] = set()

    def cores(self, position: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the corners of what each tile of a plane owns, array (n, [y, x, y stop, x stop])."""
        at = self._place(position)
        if at not in self._cores:
            rows = self._source.planes.get(at, [])
            cores = self._source.cores(rows) if rows else []
            self._cores[at] = np.array([(c.y, c.x, c.y_stop, c.x_stop) for c in cores], np.int64).reshape(-1, 4)
        return self._cores[at]

    def cost(self, position: tuple[int, ...], box: Box) -> int:
        """Return what it takes to read a rectangle; see `pyramid.Stored`."""
        count, row = len(self._met(position, box)), self._source.rows[0]
        if count <= ALWAYS_READ:
            return 0
        return count * (int(row.height) * int(row.width) + FILE_PIXELS)

    def read(self, position: tuple[int, ...], box: Box) -> NDArray[Any]:
        """Put a rectangle together; see `pyramid.Stored`. What cannot be read is 0, and named in `unread`."""
        out = np.zeros((*box.shape, 3) if self._source.is_rgb else box.shape, self._dtype)
        for number in self._met(position, box):
            y, x, y_stop, x_stop = (int(edge) for edge in self.cores(position)[number])
            part = Box.between(y, x, y_stop, x_stop).intersection(box)
            pixels = self.read_tile(position, int(number), part)
            if pixels is not None:
                out[part.moved(-box.y, -box.x).slices] = pixels
        return out

    def read_tile(self, position: tuple[int, ...], number: int, part: Box) -> NDArray[Any] | None:
        """Return a part of the plane that lies in a tile, array (y, x[, s]); None where it cannot be read."""
        row = self._source.planes[self._place(position)][number]
        channel = position[-1] if self._source.channels else None
        try:
            return self._opened(row, part, channel)
        except SourceError:
            self.unread.add(row.tile)
            return None

    def _place(self, position: tuple[int, ...]) -> tuple[int, ...]:
        """Return a position on time and depth alone: a tile holds all channels."""
        return position[: len(self._source.lengths)]

    def _met(self, position: tuple[int, ...], box: Box) -> NDArray[np.intp]:
        """Return the numbers of the tiles that own pixels of a rectangle."""
        y, x, y_stop, x_stop = self.cores(position).T
        return np.flatnonzero((y < box.y_stop) & (y_stop > box.y) & (x < box.x_stop) & (x_stop > box.x))

    def _opened(self, row: TileRow, part: Box, channel: int | None) -> NDArray[Any]:
        opened = open_source(self._source.folder / row.tile)
        try:
            height, width = opened.info.plane_shape
            if (height, width) != (int(row.height) + int(row.pad_bottom), int(row.width) + int(row.pad_right)):
                raise SourceError(f"{row.tile} is not {row.height} × {row.width} px any more")
            pixels = opened.read(
                part.moved(-int(row.y), -int(row.x)), 0, 0, channel if opened.info.has_channels else None
            )
        finally:
            opened.close()
        if pixels.ndim == 2 and self._source.is_rgb:  # a format that keeps grey pictures grey
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        return pixels
