"""The name of a tile's file."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.geometry.tile import Tile


def tile_name(
    template: str,
    stem: str,
    index: int,
    tile: Tile,
    z: int | None,
    t: int | None,
    channel: int | None,
    split: str = "",
) -> str:
    """Return the name, without extension; what a tile does not have (a row, a plane) counts as 0.

    Parameters
    ----------
    template : str
        The recipe's ``export.name``.
    stem : str
        The source's stem.
    index : int
        The tile's number among all tiles of its source.
    tile : Tile
        Where it lies.
    z, t, channel : int or None
        The plane and channel it is cut from, where one was taken.
    split : str, optional
        ``train``, ``val`` or ``test``.
    """
    return template.format(
        stem=stem,
        index=index,
        row=tile.row or 0,
        column=tile.column or 0,
        y=tile.box.y,
        x=tile.box.x,
        z=z or 0,
        t=t or 0,
        channel=channel or 0,
        split=split,
    )


def placeholders(template: str) -> set[str]:
    """Return the names of the placeholders in a template."""
    return {field for _, field, _, _ in Formatter().parse(template) if field}
