"""What is drawn on a plane or a tile, as napari shows it: outlines of few objects, a label image of many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.drawing import NONE, Drawing
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule, Wanted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.base import DrawnPlane
    from napari_tiles_creator.geometry.objects import SeenObject, TileAnnotations

# napari takes 0.2 ms a shape, and as much again to add them: more objects than these are filled, not outlined.
MOST_OUTLINES = 1_000
# A label image is made no larger; rows of it that are made at once.
LONGEST_SIDE = 4096
ROWS_AT_ONCE = 512
EVERYTHING = BorderRule("keep")


@dataclass
class Outlines:
    """Outlines of objects.

    Parameters
    ----------
    drawing : Drawing
        A shape a ring, px of the plane or tile.
    features : dict
        Class and number of the object of each shape.
    """

    drawing: Drawing = field(default_factory=Drawing)
    features: dict[str, list[Any]] = field(default_factory=lambda: {"class": [], "object": []})


@dataclass(frozen=True, eq=False)
class LabelPicture:
    """A label image.

    Parameters
    ----------
    pixels : array (y, x), uint32 or uint16
        Numbers of objects, or of classes from 1.
    by_class : bool
        Whether they are classes.
    step : int, default 1
        Pixels of the plane along each side of one of these.
    """

    pixels: NDArray[Any]
    by_class: bool
    step: int = 1


def outlines_of(objects: Iterable[SeenObject], classes: Sequence[str]) -> Outlines:
    """Return the outlines of objects, a colour a class."""
    found = Outlines()
    for one in objects:
        colour = colours.of_class(one.class_number)
        rings = list(_rings(one))
        found.drawing.add(rings, "path", colour)
        name = classes[one.class_number] if one.class_number < len(classes) else str(one.class_number)
        found.features["class"] += [name] * len(rings)
        found.features["object"] += [one.source_number] * len(rings)
    return found


def _rings(one: SeenObject) -> Iterable[NDArray[np.float64]]:
    """Yield the closed rings of an object as napari counts, array (n, [y, x])."""
    if one.outline is None:
        b = one.bounds
        corners = [(b.y, b.x), (b.y, b.x_stop), (b.y_stop, b.x_stop), (b.y_stop, b.x), (b.y, b.x)]
        yield np.array(corners, np.float64) - 0.5
        return
    import shapely

    for polygon in shapely.get_parts(one.outline):
        for ring in (polygon.exterior, *polygon.interiors):
            yield shapely.get_coordinates(ring)[:, ::-1] - 0.5


def plane_picture(
    plane: DrawnPlane, shape: tuple[int, int], classes: Sequence[str], *, has_pixels: bool, by_class: bool
) -> Generator[None, None, Outlines | LabelPicture]:
    """Return all that is drawn on a plane, with pauses in which it can be stopped.

    Parameters
    ----------
    plane : DrawnPlane
        The plane.
    shape : tuple of int
        ``(height, width)``, px.
    classes : sequence of str
        Names of the classes.
    has_pixels : bool
        Whether it is a label image.
    by_class : bool
        Whether pixels are coloured by class, not by object.
    """
    whole = Box(0, 0, *shape)
    if not has_pixels:
        count = int(plane.counts(np.array([[0, 0, *shape]], np.int64), EVERYTHING)[0])
        yield
        if count <= MOST_OUTLINES:
            found = plane.cut(whole, (0, 0), "constant", Wanted(outlines=True), EVERYTHING)
            return outlines_of(found.objects, classes)
    return (yield from _painted(plane, shape, by_class=by_class))


def _painted(plane: DrawnPlane, shape: tuple[int, int], *, by_class: bool) -> Generator[None, None, LabelPicture]:
    """Return a label image of a plane, of a large one every so many pixels."""
    height, width = shape
    step = -(-max(shape) // LONGEST_SIDE)
    rows, columns = -(-height // step), -(-width // step)
    pixels = np.zeros((rows, columns), np.uint16 if by_class else np.uint32)
    middles = np.minimum(np.arange(columns) * step + step // 2, width - 1)
    at_once = max(1, ROWS_AT_ONCE // step)
    for first in range(0, rows, at_once):
        last = min(first + at_once, rows)
        band = Box(first * step, 0, min(last * step, height) - first * step, width)
        found = plane.cut(band, (0, 0), "constant", Wanted(instances=not by_class, classes=by_class), EVERYTHING)
        lines = np.minimum(np.arange(last - first) * step + step // 2, band.height - 1)
        pixels[first:last] = source_labels(found, by_class=by_class)[np.ix_(lines, middles)]
        yield
    return LabelPicture(pixels, by_class, step)


def source_labels(found: TileAnnotations, *, by_class: bool) -> NDArray[Any]:
    """Return the label image of a tile: classes from 1, or the objects' numbers in their image, array (y, x)."""
    if by_class:
        assert found.classes is not None
        return found.classes
    assert found.instances is not None
    numbers = np.zeros(int(found.instances.max(initial=0)) + 1, np.uint32)
    for one in found.objects:
        if one.number < len(numbers):
            numbers[one.number] = one.source_number
    return numbers[found.instances]


def colormap_of(picture: LabelPicture) -> Any:
    """Return napari's colours of a label image: of classes ours, of objects its own (None)."""
    if not picture.by_class:
        return None
    from napari.utils import DirectLabelColormap

    table: dict[int | None, str] = {None: NONE, 0: NONE}
    table |= {number + 1: colours.of_class(number) for number in range(int(picture.pixels.max(initial=0)))}
    return DirectLabelColormap(color_dict=table)
