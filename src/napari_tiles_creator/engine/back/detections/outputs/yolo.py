"""YOLO's texts: a file a plane, coordinates in shares of the whole image, scores last."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.class_names import name_lines
from napari_tiles_creator.datasets.single_ring import single_ring
from napari_tiles_creator.engine.back.detections.outputs.base import placed_text
from napari_tiles_creator.engine.back.going_on import is_there
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.detections.detections import Detections
    from napari_tiles_creator.engine.back.detections.outputs.base import FoundSource

NAMES_FILE = "classes.txt"


class YoloOutput:
    """Writes ``{stem}.txt`` and ``classes.txt``; see `DetectionsOutput`.

    Boxes where all objects of a plane are boxes, else rings: Ultralytics takes a text with both for a damaged one.

    Parameters
    ----------
    folder : Path
        Where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paths(self, sources: Sequence[tuple[str, Sequence[str]]]) -> list[Path]:
        """Return the files; see `DetectionsOutput.paths`."""
        texts = [path for stem, suffixes in sources for path in self.paths_of(stem, suffixes)]
        return [*texts, self._folder / NAMES_FILE]

    def paths_of(self, stem: str, suffixes: Sequence[str]) -> list[Path]:
        """Return the texts of a source; see `DetectionsOutput.paths_of`."""
        return [self._folder / f"{stem}{suffix}.txt" for suffix in suffixes]

    def write(self, source: FoundSource, classes: Sequence[str]) -> list[Path]:
        """Write a source; see `DetectionsOutput.write`."""
        paths = []
        for plane in source.planes:
            (path,) = self.paths_of(source.stem, [plane.suffix])
            if is_there(path):  # of a merge that was stopped before
                continue
            with placed_text(path) as file:
                file.writelines(rows(plane.detections, source.shape))
            paths.append(path)
        return paths

    def finish(self, classes: Sequence[str]) -> list[Path]:
        """Write the names of classes; see `DetectionsOutput.finish`."""
        path, text = self._folder / NAMES_FILE, name_lines(classes)
        if is_there(path):
            _check_names(path, text)
            return []
        with placed_text(path) as file:
            file.write(text)
        return [path]

    def close(self) -> None:
        """Remove nothing: files are whole or not there."""


def _check_names(path: Path, text: str) -> None:
    """Refuse names of an earlier merge that are others than those of this one."""
    try:
        same = path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        same = False
    if not same:
        raise ExportError(f"{path} is there already and names other classes: merge all images into another folder")


def rows(detections: Detections, shape: tuple[int, int]) -> Iterator[str]:
    """Yield the rows of an image, each with its line break; `shape` is its height and width, px."""
    sides = np.array(shape[::-1], np.float64)
    # A thousandth of a pixel, however large the image.
    decimals = 3 + math.ceil(math.log10(max(1000, *shape)))
    is_box = detections.is_box
    only_boxes = bool(is_box.all())
    for at, number in enumerate(detections.class_numbers.tolist()):
        corners = detections.bounds[at].reshape(2, 2) / sides
        if only_boxes:
            numbers = np.concatenate([corners.mean(axis=0), corners[1] - corners[0]])
        elif is_box[at]:
            (x, y), (x_stop, y_stop) = corners
            numbers = np.array([x, y, x_stop, y, x_stop, y_stop, x, y_stop])
        else:
            numbers = (single_ring(detections.outlines[at]) / sides).ravel()
        yield f"{number} {_text(numbers, decimals)}{_score(float(detections.scores[at]))}\n"


def _text(numbers: NDArray[np.float64], decimals: int) -> str:
    return " ".join(f"{number:.{decimals}f}" for number in np.clip(numbers, 0, 1))


def _score(score: float) -> str:
    return "" if math.isnan(score) else f" {score:.6g}"
