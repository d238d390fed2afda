"""Tiles that a model gets at once, and what it makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.dataset_tiles import form_of, read_tile
from napari_tiles_creator.errors import ModelError, SourceError, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.predicting.models.base import Model, TileForm

# A model that failed on so many tiles and on all of them will fail on the rest.
HOPELESS = 10


@dataclass(frozen=True, slots=True)
class Batch:
    """Tiles of one form that follow each other: always the same ones, whatever was predicted before.

    How many tiles a network gets at once may change the last digits of what it returns.
    """

    form: TileForm
    rows: tuple[TileRow, ...]

    @property
    def pixels(self) -> int:
        """Of all its tiles, px."""
        return len(self.rows) * self.form.shape[0] * self.form.shape[1]


def batches_of(source: TiledSource, size: int) -> Iterator[Batch]:
    """Yield all tiles of a source in their order, at most so many of one form together."""
    for form, rows in groupby(source.rows, lambda row: form_of(source, row)):
        every = tuple(rows)
        for first in range(0, len(every), size):
            yield Batch(form, every[first : first + size])


def read_batch(source: TiledSource, batch: Batch) -> list[NDArray[Any] | SourceError]:
    """Return the tiles as in their files, or why one cannot be read: the message names it."""
    found: list[NDArray[Any] | SourceError] = []
    for row in batch.rows:
        try:
            found.append(read_tile(source, row))
        except SourceError as error:
            found.append(SourceError(named(error, row.tile)))
    return found


def predictions_of(
    model: Model, batch: Batch, tiles: Sequence[NDArray[Any] | SourceError]
) -> Iterator[tuple[TileRow, NDArray[Any] | SourceError | ModelError]]:
    """Yield what the model makes of each tile, or why there is nothing.

    Where it fails on several tiles at once, each is tried alone.
    """
    there = [tile for tile in tiles if not isinstance(tile, SourceError)]
    made = iter(_predicted(model, batch.form, there))
    for row, tile in zip(batch.rows, tiles, strict=True):
        yield row, tile if isinstance(tile, SourceError) else next(made)


def _predicted(model: Model, form: TileForm, tiles: Sequence[NDArray[Any]]) -> list[NDArray[Any] | ModelError]:
    if not tiles:
        return []
    try:
        return list(model.predict(np.stack(tiles), form))
    except ModelError as error:
        return [error] if len(tiles) == 1 else [one for tile in tiles for one in _predicted(model, form, [tile])]
