"""GeoJSON as QuPath reads it: a file a source, coordinates in pixels."""

from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.geojson_objects import BOX, SCORES, SHAPE
from napari_tiles_creator.engine.back.detections.outputs.base import placed_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.detections.outputs.base import FoundPlane, FoundSource

# Names of features follow from it and from where they stand: the same merge gives the same file.
NAMESPACE = uuid.UUID("6f1c3a52-0a6e-4f0b-9a55-2f0d3f3a9c11")
# Of classes by their numbers, told apart by most eyes (Okabe and Ito 2008).
COLORS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
# A millionth of a pixel.
DECIMALS = 6


class GeoJsonOutput:
    """Writes ``{stem}.geojson``; see `DetectionsOutput`.

    Parameters
    ----------
    folder : Path
        Where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paths(self, sources: Sequence[tuple[str, Sequence[str]]]) -> list[Path]:
        """Return the files; see `DetectionsOutput.paths`."""
        return [self._path(stem) for stem, _ in sources]

    def paths_of(self, stem: str, suffixes: Sequence[str]) -> list[Path]:
        """Return the file of a source; see `DetectionsOutput.paths_of`."""
        return [self._path(stem)]

    def write(self, source: FoundSource, classes: Sequence[str]) -> list[Path]:
        """Write a source; see `DetectionsOutput.write`."""
        path = self._path(source.stem)
        with placed_text(path) as file:
            file.write('{"type": "FeatureCollection", "features": [')
            before = "\n"
            for feature in _features(source, classes):
                file.write(before + feature)
                before = ",\n"
            file.write("\n]}\n")
        return [path]

    def finish(self, classes: Sequence[str]) -> list[Path]:
        """Write nothing: each file stands for itself."""
        return []

    def close(self) -> None:
        """Remove nothing: files are whole or not there."""

    def _path(self, stem: str) -> Path:
        return self._folder / f"{stem}.geojson"


def _features(source: FoundSource, classes: Sequence[str]) -> Iterator[str]:
    """Yield the features as texts: shapely writes geometries faster than Python."""
    import shapely

    number = 0
    for plane in source.planes:
        detections = plane.detections
        is_box = detections.is_box
        for at, geometry in enumerate(shapely.to_geojson(_rounded(detections.geometries)).tolist()):
            number += 1
            class_number, score = int(detections.class_numbers[at]), float(detections.scores[at])
            properties: dict[str, Any] = {
                "objectType": "detection",
                "classification": {"name": classes[class_number], "color": COLORS[class_number % len(COLORS)]},
            }
            if not math.isnan(score):
                properties["measurements"] = {SCORES[0]: score}
            if is_box[at]:
                properties["metadata"] = {SHAPE: BOX}
            name = uuid.uuid5(NAMESPACE, f"{source.name}#{number}")
            yield (
                f'{{"type": "Feature", "id": "{name}", "geometry": {_on_plane(geometry, plane)}, '
                f'"properties": {json.dumps(properties)}}}'
            )


def _rounded(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the geometries with few decimals, where that leaves them valid."""
    import shapely

    rounded: NDArray[np.object_] = shapely.transform(geometries, lambda points: np.round(points, DECIMALS))
    valid = shapely.is_valid(rounded)
    return np.where(valid, rounded, geometries)


def _on_plane(geometry: str, plane: FoundPlane) -> str:
    """Return the text of a geometry with the plane of a stack that it lies on."""
    if not plane.suffix:
        return geometry
    place = json.dumps({"c": -1, "z": plane.z or 0, "t": plane.t or 0})
    return f'{geometry.removesuffix("}")},"plane":{place}}}'
