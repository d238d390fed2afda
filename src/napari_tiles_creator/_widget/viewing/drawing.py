"""What is drawn for all tiles of a plane: outlines of those that stay, a colour a split, a veil over the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.pattern import (
    MOST_SCATTERED,
    area_outline,
    core_rectangles,
    grid_paths,
    kept_lines,
    outlines,
    rectangle,
)
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.places import grid_indices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator._widget.viewing.tile_states import TileStates
    from napari_tiles_creator.geometry.scatter import TileScatter

# More shapes than these take napari seconds: then tiles are filled, not outlined.
MOST_RUNS = 20_000
NONE = "#00000000"
KEPT_LABEL, LEFT_OUT_LABEL, REJECTED_LABEL = 1, 2, 3
SPLIT_LABELS = {"": KEPT_LABEL, **{name: number for number, name in enumerate(colours.SPLITS, start=4)}}


@dataclass
class Drawing:
    """Shapes of one layer, from bottom to top.

    Parameters
    ----------
    shapes : list of array (n, [y, x])
        Corners, calibrated pixels as napari counts them.
    types, edges, faces : list of str
        Type and colours of each.
    """

    shapes: list[NDArray[np.float64]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    faces: list[str] = field(default_factory=list)

    def add(self, shapes: Iterable[NDArray[np.float64]], kind: str, edge: str = NONE, face: str = NONE) -> None:
        """Add shapes of one kind on top."""
        new = list(shapes)
        self.shapes += new
        self.types += [kind] * len(new)
        self.edges += [edge] * len(new)
        self.faces += [face] * len(new)

    def __len__(self) -> int:
        return len(self.shapes)

    def settings(self, width: float) -> dict[str, Any]:
        """Return what napari's shapes layer is told besides the corners; `width` in pixels of the layer."""
        return {
            "shape_type": self.types,
            "edge_color": _rgba(self.edges),
            "face_color": _rgba(self.faces),
            "edge_width": width,
        }


def draw_tiles(tiling: TileGrid | TileScatter, states: TileStates) -> Drawing | None:
    """Return the drawing of all tiles, None where it would take more shapes than napari can draw at ease."""
    if states.is_plain:
        drawing = Drawing()
        shapes, kind = outlines(tiling)
        drawing.add(shapes, kind, colours.of_split(states.split))
        return drawing
    return _grid(tiling, states) if isinstance(tiling, TileGrid) else _scattered(tiling, states)


def _grid(grid: TileGrid, states: TileStates) -> Drawing | None:
    places = grid_indices(grid)
    rejected = states.rejected[places]
    lines = {split: kept_lines(grid, mask[places]) for split, mask in states.parts.items()}
    veils = [core_rectangles(grid, mask) for mask in (~states.kept[places] & ~rejected, rejected)]
    if sum(map(len, (*lines.values(), *veils))) > MOST_RUNS:
        return None
    drawing = Drawing()
    drawing.add(grid_paths(grid), "path", colours.LEFT_OUT)
    for veil, colour in zip(veils, (colours.VEIL, colours.REJECTED_VEIL), strict=True):
        drawing.add(veil, "rectangle", face=colour)
    for split, runs in lines.items():
        drawing.add(runs, "line", colours.of_split(split))
    return drawing


def _scattered(tiling: TileScatter, states: TileStates) -> Drawing:
    drawing = Drawing()
    shown = np.arange(min(len(tiling), MOST_SCATTERED))
    for mask, edge, face in (
        (~states.kept & ~states.rejected, colours.LEFT_OUT, colours.VEIL),
        (states.rejected, colours.LEFT_OUT, colours.REJECTED_VEIL),
        *((mask, colours.of_split(split), NONE) for split, mask in states.parts.items()),
    ):
        drawing.add((rectangle(tiling[int(i)].box) for i in shown[mask[shown]]), "rectangle", edge, face)
    return drawing


def draw_area(grid: TileGrid, split: str = "") -> Drawing:
    """Return the outline of all that a grid covers."""
    drawing = Drawing()
    drawing.add([area_outline(grid)], "rectangle", colours.of_split(split))
    return drawing


def fill_labels(grid: TileGrid, states: TileStates) -> NDArray[np.uint8]:
    """Return a pixel a tile, array (rows, columns): kept, of which split, left out or rejected by hand."""
    labels = np.where(states.rejected, REJECTED_LABEL, LEFT_OUT_LABEL).astype(np.uint8)
    for split, mask in states.parts.items():
        labels[mask] = SPLIT_LABELS.get(split, KEPT_LABEL)
    return labels[grid_indices(grid)]


def fill_placement(grid: TileGrid, tiles: Placement) -> Placement:
    """Return where those pixels lie: each over what its tile owns, but that the first and last may own more."""
    sides, offsets = [], []
    for axis in (grid.rows, grid.columns):
        count = axis.count
        first = axis.core(1)[0] if count > 1 else 0
        # The last one may have been shifted: the step is taken from those before it.
        side = (axis.core(count - 2)[0] - first) / (count - 3) if count > 3 else axis.stride
        sides.append(side if count > 1 else axis.stop(0))
        offsets.append(first - side if count > 1 else 0)
    return tiles.moved(offsets[0], offsets[1]).resampled(sides[0], sides[1])


def label_colours() -> dict[int | None, str]:
    """Return napari's colours for `fill_labels`."""
    table: dict[int | None, str] = {None: NONE, LEFT_OUT_LABEL: colours.VEIL, REJECTED_LABEL: colours.REJECTED_VEIL}
    return table | {label: f"{colours.of_split(split)}60" for split, label in SPLIT_LABELS.items()}


def _rgba(names: list[str]) -> NDArray[np.float64]:
    """Return colours ``#rrggbb`` or ``#rrggbbaa`` as array (n, 4): napari would look at each anew."""
    table = {name: [int((name + "ff")[i : i + 2], 16) / 255 for i in (1, 3, 5, 7)] for name in set(names)}
    return np.array([table[name] for name in names]).reshape(-1, 4)
