"""Shapes of a layer as the rings of polygons, and the other way round: an outline and its holes are a shape each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Ring = tuple[tuple[float, float], ...]

CIRCLE_POINTS = 64
# The column of a layer's features that tells holes from outlines; napari shows it in its status bar.
HOLE = "hole"


def corners_of(ring: Iterable[Any]) -> NDArray[np.float64]:
    """Return a ring's points ``(x, y)``, corners on integers, as napari counts: array (n, [y, x]), open."""
    points = np.array(list(ring), np.float64)[:, ::-1]
    return (points[:-1] if np.array_equal(points[0], points[-1]) else points) - 0.5


def outline_of(corners: NDArray[np.float64], kind: str) -> NDArray[np.float64] | None:
    """Return what a shape goes around, array (n, [y, x]); None where it encloses nothing."""
    if kind == "ellipse":
        return _round(corners)
    return corners if kind in ("rectangle", "polygon") else None


def _round(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the ellipse in a parallelogram."""
    centre = corners.mean(axis=0)
    across, along = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    angles = np.linspace(0, 2 * np.pi, CIRCLE_POINTS, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angles) * across + np.sin(angles) * along)


def mark_holes(layer: Any, holes: list[bool]) -> None:
    """Mark shapes of a layer as holes; what is drawn later is none."""
    layer.features = {HOLE: holes}
    layer.feature_defaults = {HOLE: False}


def marked_holes(layer: Any) -> list[bool]:
    """Tell which shapes of a layer are marked as holes."""
    marks = layer.features.get(HOLE)
    return [False] * layer.nshapes if marks is None else [bool(mark) for mark in marks]


def as_polygons(outlines: list[Ring], holes: list[Ring]) -> list[tuple[Ring, ...]]:
    """Return polygons, each an outline and its holes.

    Parameters
    ----------
    outlines, holes : list of Ring
        Closed rings. A hole is cut out of the smallest polygon around it; one that was moved across the border of
        polygons, out of each that it touches; one beside all of them means nothing.
    """
    polygons: list[tuple[Ring, ...]] = [(outline,) for outline in outlines]
    if not holes:
        return polygons
    import shapely

    def area(ring: Ring) -> Any:
        return shapely.make_valid(shapely.Polygon(ring))

    areas, crossing = [area(outline) for outline in outlines], []
    for hole in holes:
        around = [(whole.area, number) for number, whole in enumerate(areas) if whole.covers(area(hole))]
        if around:
            polygons[min(around)[1]] += (hole,)
        else:
            crossing.append(area(hole))
    if not crossing:
        return polygons
    cut = shapely.union_all(crossing)
    return [part for whole, polygon in zip(areas, polygons, strict=True) for part in _without(polygon, whole, cut)]


def _without(polygon: tuple[Ring, ...], whole: Any, cut: Any) -> Iterator[tuple[Ring, ...]]:
    """Return what is left of a polygon; the same one where nothing is cut off."""
    import shapely

    if not whole.intersects(cut):
        yield polygon
        return
    rest = shapely.make_valid(shapely.Polygon(polygon[0], polygon[1:])).difference(cut)
    for part in shapely.get_parts(rest):
        if part.geom_type == "Polygon" and part.area > 0:
            yield tuple(tuple(ring.coords) for ring in (part.exterior, *part.interiors))
