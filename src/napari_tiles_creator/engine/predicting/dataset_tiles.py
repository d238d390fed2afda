"""The tiles of a dataset as models take them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.tiled_image import box_of
from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.recipe.normalization import Normalization


def form_of(source: TiledSource, row: TileRow) -> TileForm:
    """Return what a tile looks like to a model."""
    shape = (int(row.height) + int(row.pad_bottom), int(row.width) + int(row.pad_right))
    low, high = bounds_of(source.recipe.normalization, row.dtype)
    return TileForm(shape, 3 if source.is_rgb else max(1, source.channels), row.dtype, low, high)


def bounds_of(normalization: Normalization, dtype: str) -> tuple[float | None, float | None]:
    """Return what the ends of the ranges of values became: the recipe's bounds, or the limits of the type."""
    if normalization.scope != "none":
        return normalization.bounds
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return 0.0, 1.0
    if kind.kind not in "iu":
        return None, None
    limits = np.iinfo(kind)
    return float(limits.min), float(limits.max)


def read_tile(source: TiledSource, row: TileRow) -> NDArray[Any]:
    """Return a tile as in its file, padding included, array (y, x) or (y, x, c).

    Raises
    ------
    SourceError
        If it is missing or damaged, or has another size or type than it was written with.
    """
    form = form_of(source, row)
    with closing(open_source(source.folder / row.tile)) as opened:
        if opened.info.plane_shape != form.shape:
            height, width = opened.info.plane_shape
            raise SourceError(
                f"{row.tile} has {height} × {width} px and was written with {form.shape[0]} × {form.shape[1]}"
            )
        # Formats without a type for truth values hold them as bytes.
        if opened.info.dtype.name != row.dtype and row.dtype != "bool":
            raise SourceError(f"{row.tile} holds {opened.info.dtype} pixels and was written with {row.dtype}")
        pixels = opened.read(Box(0, 0, *form.shape))
        if opened.info.has_channels:
            pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim == 3 and form.channels == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 2 and form.channels == 3 and source.is_rgb:  # a format that keeps grey pictures grey
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if (pixels.shape[2] if pixels.ndim == 3 else 1) != form.channels:
        raise SourceError(f"{row.tile} has {pixels.shape[2:] or (1,)} channels and was written with {form.channels}")
    return pixels


def own_pixels(source: TiledSource) -> Generator[NDArray[Any], None, None]:
    """Yield the pixels of an image, each once: what each tile owns; tiles that cannot be read are passed over."""
    for row, core in zip(source.rows, source.cores(source.rows), strict=True):
        try:
            pixels = read_tile(source, row)
        except SourceError:
            continue
        box = box_of(row)
        yield pixels[core.moved(-box.y, -box.x).slices]
