"""The export folder: what may be written there, and what stands there already."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, WORK_FOLDER, Manifest, head
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Collection

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
        raise ExportError("no folder for the tiles is named (export.folder)")
    target = Path(recipe.export.folder)
    real, media = _real(target), _real(Path(recipe.media.folder))
    one_file = media.is_file()
    images = media.parent if one_file else media
    if _same(real, images):
        relation = "is the folder of the images"
    elif any(_same(real, parent) for parent in images.parents):
        relation = "lies above the folder of the images"
    elif not one_file and any(_same(images, parent) for parent in real.parents):
        relation = "lies inside the folder of the images"
    else:
        if target.exists() and not target.is_dir():
            raise ExportError(f"export folder {target} is a file: choose a folder (export.folder)")
        return target
    raise ExportError(f"export folder {target} {relation}: choose another (export.folder)")


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
            raise ExportError(
                f"{folder} holds another export ({difference}): choose another folder, "
                f"or empty this one first (tiles-creator empty {folder})"
            )
        _refuse_name_clash(plan, folder, known=manifest.rows.keys())
        return manifest
    foreign = sorted(set(os.listdir(folder)) - CLUTTER - {WORK_FOLDER}) if folder.is_dir() else []
    if foreign and not allow_foreign:
        names = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise ExportError(
            f"{folder} holds files that no export wrote ({names}): choose an empty folder "
            f"(on the command line, --allow-foreign writes among them)"
        )
    if foreign:
        for path in (TABLE, HEAD):
            if (folder / path).exists():
                raise ExportError(f"{folder / path} is in the way of the manifest: choose another folder")
        _refuse_name_clash(plan, folder, known=())
    return None


def _refuse_name_clash(plan: Plan, folder: Path, known: Collection[str]) -> None:
    """Refuse a folder where a file that no export wrote has the name of a tile: every tile of ours has a row."""
    layout, extension = plan.layout, plan.sink.extension
    there = {path for path in files_below(folder) if path.endswith(extension) and path not in known}
    if not there:
        return
    for image in plan.images:
        for planned in image:
            path = layout.tile_path(planned.name, extension)
            if path in there:
                raise ExportError(
                    f"{folder / path} is in the way of a tile of that name, and no export wrote it: "
                    f"move it, or choose another folder"
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
                return f"its {section}.{name} is {before.get(name)!r}, not {value!r}"
    was = {source["path"]: source for source in old["sources"]}
    now = {source["path"]: source for source in new["sources"]}
    for path in sorted(was.keys() ^ now.keys()):
        return f"{path} was {'not ' if path not in was else ''}among its images"
    for path, source in now.items():
        if was[path].get("failed") is None and {**source, "failed": None} != was[path]:
            return f"{path} has changed since"
    return ""


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _same(a: Path, b: Path) -> bool:
    """Whether two paths are one place, even where the file system ignores case."""
    if a == b:
        return True
    try:
        return a.samefile(b)
    except OSError:
        return False
