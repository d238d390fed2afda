"""Results as outlines: the objects of a mask, of classes or of labels as GeoJSON, found band by band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.label_bands import runs_of_labels
from napari_tiles_creator.annotations.label_runs import LabelRuns
from napari_tiles_creator.annotations.outlines import outlines
from napari_tiles_creator.annotations.pieces import pieces_of
from napari_tiles_creator.engine.back.detections.detections import Detections
from napari_tiles_creator.engine.back.detections.outputs.base import FoundPlane, FoundSource
from napari_tiles_creator.engine.back.detections.outputs.geojson import GeoJsonOutput
from napari_tiles_creator.engine.predicting.outputs.tile_objects import class_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.outputs.image_output import ImageForm
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.predicting.tile_result import Kind

ENDING = ".geojson"


class OutlinesOutput:
    """Takes the planes of a result and writes what lies in them as outlines, along the edges of pixels.

    Pieces of a mask or of a class that hang together by their sides are an object each; labels say which are one.
    What it takes grows with the edges of objects, not with pixels.

    Parameters
    ----------
    folder : Path
        Where ``{stem}.geojson`` goes.
    image : ImagePlan
        What was segmented.
    form : ImageForm
        The result.
    kind : {"mask", "classes", "labels"}
        What its pixels are.
    wanted : int or None
        The class of a mask.
    """

    def __init__(self, folder: Path, image: ImagePlan, form: ImageForm, kind: Kind, wanted: int | None) -> None:
        self._folder, self._image, self._form, self._kind = folder, image, form, kind
        self._wanted = wanted
        self._planes: list[FoundPlane] = []
        self._classes = 1

    def plane(self, bands: Iterable[NDArray[Any]], at: tuple[int, ...] = ()) -> Iterator[int]:
        """Take a plane; see `ImageOutput.plane`."""
        width, done = self._form.shape[1], 0
        parts: list[LabelRuns] = []
        for band in bands:
            found = runs_of_labels((len(band), width), [band], alike=self._kind == "mask")
            parts.append(LabelRuns(found.shape, found.starts + done * width, found.stops, found.owners))
            done += len(band)
            yield done
        runs = LabelRuns(
            self._form.shape,
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.stops for part in parts]),
            np.concatenate([part.owners for part in parts]),
        )
        position = {axis.lower(): place for (axis, _), place in zip(self._form.lengths, at, strict=True)}
        self._planes.append(FoundPlane(self._objects(runs), position.get("t"), position.get("z")))

    def finish(self) -> None:
        """Write the file.

        Raises
        ------
        ExportError
            If it cannot be written.
        """
        source = FoundSource(self._image.name, self._image.stem, self._form.shape, tuple(self._planes))
        GeoJsonOutput(self._folder).write(source, self._names())

    def _objects(self, runs: LabelRuns) -> Detections:
        import shapely

        if self._kind == "labels":
            names, owners = np.unique(runs.owners, return_inverse=True)
            classes = np.zeros(len(names), np.int64)
        else:
            pieces, first = pieces_of(runs)
            owners = pieces.astype(np.int64)
            classes = runs.owners[first].astype(np.int64) if self._kind == "classes" else np.zeros(len(first), np.int64)
        rows, starts = np.divmod(runs.starts, self._form.shape[1])
        shapes = outlines(owners.reshape(-1), rows, starts, runs.stops.astype(np.int64), len(classes))
        self._classes = max(self._classes, int(classes.max(initial=0)) + 1)
        return Detections(classes, np.full(len(classes), np.nan), shapely.bounds(shapes).reshape(-1, 4), shapes)

    def _names(self) -> list[str]:
        if self._kind == "classes":
            return [class_name(number, ()) for number in range(self._classes)]
        return [class_name(self._wanted or 0, ()) if self._kind == "mask" else class_name(1, ())]
