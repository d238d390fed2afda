"""The tiles of one source of a dataset, or the results named like them, as what merging works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.back.denormalized import Denormalization
from napari_tiles_creator.engine.back.one_value import OneValue
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.result_pixels import PixelForm, ResultPixels
from napari_tiles_creator.engine.back.tiled_image import box_of
from napari_tiles_creator.engine.back.values.gaps import Gaps
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.request import MergeRequest
    from napari_tiles_creator.engine.back.results import ResultFiles
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow

SHOWN = 3


@dataclass(frozen=True)
class SourceTiles:
    """The tiles of a source.

    Parameters
    ----------
    request : MergeRequest
        What is to be done.
    source : TiledSource
        The source.
    results : ResultFiles or None
        Results that are named like the tiles; None takes the dataset's own tiles.
    """

    request: MergeRequest
    source: TiledSource
    results: ResultFiles | None

    @cached_property
    def one_value(self) -> OneValue:
        """Whether the labels that were read so far are one and the same; of a dataset's own masks the layout tells."""
        return OneValue()

    @property
    def positions(self) -> Iterator[tuple[int, ...]]:
        """The planes by their position on time and depth."""
        return product(*map(range, self.source.lengths))

    @property
    def names(self) -> tuple[tuple[str, int], ...]:
        """Axes before the plane, ``T`` and ``Z``, with their lengths."""
        front = [axis.upper() for axis in self.source.axes if axis in ("t", "z")]
        return tuple(zip(front, self.source.lengths, strict=True))

    @cached_property
    def files(self) -> dict[str, Path]:
        """The file of each tile that is there.

        Raises
        ------
        DatasetError
            If files are missing and must not, or all are.
        """
        found = {row.tile: self._file(row) for row in self.source.rows if row.tile not in self.empty}
        missing = [tile for tile, path in found.items() if path is None]
        if missing and (self.request.fill is None or len(missing) == len(found)):
            shown = ", ".join(missing[:SHOWN]) + (", …" if len(missing) > SHOWN else "")
            count = f"{len(missing)} of {len(found)} tiles have no file" if len(found) > 1 else "its tile has no file"
            hint = "" if len(missing) == len(found) else ": --missing VALUE fills what no other tile shows"
            raise DatasetError(f"{self.source.name}: {count} in {self.folder}: {shown}{hint}")
        return {tile: path for tile, path in found.items() if path is not None}

    @cached_property
    def empty(self) -> frozenset[str]:
        """Tiles of which an export wrote no mask, as they show no object: 0 stands there."""
        if not self._takes_masks:
            return frozenset()
        return frozenset(row.tile for row in self.source.rows if not row.mask and row.objects == "0")

    @property
    def folder(self) -> Path:
        """Where files are looked for."""
        return self.request.dataset if self.results is None else self.results.folder

    @cached_property
    def form(self) -> PixelForm:
        """What the pixels are as they are merged.

        Raises
        ------
        DatasetError, SourceError
            If the kind cannot be merged from such pixels.
        """
        form = self._read_form
        if self.request.kind in ("labels", "classes"):
            self._check_numbers(form)
        return form if self._back is None else PixelForm(self._back.dtype, form.channels, form.is_rgb)

    def plane(self, position: tuple[int, ...]) -> PlaneTiles:
        """Return the tiles of a plane.

        Raises
        ------
        DatasetError
            If pixels lie in no tile and must not.
        """
        source = self.source
        rows = [row for row in source.planes.get(position, ()) if row.tile in self.files or row.tile in self.empty]
        grid = source.grid
        places = tuple((int(row.row), int(row.column)) for row in rows) if grid else ()
        tiles = PlaneTiles(source.plane_shape, tuple(map(box_of, rows)), self._reading(rows), grid, places)
        try:
            Gaps(tiles, self.request.fill)
        except ValueError as error:
            raise DatasetError(
                f"{source.name}: {error} of {self.folder}: say what stands there with --missing VALUE"
            ) from error
        return tiles

    @cached_property
    def _read_form(self) -> PixelForm:
        first = next((row for row in self.source.rows if row.tile in self.files), None)
        if first is None:
            return PixelForm(np.dtype(np.uint8))
        return self._pixels.form(first, self.files[first.tile])

    @cached_property
    def _pixels(self) -> ResultPixels:
        in_colour = self.source.is_rgb and not self._takes_masks
        return ResultPixels(in_colour, keeps_colour=in_colour and self.results is None)

    @cached_property
    def _back(self) -> Denormalization | None:
        return Denormalization(self.source, self._read_form) if self.request.denormalize else None

    @cached_property
    def _takes_masks(self) -> bool:
        """Whether the masks beside the tiles are meant, rather than the tiles."""
        wanted = self.results is None and self.request.kind in ("labels", "classes")
        if not wanted or any(row.mask for row in self.source.rows):
            return wanted
        has_masks = make_layout(self.source.recipe.export.layout).mask_format is not None
        return has_masks and all(row.objects == "0" for row in self.source.rows)

    def _file(self, row: TileRow) -> Path | None:
        if self.results is not None:
            return self.results.of(row.tile)
        own = row.mask if self._takes_masks else row.tile
        path = self.request.dataset / own
        return path if own and path.is_file() else None

    def _reading(self, rows: list[TileRow]) -> Callable[[int], NDArray[Any]]:
        pixels, files, back, dtype = self._pixels, self.files, self._back, self._read_form.dtype
        looked_at = self.one_value if self.request.kind == "labels" and not self._takes_masks else None

        def read(number: int) -> NDArray[Any]:
            row = rows[number]
            if row.tile not in files:
                return np.zeros((int(row.height), int(row.width)), dtype)
            values = pixels.read(row, files[row.tile])
            if looked_at is not None:
                looked_at.look(row.tile, values)
            return values if back is None else back.values(values, row)

        return read

    def _check_numbers(self, form: PixelForm) -> None:
        """Refuse pixels that are no ids or classes; those of images with scope none may be."""
        are_intensities = self.source.recipe.normalization.scope != "none"
        if self.results is None and not self._takes_masks and are_intensities:
            raise DatasetError(
                f"{self.source.name}: {self.folder} holds no masks beside its tiles, which are intensities: name the "
                f"folder of {self.request.kind} with --tiles"
            )
        wanted = "ui" if self.request.kind == "labels" else "uib"
        if form.channels > 1 or form.is_rgb or form.dtype.kind not in wanted:
            raise DatasetError(
                f"{self.source.name}: its tiles in {self.folder} are {form}: {self.request.kind} are whole "
                f"numbers in one channel: use --kind values, or name the folder of {self.request.kind} with --tiles"
            )
