"""``predictions.json``: how predictions were made, so that others are never taken for them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_tiles_creator import __version__
from napari_tiles_creator.engine.export.predicted import COCO, RECORD, names_of
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.export.target import CLUTTER
from napari_tiles_creator.errors import DatasetError, ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.engine.predicting.models.base import Model
    from napari_tiles_creator.engine.predicting.request import PredictRequest

SCHEMA = 1
# What must be the same, and how a difference is told.
TOLD = {
    "dataset": "they were made of another dataset",
    "model": "their model is {was}, not {now}",
    "fingerprint": "{model} has changed since",
    "class": "they are of class {was}, not {now}",
    "threshold": "their threshold is {was}, not {now}",
}


def record_of(request: PredictRequest, model: Model, manifest: Manifest) -> dict[str, Any]:
    """Return what is written; no place on this machine is in it."""
    return {
        "schema": SCHEMA,
        "program": f"napari-tiles-creator {__version__}",
        "dataset": manifest.head.get("table_crc32"),
        "model": Path(model.spec).name,
        "fingerprint": model.fingerprint,
        "class": "all" if request.wanted is None else request.wanted,
        "threshold": request.threshold,
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return what stands in a folder, None where there is none.

    Raises
    ------
    DatasetError
        If it cannot be read.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise ValueError("its schema is not known to this version")
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is damaged: {error}: choose another folder with --output, or remove it") from error
    return content


def refuse_another(folder: Path, was: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse a folder that holds other predictions.

    Raises
    ------
    ExportError
        In what they differ.
    """
    for key, text in TOLD.items():
        if was.get(key) != now[key]:
            difference = text.format(was=was.get(key), now=now[key], model=now["model"])
            raise ExportError(
                f"{folder} holds other predictions ({difference}): choose another folder with --output, or add "
                f"--overwrite to remove them first"
            )


def any_stands(folder: Path, tiles: Iterable[str]) -> bool:
    """Whether any file is there that a prediction of these tiles may have."""
    return any((folder / name).exists() for name in (COCO, *(name for tile in tiles for name in names_of(tile))))


def remove_idle(folder: Path, tiles: Iterable[str]) -> None:
    """Remove a record that tells of no prediction: what failed is to be in the way of nothing."""
    if not any_stands(folder, tiles):
        with suppress(OSError):
            (folder / RECORD).unlink(missing_ok=True)


def refuse_others(folder: Path) -> None:
    """Refuse a folder that was chosen for predictions and holds other files.

    Raises
    ------
    ExportError
        Which files.
    """
    names = sorted(set(os.listdir(folder)) - CLUTTER - {WORK_FOLDER}) if folder.is_dir() else []
    if names and RECORD not in names:
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        raise ExportError(f"--output {folder} holds files that no prediction wrote ({listed}): choose an empty folder")


def refuse_foreign(folder: Path, tiles: Iterable[str]) -> None:
    """Refuse a folder without a record where files have names that predictions would have.

    Raises
    ------
    ExportError
        Which file.
    """
    for name in (COCO, *(name for tile in tiles for name in names_of(tile))):
        if (folder / name).exists():
            raise ExportError(
                f"{folder / name} is in the way of a prediction, and no prediction wrote it: move it, or choose "
                f"another folder with --output"
            )


def remove_predictions(folder: Path, tiles: Iterable[str]) -> None:
    """Remove the predictions of these tiles; the record that tells of them goes last."""
    for name in (COCO, *(name for tile in tiles for name in names_of(tile)), RECORD):
        (folder / name).unlink(missing_ok=True)
