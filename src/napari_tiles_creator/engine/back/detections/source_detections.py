"""The detections of one source of a dataset: read tile by tile, joined plane by plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.back.detections.detections import Detections
from napari_tiles_creator.engine.back.detections.frame import Frame
from napari_tiles_creator.engine.back.detections.join import joined_plane
from napari_tiles_creator.engine.back.detections.outputs.base import FoundPlane, FoundSource, suffix_of
from napari_tiles_creator.engine.back.tiled_image import box_of
from napari_tiles_creator.engine.steps import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.detections.tile_results import TileResults
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow


@dataclass(frozen=True, slots=True, eq=False)
class ReadTiles:
    """What was read of a source.

    Parameters
    ----------
    found : FoundSource
        Its objects.
    missing : tuple of str
        Tiles without a result.
    notes : tuple of str
        What the readers of results noted.
    left_out : int
        Objects that are none, as only tiles show them which own none of their place.
    """

    found: FoundSource
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    left_out: int

    @property
    def count(self) -> int:
        """How many objects there are."""
        return sum(len(plane.detections) for plane in self.found.planes)


def work_px(source: TiledSource) -> int:
    """Return the pixels of a source's tiles: how much there is to be read."""
    return sum(int(row.height) * int(row.width) for row in source.rows)


def detections_steps(
    source: TiledSource, results: TileResults, rule: JoinRule | None = None, *, at_source: bool = False
) -> Generator[Progress, None, ReadTiles]:
    """Read and join the detections of a source.

    Parameters
    ----------
    source : TiledSource
        The source.
    results : TileResults
        What was detected on its tiles.
    rule : JoinRule, optional
        What is the same object; the defaults where left out.
    at_source : bool, default False
        Whether coordinates are those of the source instead of calibrated ones.

    Raises
    ------
    AnnotationError
        If a result cannot be understood: file, line or place, what was met.
    DatasetError
        If several files may be the result of a tile.
    """
    total, done, left_out = work_px(source), 0, 0
    shape = source_shape(source) if at_source else source.plane_shape
    missing: list[str] = []
    notes: list[str] = []
    planes = []
    for rows in source.planes.values():
        of_tiles = []
        for row in rows:
            drawn = results.of(row)
            if drawn is None:
                missing.append(row.tile)
            else:
                notes += drawn.notes
            of_tiles.append(Detections.none() if drawn is None else Detections.of(drawn))
            done += int(row.height) * int(row.width)
            yield Progress(done, total)
        found = joined_plane(frame_of(source, rows), of_tiles, rule)
        left_out += found.left_out
        placed = found.detections.scaled(shape, source.plane_shape)
        planes.append(FoundPlane(placed, _place(rows[0].t), _place(rows[0].z)))
    whole = FoundSource(source.name, source.stem, shape, tuple(planes))
    return ReadTiles(whole, tuple(missing), tuple(notes), left_out)


def frame_of(source: TiledSource, rows: Sequence[TileRow]) -> Frame:
    """Return the tiles of a plane of a source."""
    places = [(int(row.row), int(row.column)) for row in rows] if source.grid is not None else []
    return Frame.of(source.plane_shape, [box_of(row) for row in rows], source.grid, places)


def source_shape(source: TiledSource) -> tuple[int, int]:
    """Return height and width of a source before calibration, px."""
    axes, shape = source.facts["axes"], source.facts["shape"]
    return int(shape[axes.index("Y")]), int(shape[axes.index("X")])


def plane_suffixes(source: TiledSource) -> list[str]:
    """Return what tells the planes of a source apart in names of files."""
    return [suffix_of(_place(rows[0].t), _place(rows[0].z)) for rows in source.planes.values()]


def _place(text: str) -> int | None:
    return int(text) if text else None
