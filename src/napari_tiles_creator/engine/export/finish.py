"""The end of an export: its manifest in plan order, and the files that tell of all its tiles."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.base import Finished, WrittenTile
from napari_tiles_creator.engine.export.head import head
from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, Manifest, as_json, staged, write_whole
from napari_tiles_creator.engine.export.objects import OBJECTS, ObjectTable, journals
from napari_tiles_creator.engine.export.rows import WORK_FOLDER, WrittenFile, table_text
from napari_tiles_creator.engine.export.writer import write_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.planning.plan import Failure, Plan


def finish_dataset(
    plan: Plan,
    folder: Path,
    failed: Sequence[Failure],
    checksum: str | None,
    ranges: list[list[float | None]] | None,
) -> list[TileRow]:
    """Write the manifest and all files that tell of every tile, and remove what is left of the work.

    Parameters
    ----------
    plan : Plan
        The export.
    folder : Path
        Its dataset.
    failed : sequence of Failure
        Sources without tiles, in their order; what was written of one before it failed is removed.
    checksum : str or None
        Digest that the rows hold.
    ranges : list of [low, high] or None
        What all images share with scope dataset.

    Returns
    -------
    rows : list of TileRow
        Those of the dataset, in plan order.

    Raises
    ------
    ExportError
        If a file cannot be written or removed.
    """
    rows = Manifest.read(folder).rows
    kept = _kept(plan, rows.values(), {failure.source for failure in failed})
    layout = plan.layout
    beside = plan.partners is not None
    table = table_text(kept, sha256=checksum == "sha256", beside=beside)
    try:
        keeping = {file.path for row in kept for file in row.files}
        for row in rows.values():
            for file in row.files:
                if file.path not in keeping:
                    (folder / file.path).unlink(missing_ok=True)
        shared = []
        if plan.partners is not None:
            objects = ObjectTable(folder, plan.classes)
            lines = objects.copy((row.tile for row in kept), segmentation=layout.keeps_segmentation)
            shared.append(_write(folder, OBJECTS, lines))
        samples = max((image.tile_samples for image in plan.images), default=1)
        # Indexed once, and only for layouts whose files tell of objects.
        table_of_objects = ObjectTable(folder, plan.classes) if layout.keeps_segmentation else None
        dataset = Finished(_Tiles(kept, table_of_objects), plan.classes, plan.splits, samples)
        shared += [_write(folder, path, parts) for path, parts in layout.shared_files(dataset)]
        write_whole(folder / TABLE, table)
        write_whole(folder / HEAD, as_json(head(plan, failed, checksum, table, ranges, shared)))
        for journal in [*(folder / WORK_FOLDER).glob("journal-*.csv"), *journals(folder)]:
            journal.unlink()
    except OSError as error:
        raise write_error(folder, error) from error
    return kept


def _kept(plan: Plan, rows: Iterable[TileRow], failed: set[str]) -> list[TileRow]:
    """Return the rows of the dataset in plan order."""
    place = {image.name: i for i, image in enumerate(plan.images)}
    kept = [row for row in rows if row.source in place and row.source not in failed]
    return sorted(kept, key=lambda row: (place[row.source], int(row.index)))


def _write(folder: Path, path: str, parts: Iterable[str]) -> WrittenFile:
    """Write a file of the dataset part by part, so that it is the old one or the new one."""
    size = crc = 0
    part_file = staged(folder, path.replace("/", "-"))
    with open(part_file, "wb") as file:
        for part in parts:
            data = part.encode()
            file.write(data)
            size, crc = size + len(data), zlib.crc32(data, crc)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part_file, target)
    return WrittenFile(path, size, crc)


@dataclass(frozen=True)
class _Tiles:
    """All tiles; their objects, where there is a table, are read from the disk one by one."""

    rows: Sequence[TileRow]
    objects: ObjectTable | None

    def __iter__(self) -> Iterator[WrittenTile]:
        for row in self.rows:
            yield WrittenTile(
                path=row.tile,
                height=int(row.height) + int(row.pad_top) + int(row.pad_bottom),
                width=int(row.width) + int(row.pad_left) + int(row.pad_right),
                split=row.split,
                source=row.source,
                y=int(row.y),
                x=int(row.x),
                objects=self.objects.of(row.tile) if self.objects is not None else (),
            )
