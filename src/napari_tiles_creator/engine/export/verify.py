"""Check a dataset against its manifest, and remove exactly what an export wrote."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs

from napari_tiles_creator.engine.export.leaks import leaks
from napari_tiles_creator.engine.export.lock import locked
from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, Manifest
from napari_tiles_creator.engine.export.predicted import predictions_among
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.export.target import files_below
from napari_tiles_creator.engine.export.writer import clear_staged, write_error
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_tiles_creator.engine.export.rows import WrittenFile

# Files that are read or removed between two reports: some hundredths of a second.
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a dataset compares with its manifest.

    Parameters
    ----------
    tiles : int
        Tiles in the manifest.
    missing : tuple of str
        Files that are not there: of tiles, beside them, and those that tell of all tiles.
    changed : tuple of str
        Files with other content than was written.
    extra : tuple of str
        Files that neither an export nor a prediction wrote; harmless.
    finished : bool
        Whether the export came to its end.
    leaks : tuple of str
        Pairs of tiles of different splits that show a pixel of the same image: one pair an image.
    predictions : tuple of str
        Files of predictions of the dataset's tiles, where the export keeps nothing of its own.
    """

    tiles: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]
    finished: bool
    leaks: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every file is there as it was written, and no two splits share a pixel."""
        return self.finished and not self.missing and not self.changed and not self.leaks

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``verify --json`` prints."""
        return {**asdict(self), "ok": self.ok}


def verify(folder: Path) -> Verdict:
    """Compare every file of a dataset with its manifest, contents included.

    Raises
    ------
    DatasetError
        If the folder is no dataset.
    """
    verdict: Verdict = result_of(_compared(Manifest.read(folder)))
    return verdict


@dataclass(frozen=True, slots=True)
class Step:
    """How far a walk over the files of a dataset has come."""

    done: int
    total: int


def _compared(manifest: Manifest) -> Generator[Step, None, Verdict]:
    folder, files = manifest.folder, manifest.files
    states: list[str] = []
    with ThreadPoolExecutor() as pool:
        while len(states) < len(files):
            yield Step(len(states), len(files))
            states += pool.map(lambda file: _state(folder, file), files[len(states) : len(states) + AT_ONCE])
    state_of = dict(zip((file.path for file in files), states, strict=True)) | {TABLE: manifest.table_state()}
    known = {*state_of, HEAD}
    others = [path for path in files_below(folder) if path not in known]
    layout = str(manifest.head["recipe"].get("export", {}).get("layout", "flat"))
    predictions = predictions_among(folder, layout, manifest.rows, others) if others else set()
    return Verdict(
        tiles=len(manifest.rows),
        missing=tuple(path for path, state in state_of.items() if state == "missing"),
        changed=tuple(path for path, state in state_of.items() if state == "changed"),
        extra=tuple(path for path in others if path not in predictions),
        finished=manifest.finished,
        leaks=leaks(manifest),
        predictions=tuple(path for path in others if path in predictions),
    )


@dataclass(frozen=True, slots=True)
class Emptying:
    """What emptying a dataset removes.

    Parameters
    ----------
    folder : Path
        The dataset.
    remove : tuple of str
        Files that an export wrote and that are still as it wrote them, the manifest included.
    keep : tuple of str
        Tiles that were changed since, and files that no export wrote, predictions among them.
    """

    folder: Path
    remove: tuple[str, ...]
    keep: tuple[str, ...]

    def carry_out(self) -> None:
        """Remove the files, then the folders that this leaves empty; the export folder itself stays.

        Raises
        ------
        ExportError
            If an export is writing to the folder, or a file cannot be removed.
        """
        result_of(self.steps())

    def steps(self) -> Generator[Step, None, None]:
        """Remove them bit by bit, the manifest last: stopped between two steps, the rest can be removed later."""
        with locked(self.folder):
            try:
                for number, path in enumerate(self.remove):
                    if number % AT_ONCE == 0 and path not in (TABLE, HEAD):
                        yield Step(number, len(self.remove))
                    (self.folder / path).unlink(missing_ok=True)
            except OSError as error:
                raise write_error(self.folder, error) from error
            for journal in (self.folder / WORK_FOLDER).glob("*-*.csv"):
                journal.unlink(missing_ok=True)
            clear_staged(self.folder)
        parents = {parent for path in self.remove for parent in (self.folder / path).parents}
        for parent in sorted(parents, key=lambda path: len(path.parts), reverse=True):
            if self.folder in parent.parents:
                _remove_if_empty(parent)


def plan_emptying(folder: Path) -> Emptying:
    """Find out what emptying a dataset would remove; removes nothing yet.

    Raises
    ------
    DatasetError
        If the folder is no dataset.
    """
    emptying: Emptying = result_of(look(folder))
    return emptying


def look(folder: Path) -> Generator[Step, None, Emptying]:
    """Find out bit by bit what emptying would remove; see `plan_emptying`."""
    found = Manifest.read(folder)
    verdict, files = (yield from _compared(found)), found.files
    if TABLE in verdict.missing:
        raise DatasetError(f"{folder / TABLE} is missing: without it nothing tells which files the export wrote")
    gone = {*verdict.missing, *verdict.changed}
    manifest = [name for name in (TABLE, HEAD) if (folder / name).exists() and name not in gone]
    return Emptying(
        folder,
        (*(file.path for file in files if file.path not in gone), *manifest),
        (*verdict.changed, *verdict.extra, *verdict.predictions),
    )


def _state(folder: Path, file: WrittenFile) -> str:
    try:
        data = (folder / file.path).read_bytes()
    except OSError:
        return "missing"
    same = len(data) == file.bytes and imagecodecs.deflate_crc32(data) == file.crc32
    return "same" if same else "changed"


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
