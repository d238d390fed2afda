"""An exported image as it lies in its tiles: put together by their cores, read from their files when looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.planes import LazyPlanes
from napari_tiles_creator.engine.planning.resolve import tiling_of
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.manifest import Manifest, TileRow


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
        if "C" not in self.facts["axes"] or self.recipe.media.channel is not None:
            return 0
        return int(self.facts["shape"][self.facts["axes"].index("C")])

    @property
    def is_rgb(self) -> bool:
        """Whether the tiles are coloured."""
        return "S" in self.facts["axes"]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the whole image, samples left out."""
        front = [axis for axis in ("t", "z") if getattr(self.rows[0], axis)]
        return (*front, *(["c"] if self.channels else []), "y", "x")

    def missing(self) -> tuple[str, ...]:
        """Return the tiles whose files are not there."""
        return tuple(row.tile for row in self.rows if not (self.folder / row.tile).is_file())

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


class TiledImage(LazyPlanes):
    """The image of a source, from its tiles; pixels that no tile holds are 0.

    Parameters
    ----------
    source : TiledSource
        The source.
    step : int, default 1
        Only every so many-th pixel is there.
    """

    def __init__(self, source: TiledSource, step: int = 1) -> None:
        lengths = (*source.lengths, *([source.channels] if source.channels else []))
        super().__init__(lengths, source.plane_shape, 3 if source.is_rgb else 0, np.dtype(source.rows[0].dtype), step)
        self._source = source
        self._cores: dict[tuple[int, ...], NDArray[np.int64]] = {}
        self.unread: set[str] = set()

    def thinned(self, step: int) -> TiledImage:
        """Return the same image with only every so many-th pixel."""
        return TiledImage(self._source, step)

    def read_plane(self, position: tuple[int, ...], box: Box, step: int) -> NDArray[Any]:
        """Put a rectangle together; see `LazyPlanes.read_plane`. What cannot be read is 0, and named in `unread`."""
        at = position[: len(self._source.lengths)]
        channel = position[len(at)] if self._source.channels else None
        shape = (-(-box.height // step), -(-box.width // step))
        out = np.zeros((*shape, 3) if self._source.is_rgb else shape, self.dtype)
        rows, cores = self._source.planes.get(at, []), self._cores_at(at)
        if not rows:
            return out
        met = (cores[:, 0] < box.y_stop) & (cores[:, 2] > box.y) & (cores[:, 1] < box.x_stop) & (cores[:, 3] > box.x)
        for number in np.flatnonzero(met):
            y, x, y_stop, x_stop = (int(edge) for edge in cores[number])
            # The first and last asked pixels that this tile owns, counted in steps from the box's corner.
            y0, x0 = (max(0, -(-(edge - start) // step)) for edge, start in ((y, box.y), (x, box.x)))
            y1, x1 = (
                min(n, -(-(edge - start) // step))
                for edge, start, n in zip((y_stop, x_stop), (box.y, box.x), shape, strict=True)
            )
            if y0 >= y1 or x0 >= x1:
                continue
            part = Box.between(
                box.y + y0 * step, box.x + x0 * step, box.y + (y1 - 1) * step + 1, box.x + (x1 - 1) * step + 1
            )
            try:
                out[y0:y1, x0:x1] = self._read_tile(rows[number], part, channel)[::step, ::step]
            except SourceError:
                self.unread.add(rows[number].tile)
        return out

    def _cores_at(self, at: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the corners of the cores of a plane's tiles, array (n, [y, x, y stop, x stop])."""
        if at not in self._cores:
            rows = self._source.planes.get(at, [])
            cores = self._source.cores(rows) if rows else []
            self._cores[at] = np.array([(c.y, c.x, c.y_stop, c.x_stop) for c in cores], np.int64).reshape(-1, 4)
        return self._cores[at]

    def _read_tile(self, row: TileRow, part: Box, channel: int | None) -> NDArray[Any]:
        """Return a part of the plane that lies in a tile, array (y, x[, s])."""
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
