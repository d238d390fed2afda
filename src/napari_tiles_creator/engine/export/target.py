"""The export folder: what may be written there, and what stands there already."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_tiles_creator.engine.export.head import head
from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, Manifest
from napari_tiles_creator.engine.export.objects import OBJECTS
from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.export.tile_encoder import TileEncoder
from napari_tiles_creator.engine.placing import real_path, same_place
from napari_tiles_creator.errors import DatasetError, ExportError
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.recipe.wording import shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.recipe.document import Recipe

# Files that file managers leave anywhere.
CLUTTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".directory"}


def check_target(recipe: Recipe) -> Path:
    """Return the export folder; refuse one that holds the images or lies among them.

    Raises
    ------
    ExportError
        If the export folder is the media folder, above it or inside it.
    """
    if not recipe.export.folder.strip():
        raise ExportError("no folder for the tiles is named", "export.folder")
    target = Path(recipe.export.folder)
    for field in ("annotations.labels", "annotations.boxes"):
        place = recipe.places.get(field)
        if place is not None and place != OPEN_LAYERS and same_place(real_path(target), real_path(Path(place))):
            raise ExportError(f"export folder {target} is that of {field}: choose another", "export.folder")
    if recipe.media.folder == OPEN_LAYERS:  # nowhere on the disk, so that no folder is too near
        return _no_file(target)
    real, media = real_path(target), real_path(Path(recipe.media.folder))
    one_file = media.is_file()
    images = media.parent if one_file else media
    if same_place(real, images):
        relation = "is the folder of the images"
    elif any(same_place(real, parent) for parent in images.parents):
        relation = "lies above the folder of the images"
    elif not one_file and any(same_place(images, parent) for parent in real.parents):
        relation = "lies inside the folder of the images"
    else:
        return _no_file(target)
    raise ExportError(f"export folder {target} {relation}: choose another", "export.folder")


def _no_file(target: Path) -> Path:
    if target.exists() and not target.is_dir():
        raise ExportError(f"export folder {target} is a file: choose a folder", "export.folder")
    return target


def resumable(plan: Plan, folder: Path, checksum: str | None, allow_foreign: bool) -> Manifest | None:
    """Return what an earlier run of the same export left in the folder, None where it is free.

    Raises
    ------
    ExportError
        If it holds another export, or files that no export wrote (unless these are allowed).
    """
    if Manifest.exists(folder):
        manifest = Manifest.read(folder)
        difference = _difference(manifest.head, head(plan, plan.failed, checksum))
        if difference:
            raise _another(folder, difference)
        _refuse_name_clash(plan, folder, known={file.path for file in manifest.files})
        return manifest
    foreign = _foreign_names(folder)
    if foreign and not allow_foreign:
        raise _foreign(folder, foreign)
    if foreign:
        for path in (TABLE, HEAD, OBJECTS):
            if (folder / path).exists():
                raise ExportError(
                    f"{folder / path} is in the way of the manifest: choose another folder", "export.folder"
                )
        _refuse_name_clash(plan, folder, known=())
    return None


@dataclass(frozen=True, slots=True)
class TargetState:
    """What stands in the export folder, seen from a plan that is to be written there.

    Parameters
    ----------
    kind : {"free", "unfinished", "finished", "another", "foreign"}
        Nothing is in the way; the same export, to be gone on with; the same export, complete; another export;
        files that no export wrote.
    tiles : int
        Tiles of the same export that stand there whole.
    total : int
        Tiles the plan comes to; an upper bound where a filter reads pixels.
    error : ExportError or None
        Why nothing can be written there (another, foreign).
    failed : int
        Images that gave no tiles in a finished export: exporting again tries them again.
    """

    kind: Literal["free", "unfinished", "finished", "another", "foreign"]
    tiles: int = 0
    total: int = 0
    error: ExportError | None = None
    failed: int = 0


def target_state(plan: Plan, checksum: str | None = None) -> TargetState:
    """Return what an export of this plan would meet in its folder; writes nothing.

    Reads the head of the manifest, and the table only where the export is the same.

    Raises
    ------
    ExportError
        If the folder cannot be used whatever is in it; see `check_target`.
    """
    folder = check_target(plan.recipe)
    try:
        if not Manifest.exists(folder):
            names = _foreign_names(folder)
            return TargetState("foreign", error=_foreign(folder, names)) if names else TargetState("free")
        found = Manifest.read_head(folder)
        difference = _difference(found, head(plan, plan.failed, checksum))
        if difference:
            return TargetState("another", error=_another(folder, difference))
        manifest = Manifest.read(folder)
    except DatasetError as error:
        return TargetState("another", error=ExportError(f"{error}: choose another folder", "export.folder"))
    except PermissionError as error:
        raise ExportError(f"no permission to read {folder}: choose another folder", "export.folder") from error
    if plan.recipe.media.folder == OPEN_LAYERS:
        return TargetState("free")
    there, failed = len(complete(manifest, plan.recipe)), [s["path"] for s in found["sources"] if s.get("failed")]
    readable = {image.name for image in plan.images}
    total = len(manifest.rows) if manifest.finished else len(plan)
    again = [path for path in failed if path in readable]
    if manifest.finished and there == total and manifest.table_state() == "same":
        return TargetState("finished", there, total, failed=len(again))
    return TargetState("unfinished", there, total)


def complete(manifest: Manifest, recipe: Recipe) -> dict[str, TileRow]:
    """Return the rows of which all files stand in the folder with the size they were written with.

    None for open layers: nothing tells whether they were changed since, so that all their tiles are cut again.
    """
    rows: dict[str, TileRow] = {}
    if recipe.media.folder == OPEN_LAYERS:
        return rows
    for tile, row in manifest.rows.items():
        try:
            if all(os.stat(manifest.folder / file.path).st_size == file.bytes for file in row.files):
                rows[tile] = row
        except OSError:
            continue
    return rows


def _foreign_names(folder: Path) -> list[str]:
    return sorted(set(os.listdir(folder)) - CLUTTER - {WORK_FOLDER}) if folder.is_dir() else []


def _another(folder: Path, difference: str) -> ExportError:
    return ExportError(
        f"{folder} holds another export ({difference}): choose another folder, or empty this one first",
        "export.folder",
        f"tiles-creator empty {folder}",
    )


def _foreign(folder: Path, names: list[str]) -> ExportError:
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return ExportError(
        f"{folder} holds files that no export wrote ({listed}): choose an empty folder",
        "export.folder",
        "--allow-foreign writes among them",
    )


def _refuse_name_clash(plan: Plan, folder: Path, known: Collection[str]) -> None:
    """Refuse a folder where a file that no export wrote has the name of one of ours: every tile of ours has a row."""
    encoder = TileEncoder(plan)
    there = {path for path in files_below(folder) if path not in known}
    if not there:
        return
    for image in plan.images:
        for planned in image:
            for path in encoder.paths(planned):
                if path in there:
                    raise ExportError(
                        f"{folder / path} is in the way of a tile of that name, and no export wrote it: "
                        f"move it, or choose another folder",
                        "export.folder",
                    )


def files_below(folder: Path) -> list[str]:
    """Return the paths of all files in a folder and below, without our work folder and file managers' clutter."""
    paths = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != WORK_FOLDER]
        prefix = os.path.relpath(root, folder).replace(os.sep, "/")
        paths += [name if prefix == "." else f"{prefix}/{name}" for name in names if name not in CLUTTER]
    return sorted(paths)


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return the first thing in which two exports differ, empty where one resumes the other.

    A source that failed and can be read now is no difference, nor one that failed only while it was cut.
    """
    if old.get("program") != new["program"]:
        return f"made by {old.get('program')}, this is {new['program']}"
    if old.get("checksum") != new["checksum"]:
        return f"its checksum is {old.get('checksum')}, not {new['checksum']}"
    for section, settings in new["recipe"].items():
        if not isinstance(settings, dict):
            continue
        before = old["recipe"].get(section, {})
        for name, value in settings.items():
            if before.get(name) != value:
                return _told(f"{section}.{name}", before.get(name), value)
    was = {source["path"]: source for source in old["sources"]}
    now = {source["path"]: source for source in new["sources"]}
    for path in sorted(was.keys() ^ now.keys()):
        return f"{path} was {'not ' if path not in was else ''}among its images"
    for path, source in now.items():
        before = was[path]
        if before.get("failed") is not None or {**source, "failed": None} == before:
            continue
        alike = {**before, "annotations": source["annotations"], "failed": source["failed"]}
        if alike == source:
            return f"what is drawn on {path} has changed since"
        alike |= {"split": source["split"], "tiles": source["tiles"]}
        if alike == source:
            return f"{path} belonged to another split"
        return f"{path} has changed since"
    return ""


def _told(field: str, old: Any, new: Any) -> str:
    """Return in what a field differs: of several settings, the first that does."""
    if isinstance(old, dict) and isinstance(new, dict):
        name = next(name for name in {**old, **new} if old.get(name) != new.get(name))
        return _told(f"{field}.{name}", old.get(name), new.get(name))
    return f"its {field} is {shown(old)}, not {shown(new)}"
