"""COCO's annotations of one image as geometries: polygons, run lengths, boxes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.areas import polygons_from
from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.annotations.named_objects import MOST_PX
from napari_tiles_creator.annotations.outlines import outlines
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# Place in the file, from 1, and the annotation itself.
Entry = tuple[int, dict[str, Any]]
# Fewer numbers enclose no area.
TRIANGLE = 6


class CocoError(ValueError):
    """What is wrong with a part of the file; the caller names the file."""


@dataclass
class _Geometries:
    """What was read: pieces of polygons, boxes and runs, each with the number of its object."""

    pieces: list[NDArray[np.float64]] = field(default_factory=list)
    piece_owners: list[int] = field(default_factory=list)
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    box_owners: list[int] = field(default_factory=list)
    masks: list[RunLengths] = field(default_factory=list)
    mask_owners: list[int] = field(default_factory=list)


def objects_of(
    entries: Sequence[Entry], shape: tuple[int, int], class_of: Mapping[int, int], name: str
) -> DrawnObjects:
    """Return the objects of one image.

    Polygons of several pieces are their union, as the COCO API decodes them; run lengths become outlines along the
    edges of their pixels. What has no segmentation is a box.

    Parameters
    ----------
    entries : sequence of Entry
        The annotations.
    shape : (int, int)
        Height and width of the image, px.
    class_of : mapping of int to int
        Class number of each category id.
    name : str
        What the file is called in notes.

    Raises
    ------
    CocoError
        If one of them cannot be understood: which, and what was met.
    """
    read = _Geometries()
    classes, scores = np.zeros(len(entries), np.int64), np.full(len(entries), np.nan)
    for at, (place, entry) in enumerate(entries):
        try:
            classes[at] = _class_number(entry, class_of)
            scores[at] = _score(entry)
            _take(read, at, entry, shape)
        except CocoError as error:
            number = f" (id {entry['id']})" if isinstance(entry.get("id"), (int, str)) else ""
            raise CocoError(f"annotation {place}{number[:40]}: {error}") from error
    geometries, only_boxes = _geometries(read, len(entries))
    places = [place for place, _ in entries]
    found = DrawnObjects.of(geometries, classes, only_boxes, places, _crowds(entries, name), scores)
    left_out = len(entries) - len(found)
    if not left_out:
        return found
    note = f"{name}: {left_out} annotation{'s' * (left_out > 1)} left out, for want of an area"
    return replace(found, notes=(*found.notes, note))


def _crowds(entries: Sequence[Entry], name: str) -> tuple[str, ...]:
    crowds = sum(bool(entry.get("iscrowd")) for _, entry in entries)
    return (f"{name}: {crowds} with iscrowd, taken for one object each",) if crowds else ()


def _class_number(entry: dict[str, Any], class_of: Mapping[int, int]) -> int:
    number = entry.get("category_id")
    if isinstance(number, bool) or not isinstance(number, int) or number not in class_of:
        raise CocoError(f"category_id {str(number)[:40]} is the id of no category")
    return class_of[number]


def _score(entry: dict[str, Any]) -> float:
    """Return how sure a model is, NaN where nothing is said."""
    score = entry.get("score")
    if score is None:
        return np.nan
    if isinstance(score, bool) or not isinstance(score, (int, float)) or not abs(score) < MOST_PX:
        raise CocoError(f"its score is {str(score)[:40]}: a number is needed")
    return float(score)


def _take(read: _Geometries, at: int, entry: dict[str, Any], shape: tuple[int, int]) -> None:
    segmentation = entry.get("segmentation")
    if isinstance(segmentation, dict):
        read.masks.append(_mask(segmentation, shape))
        read.mask_owners.append(at)
    elif isinstance(segmentation, list) and segmentation:
        flat = not isinstance(segmentation[0], list)
        for piece in [segmentation] if flat else segmentation:
            points = _numbers(piece, "segmentation")
            if len(points) % 2:
                raise CocoError(
                    f"its segmentation has a polygon of {len(points)} numbers: x, y of each point is needed"
                )
            if len(points) >= TRIANGLE:
                read.pieces.append(points.reshape(-1, 2))
                read.piece_owners.append(at)
    elif segmentation is None or segmentation == []:
        read.boxes.append(_box(entry))
        read.box_owners.append(at)
    else:
        raise CocoError(f"its segmentation is {str(segmentation)[:40]}: polygons or run lengths are needed")


def _numbers(value: object, what: str) -> NDArray[np.float64]:
    """Return a list of numbers, array (n,); CocoError where it is none."""
    try:
        found = np.array(value) if isinstance(value, list) else None
    except ValueError:  # lists of different lengths in it
        found = None
    if found is None or found.ndim != 1 or (len(found) and found.dtype.kind not in "iuf"):
        raise CocoError(f"its {what} has {str(value)[:40]}, which is no list of numbers")
    numbers = found.astype(np.float64)
    if not np.all(np.abs(numbers) < MOST_PX):
        wrong = numbers[~(np.abs(numbers) < MOST_PX)][0]
        raise CocoError(f"its {what} has {wrong:g}, which is no pixel of any image")
    return numbers


def _box(entry: dict[str, Any]) -> NDArray[np.float64]:
    if entry.get("bbox") is None:
        raise CocoError("it has neither a segmentation nor a bbox")
    box = _numbers(entry["bbox"], "bbox")
    if len(box) != 4:
        raise CocoError(f"its bbox has {len(box)} numbers: x, y, width and height are needed")
    if min(box[2:]) < 0:
        raise CocoError(f"its bbox has width and height {box[2]:g} and {box[3]:g}: they must not be negative")
    return box


def _mask(segmentation: dict[str, Any], shape: tuple[int, int]) -> RunLengths:
    size = segmentation.get("size")
    if not isinstance(size, list) or tuple(size) != shape:
        raise CocoError(
            f"its segmentation has the size {str(size)[:40]}: the image is {shape[0]} × {shape[1]} px high and wide"
        )
    if "counts" not in segmentation:
        raise CocoError("its segmentation has no counts")
    try:
        return RunLengths.of_coco(segmentation)
    except (ValueError, TypeError, OverflowError) as error:
        raise CocoError(f"its segmentation cannot be decoded: {error}") from error


def _geometries(read: _Geometries, count: int) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return the geometry of each object, empty where it has no area, and which are boxes alone."""
    import shapely

    found, only_boxes = np.full(count, shapely.Polygon(), object), np.zeros(count, np.bool_)
    if read.boxes:
        x, y, width, height = np.array(read.boxes).T
        found[read.box_owners] = shapely.box(x, y, x + width, y + height)
        only_boxes[read.box_owners] = True
    if read.masks:
        found[read.mask_owners] = _outlines(read.masks)
    if read.pieces:
        polygons = polygons_from(read.pieces)
        owners = np.array(read.piece_owners)
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        for begin, stop in zip(first, np.append(first[1:], len(owners)), strict=True):
            several = stop - begin > 1
            found[owners[begin]] = shapely.union_all(polygons[begin:stop]) if several else polygons[begin]
    return found, only_boxes


def _outlines(masks: Sequence[RunLengths]) -> NDArray[np.object_]:
    """Return the outline of each mask."""
    rows = [np.repeat(np.arange(mask.shape[0], dtype=np.int64), np.diff(mask.row_starts)) for mask in masks]
    owners = np.repeat(np.arange(len(masks)), [len(mask.runs) for mask in masks])
    runs = np.concatenate([mask.runs for mask in masks]).astype(np.int64)
    return outlines(owners, np.concatenate(rows), runs[:, 0], runs[:, 1], len(masks))
