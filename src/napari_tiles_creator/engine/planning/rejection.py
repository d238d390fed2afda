"""Tiles that are rejected by hand: from their names back to their indexes, without making every name."""

from __future__ import annotations

import re
from bisect import bisect_left
from string import Formatter
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.names import placeholders
from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan


def rejected_tiles(image: ImagePlan, names: Sequence[str]) -> dict[str, int]:
    """Return the index of each of these names that is the name of a tile of the image.

    Parameters
    ----------
    image : ImagePlan
        The image.
    names : sequence of str
        Names of tiles, without extension, sorted.
    """
    if not names:
        return {}
    template, prefix = _template(image)
    mine = names[bisect_left(names, prefix) :] if prefix else names
    found: dict[str, int] = {}
    others: list[str] = []
    by_index = placeholders(image.name_template) <= {"stem", "index"}  # most names: no tile is needed to make them
    for name in mine:
        if not name.startswith(prefix):
            break
        numbers = template.fullmatch(name)
        if numbers is None:
            continue
        index = _index(image, {key: int(text) for key, text in numbers.groupdict().items()})
        if index is None:
            others.append(name)
        elif 0 <= index < len(image):
            made = image.name_template.format(stem=image.stem, index=index) if by_index else image[index].name
            if made == name:
                found[name] = index
    if others:  # scattered tiles named by their corners: there is no way back from a corner to an index
        index_of = {planned.name: planned.index for planned in image}
        found |= {name: index_of[name] for name in others if name in index_of}
    return found


def _template(image: ImagePlan) -> tuple[re.Pattern[str], str]:
    """Return a pattern that the names of all tiles of an image fit, and what they all begin with."""
    pattern, prefix, seen = "", "", set[str]()
    for literal, field, _, _ in Formatter().parse(image.name_template):
        text = literal + (image.stem if field == "stem" else "")
        pattern += re.escape(text)
        if not seen:
            prefix += text
        if field in (None, "stem"):
            continue
        if field == "split":
            pattern += "(?:train|val|test)?"
            seen.add(field)
            continue
        pattern += r"\d+" if field in seen else rf"(?P<{field}>\d+)"
        seen.add(str(field))
    return re.compile(pattern, re.ASCII), prefix


def _index(image: ImagePlan, numbers: dict[str, int]) -> int | None:
    """Return the index that the numbers in a name tell, -1 where they fit no tile, None where they tell none."""
    if "index" in numbers:
        return numbers["index"]
    if not isinstance(image.tiling, TileGrid):
        return None
    rows, columns = image.tiling.counts
    if "row" in numbers and "column" in numbers:
        row, column = numbers["row"], numbers["column"]
    else:
        tile = image.tiling.tile_under(numbers["y"] + 0.5, numbers["x"] + 0.5)
        starts = [tile.row or 0, tile.column or 0]
        # A tile's corner is owned by it or by its neighbour above or to the left.
        for axis, value, at in ((image.tiling.rows, numbers["y"], 0), (image.tiling.columns, numbers["x"], 1)):
            while starts[at] + 1 < axis.count and axis.start(starts[at]) < value:
                starts[at] += 1
        row, column = starts
    if row >= rows or column >= columns:
        return -1
    for number, plane in enumerate(image.planes):
        if numbers.get("t", plane.t or 0) == (plane.t or 0) and numbers.get("z", plane.z or 0) == (plane.z or 0):
            return number * len(image.tiling) + image.tiling.index_of(row, column)
    return -1
