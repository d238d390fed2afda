"""YOLO's text beside an image: a line an object, boxes or polygons, in shares of the image's width and height."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.annotations.areas import polygons_from
from napari_tiles_creator.annotations.drawn_objects import MOST_CLASS, DrawnObjects
from napari_tiles_creator.annotations.plain_text import lines_of, shortened
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# What Ultralytics lets pass, too (`verify_image_label`): beyond, the numbers are no shares.
LOWEST, HIGHEST = -0.01, 1.01
BOX_COLUMNS, BOX_COLUMNS_WITH_CONFIDENCE, POLYGON_COLUMNS = 5, 6, 7


@dataclass
class _Rows:
    """What was read: of each object its class, its line, and where its numbers are."""

    box_lines: list[int] = field(default_factory=list)
    box_classes: list[int] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)
    box_scores: list[float] = field(default_factory=list)
    polygon_lines: list[int] = field(default_factory=list)
    polygon_classes: list[int] = field(default_factory=list)
    polygons: list[list[float]] = field(default_factory=list)
    polygon_scores: list[float] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)


def read_yolo(path: Path, shape: tuple[int, int], name: str = "", *, scored: bool = False) -> DrawnObjects:
    """Read the objects of one image.

    A line is ``class x y width height`` (the centre, then perhaps a confidence) or ``class x y x y x y …`` with three
    points or more; a file may hold both. Blank lines and those that begin with ``#`` are passed over. Source numbers
    are those of the lines.

    Parameters
    ----------
    path : Path
        The text.
    shape : (int, int)
        Height and width of the image, px.
    name : str, optional
        What the file is called in messages; its own name where nothing is given.
    scored : bool, default False
        Whether a confidence may stand behind the points of a polygon, too, as Ultralytics' ``save_conf`` puts it
        there. In annotations that would be a number too many.

    Raises
    ------
    AnnotationError
        If it cannot be read or a line is something else: file, line, what was met.
    """
    name = name or path.name
    rows = _Rows()
    for number, line in enumerate(lines_of(path, name), 1):
        if line and not line.startswith("#"):
            try:
                _take(rows, number, line.split(), scored)
            except ValueError as error:
                raise AnnotationError(f"{name}, line {number}: {error}") from error
    return _drawn(rows, shape, name)


def _take(rows: _Rows, line: int, columns: list[str], scored: bool) -> None:
    """Take in one line; ValueError tells what is wrong with it."""
    if len(columns) not in (BOX_COLUMNS, BOX_COLUMNS_WITH_CONFIDENCE) and not (
        len(columns) >= POLYGON_COLUMNS and (scored or len(columns) % 2)
    ):
        raise ValueError(
            f"has {len(columns)} column{'s' * (len(columns) != 1)}: a box has 5 (class, x, y, width, height), a "
            f"polygon a class and x, y of at least 3 points"
        )
    class_number = _class_number(columns[0])
    if len(columns) >= POLYGON_COLUMNS:
        # Class and points are an odd number of columns, so that of an even one the last is a confidence.
        score = math.nan if len(columns) % 2 else _number(columns[-1])
        rows.polygons.append([_share(text) for text in columns[1 : len(columns) - 1 + len(columns) % 2]])
        rows.polygon_scores.append(score)
        rows.polygon_lines.append(line)
        rows.polygon_classes.append(class_number)
        return
    box = [_share(text) for text in columns[1:BOX_COLUMNS]]
    if min(box[2:]) < 0:
        raise ValueError(f"width and height are {columns[3]} and {columns[4]}: they must not be negative")
    score = _number(columns[BOX_COLUMNS]) if len(columns) > BOX_COLUMNS else math.nan
    if not box[2] or not box[3]:
        rows.empty.append(line)
        return
    rows.boxes.append(box)
    rows.box_scores.append(score)
    rows.box_lines.append(line)
    rows.box_classes.append(class_number)


def _number(text: str) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{shortened(text)} is no number")
    return value


def _class_number(text: str) -> int:
    value = _number(text)
    if value < 0 or value != int(value):
        raise ValueError(f"the class is {shortened(text)}: it must be a whole number from 0 on")
    if value > MOST_CLASS:
        raise ValueError(f"the class is {shortened(text)}: {MOST_CLASS} is the highest possible")
    return int(value)


def _share(text: str) -> float:
    value = _number(text)
    if not LOWEST <= value <= HIGHEST:
        raise ValueError(
            f"{shortened(text)} is outside 0…1: coordinates are shares of the image's width and height, not pixels"
        )
    return value


def _drawn(rows: _Rows, shape: tuple[int, int], name: str) -> DrawnObjects:
    """Return the objects in pixels."""
    boxes = _boxes(rows.boxes, shape)
    polygons = polygons_from([np.array(row).reshape(-1, 2) * shape[::-1] for row in rows.polygons])
    found = DrawnObjects.of(
        np.concatenate([boxes, polygons]),
        rows.box_classes + rows.polygon_classes,
        np.arange(len(boxes) + len(polygons)) < len(boxes),
        rows.box_lines + rows.polygon_lines,
        scores=rows.box_scores + rows.polygon_scores,
    )
    empty = sorted({*rows.empty, *rows.box_lines, *rows.polygon_lines} - set(found.source_numbers.tolist()))
    if not empty:
        return found
    lines = ", ".join(map(str, empty[:5])) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    note = f"{name}: left out, for want of an area: line{'s' * (len(empty) > 1)} {lines}"
    return replace(found, notes=(note,))


def _boxes(rows: list[list[float]], shape: tuple[int, int]) -> NDArray[np.object_]:
    import shapely

    x, y, width, height = np.array(rows, np.float64).reshape(-1, 4).T
    rows_px, columns_px = shape
    found: NDArray[np.object_] = shapely.box(
        (x - width / 2) * columns_px,
        (y - height / 2) * rows_px,
        (x + width / 2) * columns_px,
        (y + height / 2) * rows_px,
    )
    return found
