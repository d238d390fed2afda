"""HDF5: one dataset of a file, read by rectangle."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.arrays.chunks import check_chunk
from napari_tiles_creator.sources.arrays.uniform_chunks import UniformChunks
from napari_tiles_creator.sources.hdf5.chunks import ChunkedDataset
from napari_tiles_creator.sources.hdf5.filters import check_filters
from napari_tiles_creator.sources.headers.attribute_sizes import as_json, as_text, pixel_size_in
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.headers.choice import Candidate, listed, the_image
from napari_tiles_creator.sources.headers.values import check_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import h5py

    from napari_tiles_creator.sources.arrays.chunks import Index
    from napari_tiles_creator.sources.base import Opening

# Objects that are looked at in search of the one image.
MOST_OBJECTS = 100_000


def open_file(path: Path, opening: Opening) -> ArraySource:
    """Open an HDF5 file; see `registry.open_source`."""
    import h5py

    try:
        # The library need not keep chunks: it is asked for each of them as a whole, see `ChunkedDataset`.
        file = h5py.File(path, "r", locking="best-effort", rdcc_nbytes=0)
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {_reason(error)}") from error
    try:
        return _source(path, file, opening)
    except BaseException:
        file.close()
        raise


def _source(path: Path, file: h5py.File, opening: Opening) -> ArraySource:
    dataset = _dataset(path.name, file, opening.dataset)
    # Of several, the sentence says which one is meant.
    name = path.name if opening.dataset is None else f"{path.name}#{dataset.name}"
    if dataset.shape is None:
        raise SourceError(f"{name}: holds no pixels: it is an empty dataset")
    check_values(name, dataset.dtype)
    check_filters(name, dataset)
    if dataset.chunks is not None and dataset.id.get_create_plist().get_nfilters():
        check_chunk(name, dataset.chunks, dataset.dtype.itemsize)
    attributes = _attributes(dataset)
    if dataset.is_virtual:
        _check_parts(path, name, dataset)
    axes = axes_of_array(name, dataset.shape, _axis_names(dataset, attributes), opening)
    size, size_from = pixel_size_in(attributes, axes)
    array: Any = dataset
    uniform: Callable[[Any, Index], int | float | None] | None = None
    held = ExitStack()
    held.callback(file.close)
    if dataset.chunks is not None and not dataset.is_virtual:
        array = ChunkedDataset(dataset, (axes.index("Y"), axes.index("X")))
        uniform = UniformChunks(_fill(dataset), array.stored, array.decoded)
        held.callback(array.release)
    elif _was_never_written(dataset):
        uniform = partial(_always, _fill(dataset))

    return source_of(
        path,
        [array],
        axes,
        uniform=uniform,
        release=held.close,
        pixel_size=size,
        pixel_size_from=size_from,
    )


def _always(value: int | float | None, _array: Any, _index: Index) -> int | float | None:
    return value


def _dataset(name: str, file: h5py.File, wanted: str | None) -> h5py.Dataset:
    """Return the dataset that is named, or the one image of the file, or of the group that is named."""
    import h5py

    group: Any = file
    if wanted is not None and wanted.strip("/"):
        try:
            group = file[wanted]
        except (KeyError, ValueError, OSError) as error:
            held = listed(_candidates(file))
            raise SourceError(f"{name}: has no {wanted} (media.dataset): it holds {held or 'no dataset'}") from error
    if isinstance(group, h5py.Dataset):
        return group
    if not isinstance(group, h5py.Group):
        raise SourceError(f"{name}: {wanted} is no dataset (media.dataset)")
    return group.file[the_image(name, _candidates(group)).path]


def _candidates(group: h5py.Group) -> list[Candidate]:
    """Return all datasets in a group, however deep."""
    import h5py

    found: list[Candidate] = []
    looked_at = 0

    def look(_: str, item: object) -> bool | None:
        nonlocal looked_at
        looked_at += 1
        if isinstance(item, h5py.Dataset) and item.shape:
            found.append(Candidate(str(item.name), item.shape, item.dtype))
        return True if looked_at > MOST_OBJECTS else None

    group.visititems(look)
    return found


def _attributes(dataset: h5py.Dataset) -> dict[str, Any]:
    """Return the attributes that can be read: some types have no counterpart in numpy."""
    attributes = {}
    for key in dataset.attrs:
        try:
            attributes[str(key)] = dataset.attrs[key]
        except (OSError, TypeError, ValueError):
            continue
    return attributes


def _axis_names(dataset: h5py.Dataset, attributes: Mapping[str, Any]) -> list[str]:
    """Return what the file calls the axes: ilastik's tags, labels of dimensions, the attribute axes, HDF5 images."""
    tags = as_json(attributes.get("axistags"))
    if isinstance(tags, dict) and isinstance(tags.get("axes"), list):
        return [str(tag.get("key", "")) if isinstance(tag, dict) else "" for tag in tags["axes"]]
    labels = [as_text(label) for label in np.ravel(attributes.get("DIMENSION_LABELS", ()))]
    if any(labels):
        return labels
    told = attributes.get("axes")
    names = list(as_text(told)) or [as_text(one) for one in np.ravel(told if told is not None else ())]
    order = "".join(names).lower()
    # N5 and its kin list x first, whatever the order of the array: that says nothing.
    if "y" in order and order.find("y") < order.find("x"):
        return names
    if as_text(attributes.get("IMAGE_SUBCLASS")).strip("\0") == "IMAGE_TRUECOLOR":
        modes = {"INTERLACE_PIXEL": ["y", "x", "s"], "INTERLACE_PLANE": ["s", "y", "x"]}
        return modes.get(as_text(attributes.get("INTERLACE_MODE")).strip("\0"), [])
    return []


def _fill(dataset: h5py.Dataset) -> int | float | None:
    """Return the value of pixels that were never written, None where the file does not define it."""
    import h5py

    if dataset.id.get_create_plist().fill_value_defined() == h5py.h5d.FILL_VALUE_UNDEFINED:
        return None
    value: int | float = np.asarray(dataset.fillvalue).item()
    return value


def _check_parts(path: Path, name: str, dataset: h5py.Dataset) -> None:
    """Refuse a virtual dataset some of whose files are missing: the library would fill in and say nothing.

    Raises
    ------
    SourceError
        If a file is neither where the dataset says nor beside it.
    """
    told = {part.file_name for part in dataset.virtual_sources()}
    for file in sorted(told - {"."}):
        places = (path.parent / file, path.parent / PurePath(file).name, Path(file))
        if "%" not in file and not any(place.exists() for place in places):  # % stands for a number in many names
            raise SourceError(f"{name}: some of its pixels lie in {PurePath(file).name}, which is missing")


def _was_never_written(dataset: h5py.Dataset) -> bool:
    if dataset.is_virtual or dataset.external:
        return False
    return bool(dataset.id.get_storage_size() == 0)


def _reason(error: OSError) -> str:
    """Return why a file cannot be opened, for people."""
    text = str(error)
    if "signature not found" in text:
        return "it is no HDF5 file, whatever its name says"
    if "truncated file" in text:
        return "it is cut short"
    if isinstance(error, BlockingIOError) or "unable to lock" in text:
        return "another program is writing to it"
    if isinstance(error, (FileNotFoundError, PermissionError)):
        raise error
    inner = text.partition("(")[2].rpartition(")")[0]
    return f"it is damaged ({inner or text})"
