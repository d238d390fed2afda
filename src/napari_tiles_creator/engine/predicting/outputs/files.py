"""The files of predictions: which are there, and how they are written, whole or not at all."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.export import predicted
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.predicting.outputs.labeller_json import labeller_json
from napari_tiles_creator.engine.predicting.outputs.labelme_json import labelme_json
from napari_tiles_creator.engine.predicting.outputs.tile_objects import objects_of
from napari_tiles_creator.engine.predicting.tile_result import TileResult
from napari_tiles_creator.errors import ExportError, SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.predicting.request import Annotations

ENDINGS = {"labels": predicted.LABELLER, "labelme": predicted.LABELME}


@dataclass(frozen=True)
class PredictionFiles:
    """The predictions in a folder.

    Parameters
    ----------
    folder : Path
        Where they are.
    dataset : Path
        Where the tiles are.
    annotations : Annotations
        Which form of annotations is written beside masks.
    probabilities : bool
        Whether those are written.
    classes : tuple of str
        Names of the dataset's classes.
    made_by : str
        Fingerprint of the model.
    """

    folder: Path
    dataset: Path
    annotations: Annotations
    probabilities: bool
    classes: tuple[str, ...]
    made_by: str

    def mask(self, tile: str) -> Path | None:
        """Return the mask of a tile, None where there is none yet."""
        paths = (self.folder / predicted.mask_name(tile, extension) for extension in predicted.MASK_EXTENSIONS)
        return next((path for path in paths if path.is_file()), None)

    def is_done(self, tile: str) -> bool:
        """Whether every file of a tile is there."""
        mask = self.mask(tile)
        # Numbered objects, which are tif, have no probabilities.
        names = [predicted.probabilities_name(tile)] if self.probabilities and mask and mask.suffix == ".png" else []
        if self.annotations in ENDINGS:
            names.append(predicted.annotation_name(tile, ENDINGS[self.annotations]))
        return mask is not None and all((self.folder / name).is_file() for name in names)

    def write(self, row: TileRow, result: TileResult) -> int:
        """Write what is missing of a tile; return the number of its objects, 0 where they are not looked for.

        The mask comes last. A file that is there stays: annotations may have been corrected by hand.
        """
        facts = TileFacts("YX", _pixel_size(row), int(row.y), int(row.x))
        count = 0
        if self.annotations in ENDINGS:
            objects = objects_of(result)
            count = len(objects)
            name = predicted.annotation_name(row.tile, ENDINGS[self.annotations])
            if self.annotations == "labels":
                self._put(name, lambda: [labeller_json(row.tile, objects, self.classes, self.made_by).encode()])
            else:
                place = _relative(self.dataset / row.tile, (self.folder / name).parent)
                self._put(name, lambda: [labelme_json(place, objects, self.classes).encode()])
        if self.probabilities and result.probabilities is not None:
            maps = np.ascontiguousarray(result.probabilities)
            axes = TileFacts("CYX" if maps.ndim == 3 else "YX", facts.pixel_size, facts.y, facts.x)
            self._put(predicted.probabilities_name(row.tile), lambda: make_sink("tif").encode(maps, axes))
        form, compression = ("tif", "zlib") if result.kind == "labels" else ("png", "none")
        pixels = np.ascontiguousarray(result.pixels)
        self._put(predicted.mask_name(row.tile, f".{form}"), lambda: make_sink(form, compression).encode(pixels, facts))
        return count

    def result(self, tile: str, wanted: int | None) -> TileResult:
        """Return what a mask that was written tells of a tile.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        path = self.mask(tile)
        if path is None:
            raise SourceError(f"{tile} has no mask in {self.folder}")
        opened = open_source(path)
        try:
            pixels: NDArray[Any] = opened.read(Box(0, 0, *opened.info.plane_shape))
        finally:
            opened.close()
        if path.suffix == ".tif":
            return TileResult("labels", pixels, None)
        return TileResult("classes" if wanted is None else "mask", pixels, wanted)

    def put_text(self, name: str, parts: Iterable[str]) -> None:
        """Write a text anew, part by part."""
        self._place(name, (part.encode() for part in parts))

    def _put(self, name: str, content: Callable[[], Sequence[bytes | memoryview]]) -> None:
        if not (self.folder / name).is_file():
            self._place(name, content())

    def _place(self, name: str, content: Iterable[bytes | memoryview]) -> None:
        """Write a file beside the others and put it into its place: it is whole or not there."""
        path, work = self.folder / name, self.folder / WORK_FOLDER
        part = work / "prediction.part"
        try:
            work.mkdir(exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with open(part, "wb") as file:
                    file.writelines(content)
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else error.strerror or error
            raise ExportError(
                f"{path} cannot be written: {reason}: mend that and predict again; it goes on where it stopped"
            ) from error


def _relative(path: Path, folder: Path) -> str:
    """Return a path seen from a folder, with forward slashes; the name alone where they are on two disks."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:  # two drives of Windows
        return path.name


def _pixel_size(row: TileRow) -> PixelSize | None:
    sizes = [float(size) for size in row.pixel_size_um.split(";") if size]
    return PixelSize(sizes[0], sizes[-1]) if sizes else None
