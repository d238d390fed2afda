"""Groups and arrays of a Zarr store on disk, by their metadata files: format 2 and 3."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.headers.choice import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A metadata file of more than this is none.
MOST_METADATA_BYTES = 1 << 26
# How far groups are searched.
MOST_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Node:
    """A group or an array.

    Parameters
    ----------
    store : Path
        The store's folder.
    inside : str
        Path in the store, with slashes between names, empty for the store itself.
    zarr_format : int
        2 or 3.
    metadata : dict
        Of an array, what says its shape; of a group nothing of use.
    attributes : dict
        What others have written to it.
    is_array : bool
        Whether it is an array.
    files : tuple of Path
        The files that say so.
    """

    store: Path
    inside: str
    zarr_format: int
    metadata: dict[str, Any] = field(repr=False)
    attributes: dict[str, Any] = field(repr=False)
    is_array: bool
    files: tuple[Path, ...] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where it is on disk."""
        return self.store / self.inside

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.store.name}#/{self.inside}" if self.inside else self.store.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of an array's axes, as far as the metadata can be read."""
        shape = self.metadata.get("shape")
        return tuple(n for n in shape if isinstance(n, int)) if isinstance(shape, list) else ()

    @property
    def ome(self) -> dict[str, Any]:
        """The attributes of OME-Zarr: under a key of their own from version 0.5 on."""
        inner = self.attributes.get("ome")
        return inner if isinstance(inner, dict) else self.attributes

    def child(self, path: str) -> Node | None:
        """Return a node below, None where there is none."""
        return node_at(self.store, f"{self.inside}/{path}")

    def children(self) -> Iterator[Node]:
        """Yield the nodes right below, sorted by name."""
        with os.scandir(self.folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
        for name in names[:MOST_NODES]:
            node = self.child(name)
            if node:
                yield node


def node_at(store: Path, inside: str) -> Node | None:
    """Return the group or array at a path in a store, None where there is none.

    Raises
    ------
    SourceError
        If its metadata cannot be read.
    """
    parts = [part for part in inside.split("/") if part]
    if {".", ".."} & set(parts) or any("\\" in part for part in parts):
        return None
    inside = "/".join(parts)
    folder = store / inside
    three = folder / "zarr.json"
    metadata = _json(store, three)
    if metadata is not None:
        is_array = metadata.get("node_type") == "array"
        return Node(store, inside, 3, metadata, _mapping(metadata.get("attributes")), is_array, (three,))
    beside = folder / ".zattrs"
    for name in (".zarray", ".zgroup"):
        metadata = _json(store, folder / name)
        if metadata is not None:
            attributes = _json(store, beside)
            files = (folder / name,) if attributes is None else (folder / name, beside)
            return Node(store, inside, 2, metadata, attributes or {}, name == ".zarray", files)
    return None


def candidates_below(node: Node) -> list[Candidate]:
    """Return all arrays below a group, however deep; an image with levels counts as one."""
    found: list[Candidate] = []
    waiting, seen = [node], {node.folder.resolve()}
    while waiting and len(seen) < MOST_NODES:
        group = waiting.pop(0)
        for child in group.children():
            real = child.folder.resolve()
            if real in seen:  # a link, such as one back to the store
                continue
            seen.add(real)
            if child.is_array:
                found.append(Candidate(f"/{child.inside}", child.shape))
            elif "multiscales" in child.ome:
                found.append(Candidate(f"/{child.inside}", _full_shape(child)))
            else:
                waiting.append(child)
    return found


def _full_shape(image: Node) -> tuple[int, ...]:
    try:
        full = image.child(str(image.ome["multiscales"][0]["datasets"][0]["path"]))
    except (LookupError, TypeError):
        return ()
    return full.shape if full else ()


def _json(store: Path, path: Path) -> dict[str, Any] | None:
    """Return what a metadata file says, None where there is none."""
    called = f"{store.name}: its metadata {path.relative_to(store).as_posix()}"
    try:
        with path.open("rb") as file:
            text = file.read(MOST_METADATA_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"{called} cannot be read: {error.strerror or error}") from error
    if len(text) > MOST_METADATA_BYTES:
        raise SourceError(f"{called} is too large to be metadata")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{called} is damaged: it is no JSON, or cut short") from error
    if not isinstance(value, dict):
        raise SourceError(f"{called} is damaged: it is no JSON object")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
