"""Zarr, format 2 and 3: arrays, and OME-Zarr images with levels, in a folder on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.arrays.uniform_chunks import UniformChunks
from napari_tiles_creator.sources.headers.attribute_sizes import pixel_size_in
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.headers.choice import check_series, listed, series_note, the_image
from napari_tiles_creator.sources.zarr.array import ZarrArray
from napari_tiles_creator.sources.zarr.nodes import Node, candidates_below, node_at
from napari_tiles_creator.sources.zarr.ome_image import OmeImage, image_of

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.arrays.chunks import Index
    from napari_tiles_creator.sources.base import Opening

# Chunks of the full level whose bytes tell a store from another one.
TOLD_BY = 3


@dataclass(frozen=True, slots=True)
class _Meant:
    """What is to be opened: an array, or an image with levels; and what to say of it."""

    node: Node
    image: OmeImage | None = None
    level: int = 0
    notes: tuple[str, ...] = ()


def open_file(path: Path, opening: Opening) -> ArraySource:
    """Open a Zarr store; see `registry.open_source`."""
    if not path.is_dir():
        path.stat()  # what is not there is told as such
        raise SourceError(f"{path.name} cannot be read: a Zarr store is a folder, and this is a file")
    node = node_at(path, opening.dataset or "")
    if node is None:
        raise SourceError(_nothing_there(path, opening.dataset))
    meant = _meant(node, opening.series)
    if meant.image is None or meant.node.is_array:
        arrays, notes = [ZarrArray(meant.node)], meant.notes
    else:
        arrays, notes = _levels(meant.node, meant.image)
        notes = meant.notes + notes
    return _source(path, meant, arrays, notes, opening)


def _source(
    path: Path, meant: _Meant, arrays: list[ZarrArray], notes: tuple[str, ...], opening: Opening
) -> ArraySource:
    full, image = arrays[0], meant.image
    names = (image.names if image else ()) or full.dimension_names
    axes = axes_of_array(meant.node.name if meant.node.inside else path.name, full.shape, names, opening)
    size, size_from = image.pixel_size(axes, meant.level) if image else pixel_size_in(meant.node.attributes, axes)
    channels = full.shape[axes.index("C")] if "C" in axes else 0
    uniforms = {}
    for array in arrays:
        array.plane_axes = (axes.index("Y"), axes.index("X")) if len(array.shape) == len(axes) else ()
        uniforms[id(array)] = UniformChunks(array.fill, array.stored, array.decoded)

    def uniform(array: Any, index: Index) -> int | float | None:
        return uniforms[id(array)](array, index)

    def release() -> None:
        for array in arrays:
            array.release()

    files = [*meant.node.files, *full.node.files, *arrays[-1].written(1), *full.written(TOLD_BY)]
    return source_of(
        path,
        arrays,
        axes,
        uniform=uniform,
        release=release,
        pixel_size=size,
        pixel_size_from=size_from,
        channel_names=image.channel_names if image and len(image.channel_names) == channels else (),
        notes=notes,
        files=tuple(dict.fromkeys(files)),
    )


def _levels(group: Node, image: OmeImage) -> tuple[list[ZarrArray], tuple[str, ...]]:
    """Return the arrays of an image, full first; what is wrong with the smaller ones costs these alone."""
    arrays: list[ZarrArray] = []
    for level, path in enumerate(image.paths):
        try:
            node = group.child(path)
            if node is None or not node.is_array:
                raise SourceError(f"{group.name} is damaged: its level {level}, the array {path}, is missing")
            arrays.append(ZarrArray(node))
        except SourceError as error:
            if not level:
                raise
            return arrays, (f"its smaller levels are left out: {error}",)
    return arrays, ()


def _meant(node: Node, series: int) -> _Meant:
    """Return what a node stands for: itself, or the one image in it."""
    if node.is_array:
        return _array(node)
    ome = node.ome
    if "multiscales" in ome:
        image = image_of(node, series)
        return _Meant(node, image, notes=series_note(len(ome["multiscales"])))
    if "plate" in ome or "well" in ome:
        return _meant(_one_field(node), 0)
    if "bioformats2raw.layout" in ome:
        return _one_series(node, series)
    if isinstance(ome.get("labels"), list) and ome["labels"]:
        names = [str(name) for name in ome["labels"]]
        if len(names) > 1:
            raise SourceError(
                f"{node.name}: holds the labels {', '.join(names[:4])}: choose one, such as "
                f"{node.store.name}#/{_below(node, names[0])} (media.dataset)"
            )
        return _meant(_there(node, names[0]), 0)
    chosen = node_at(node.store, the_image(node.name, candidates_below(node)).path)
    assert chosen is not None
    return _meant(chosen, 0)


def _array(node: Node) -> _Meant:
    """Return an array, with what an image says of it whose level it is."""
    parent = node_at(node.store, node.inside.rpartition("/")[0]) if node.inside else None
    if parent is not None and not parent.is_array and isinstance(parent.ome.get("multiscales"), list):
        for number in range(len(parent.ome["multiscales"])):
            image = image_of(parent, number)
            for level, path in enumerate(image.paths):
                if _below(parent, path) == node.inside:
                    return _Meant(node, image, level)
    return _Meant(node)


def _one_series(node: Node, series: int) -> _Meant:
    """Return one of the images that bioformats2raw has put side by side: listed in the group OME, or numbered."""
    listing = node.child("OME")
    told = listing.ome.get("series") if listing else None
    names = [str(name) for name in told] if isinstance(told, list) else []
    if not names:
        names = sorted((child.inside.rpartition("/")[2] for child in node.children()), key=_number)
        names = [name for name in names if name.isdecimal()]
    check_series(node.name, series, len(names))
    meant = _meant(_there(node, names[series]), 0)
    return _Meant(meant.node, meant.image, meant.level, series_note(len(names)) + meant.notes)


def _one_field(node: Node) -> Node:
    """Return the one field of a plate or a well, or say how to choose."""
    try:
        well, said = node, ""
        if "plate" in node.ome:
            wells = [str(one["path"]) for one in node.ome["plate"]["wells"]]
            well = _there(node, wells[0])
            said = f"is a plate of {len(wells)} wells" if len(wells) > 1 else ""
        fields = [str(one["path"]) for one in well.ome["well"]["images"]]
        first = _below(well, fields[0])
    except (LookupError, TypeError) as error:
        raise SourceError(f"{node.name} is damaged: its wells are not as OME-Zarr has them") from error
    if said or len(fields) > 1:
        said = said or f"is a well of {len(fields)} fields"
        raise SourceError(f"{node.name}: {said}: choose a field, such as {node.store.name}#/{first} (media.dataset)")
    return _there(well, fields[0])


def _there(node: Node, path: str) -> Node:
    child = node.child(path)
    if child is None or child.inside == node.inside:
        raise SourceError(f"{node.name} is damaged: {path} is missing, of which its metadata speaks")
    return child


def _below(node: Node, path: str) -> str:
    return "/".join(part for part in f"{node.inside}/{path}".split("/") if part)


def _number(name: str) -> int:
    return int(name) if name.isdecimal() else -1


def _nothing_there(path: Path, wanted: str | None) -> str:
    root = node_at(path, "")
    if root is None:
        return f"{path.name} cannot be read: the folder is no Zarr store: it has no zarr.json, .zarray or .zgroup"
    held = "" if root.is_array else listed(candidates_below(root))
    return f"{path.name}: has no {wanted} (media.dataset): it holds {held or 'one array, without a name'}"
