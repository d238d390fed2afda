"""Archives of numpy arrays: one of them, mapped where it is stored plain, else decoded whole."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.arrays.mapped import MappedArray, PlainPixels
from napari_tiles_creator.sources.arrays.whole import whole_source
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.headers.choice import Candidate, listed, the_image
from napari_tiles_creator.sources.numpy_files.npy import check_length
from napari_tiles_creator.sources.numpy_files.npy_header import read_header
from napari_tiles_creator.sources.wording import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Opening

SUFFIX = ".npy"
# Decompressed at a time.
PART_BYTES = 1 << 20
# Deflate makes at most so many bytes of one; the other methods of zip are met too rarely to tell them apart.
MOST_DEFLATED = 1040
# Of a member's name and extra field, after the fixed part of the local header.
LOCAL_HEADER = 30


def open_file(path: Path, opening: Opening) -> ArraySource:
    """Open an .npz file; see `registry.open_source`."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = _member(path.name, archive, opening.dataset)
            name = path.name if opening.dataset is None else f"{path.name}#{_called(member)}"
            header = _header(archive, member, name)
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path.name} cannot be read: it is no npz archive, or cut short") from error
    if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1:
        plain = replace(header, offset=header.offset + _data_offset(path, member))
        check_length(path, name, plain)
        return source_of(path, [MappedArray(path, plain)], axes_of_array(name, header.shape, (), opening))
    _check_claim(name, member, header)
    decode = partial(_decoded, path, member.filename, header)
    return whole_source(path, opening, decode, axes="", shape=header.shape, dtype=header.dtype, name=name)


def _decoded(path: Path, member: str, header: PlainPixels) -> NDArray[Any]:
    """Return the pixels of a member; no more of it is decoded than its header says."""
    flat = np.empty(header.pixel_bytes, np.uint8)
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        file.read(header.offset)
        at = 0
        while at < flat.size:
            part = file.read(min(PART_BYTES, flat.size - at))
            if not part:
                raise SourceError(f"{path.name} is cut short: the pixels of {member} end too early")
            flat[at : at + len(part)] = np.frombuffer(part, np.uint8)
            at += len(part)
    return flat.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C")


def _member(name: str, archive: zipfile.ZipFile, wanted: str | None) -> zipfile.ZipInfo:
    """Return the array that is named, or the one image of the archive."""
    members = [member for member in archive.infolist() if member.filename.endswith(SUFFIX)]
    if wanted is not None and wanted.strip("/"):
        key = wanted.strip("/").removesuffix(SUFFIX)
        for member in members:
            if _called(member) == key:
                return member
        held = listed(_candidates(archive, members))
        raise SourceError(f"{name}: has no {wanted} (media.dataset): it holds {held or 'no array'}")
    candidates = _candidates(archive, members)
    if len(members) == 1 and not candidates:
        return members[0]  # what is wrong with it is said when it is opened
    return archive.getinfo(the_image(name, candidates).path + SUFFIX)


def _candidates(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> list[Candidate]:
    """Return the arrays of numbers."""
    found = []
    for member in members:
        try:
            header = _header(archive, member, member.filename)
        except SourceError:
            continue
        found.append(Candidate(_called(member), header.shape, header.dtype))
    return found


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> PlainPixels:
    try:
        with archive.open(member) as file:
            return read_header(file, name)
    except RuntimeError as error:  # zipfile's word for a password, and for a method that it does not know
        raise SourceError(f"{name} cannot be read: {' '.join(str(error).split())}") from error


def _called(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(SUFFIX)


def _data_offset(path: Path, member: zipfile.ZipInfo) -> int:
    """Return where the bytes of a member begin: its local header may be longer than the one in the directory."""
    with path.open("rb") as file:
        file.seek(member.header_offset)
        local = file.read(LOCAL_HEADER)
    return (
        member.header_offset
        + LOCAL_HEADER
        + int.from_bytes(local[26:28], "little")
        + int.from_bytes(local[28:30], "little")
    )


def _check_claim(name: str, member: zipfile.ZipInfo, header: PlainPixels) -> None:
    """Refuse a member whose header claims more than its archive says, or than can be packed so small."""
    needed = header.offset + header.pixel_bytes
    packed = member.compress_type == zipfile.ZIP_DEFLATED and needed > MOST_DEFLATED * member.compress_size + (1 << 16)
    if needed > member.file_size or packed:
        raise SourceError(
            f"{name} is damaged: its header says {header.shape} {header.dtype}, which takes "
            f"{size_text(header.pixel_bytes)}, and the archive holds {size_text(min(member.file_size, needed))} "
            f"in {size_text(member.compress_size)}"
        )
