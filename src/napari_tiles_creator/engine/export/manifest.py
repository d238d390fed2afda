"""What an export wrote: ``tiles.csv`` (a row a tile), ``tiles.json`` (the export), and the journals of a running one.

A row is journaled just before its file is renamed into place, so that after any interruption every tile of this
export that stands in the folder has a row, and a row whose file is missing or has another size is simply not done.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.export.head import SCHEMA
from napari_tiles_creator.engine.export.rows import WORK_FOLDER, TileRow, WrittenFile, read_rows
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "tiles.csv"
HEAD = "tiles.json"


def folder_of(dataset: Path) -> Path:
    """Return the folder of a dataset that is named by it or by its ``tiles.json``; DatasetError where none is."""
    if dataset.name == HEAD and not dataset.is_dir():
        dataset = dataset.parent
    if not dataset.exists():
        raise DatasetError(f"{dataset}: there is no such dataset: name the folder that an export wrote")
    if not dataset.is_dir():
        raise DatasetError(f"{dataset}: is a file and no dataset: name the folder that an export wrote, or its {HEAD}")
    return dataset


def staged(folder: Path, name: str) -> Path:
    """Return where a file of a dataset is written before it is put into its place."""
    work = folder / WORK_FOLDER
    return (work if work.is_dir() else folder) / f"{name}.part"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one, never a part; same text, same bytes anywhere."""
    part = staged(path.parent, path.name)
    part.write_bytes(text.encode("utf-8"))
    os.replace(part, path)


def as_json(content: dict[str, Any]) -> str:
    """Return the text of ``tiles.json``."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a dataset as it stands on disk.

    Parameters
    ----------
    folder : Path
        The dataset.
    head : dict
        Content of ``tiles.json``.
    rows : dict
        `TileRow` by tile path, in the order they were written; for a finished dataset, the plan's.
    """

    folder: Path
    head: dict[str, Any]
    rows: dict[str, TileRow] = field(default_factory=dict)

    @property
    def shared(self) -> list[WrittenFile]:
        """The files that tell of all tiles, besides the manifest itself; none before the export came to its end."""
        return [WrittenFile(file["path"], file["bytes"], file["crc32"]) for file in self.head.get("files") or ()]

    @property
    def files(self) -> list[WrittenFile]:
        """Every file that the export wrote, but for the manifest."""
        return [file for row in self.rows.values() for file in row.files] + self.shared

    @property
    def finished(self) -> bool:
        """Whether the export came to its end."""
        return bool(self.head.get("finished"))

    def table_state(self) -> str:
        """Return whether ``tiles.csv`` is the ``"same"`` as when the export ended, ``"changed"`` or ``"missing"``."""
        try:
            crc = zlib.crc32((self.folder / TABLE).read_bytes())
        except OSError:
            return "missing" if self.finished else "same"
        return "same" if not self.finished or crc == self.head.get("table_crc32", crc) else "changed"

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether the folder holds a manifest, finished or not."""
        return (folder / HEAD).is_file()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read ``tiles.json``, ``tiles.csv`` and the journals.

        Raises
        ------
        DatasetError
            If the folder is no dataset or a file of the manifest is damaged.
        """
        content = cls.read_head(folder)
        rows: dict[str, TileRow] = {}
        for path in [folder / TABLE, *sorted((folder / WORK_FOLDER).glob("journal-*.csv"))]:
            if path.is_file():
                rows |= {row.tile: row for row in read_rows(path)}
        for row in rows.values():
            for file in row.files:
                _refuse_outside(folder / TABLE, file.path)
        return cls(folder, content, rows)

    @staticmethod
    def read_head(folder: Path) -> dict[str, Any]:
        """Read ``tiles.json`` alone; see `read`."""
        try:
            content = json.loads((folder / HEAD).read_text(encoding="utf-8"))
            if not isinstance(content, dict) or "recipe" not in content or "sources" not in content:
                raise ValueError("it has no recipe or sources")
        except FileNotFoundError as error:
            raise DatasetError(f"{folder}: no dataset: there is no {HEAD}") from error
        except (OSError, ValueError) as error:
            raise DatasetError(f"{folder / HEAD} is damaged: {error}") from error
        if content.get("schema") != SCHEMA:
            raise DatasetError(f"{folder / HEAD}: schema {content.get('schema')!r} is not known to this version")
        for file in content.get("files") or ():
            if not isinstance(file, dict) or not {"path", "bytes", "crc32"} <= file.keys():
                raise DatasetError(f"{folder / HEAD} is damaged: {str(file)[:80]} is no file with bytes and crc32")
            _refuse_outside(folder / HEAD, str(file["path"]))
        return content


def _refuse_outside(told_by: Path, path: str) -> None:
    """Refuse a path that leads out of the dataset: what stands there is not ours."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive:
        raise DatasetError(f"{told_by} is damaged: {path!r} lies outside the dataset")
