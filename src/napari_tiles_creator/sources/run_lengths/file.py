"""The file form of run lengths: a zip archive of numpy arrays, one block of rows after the other.

See docs/reference/run-lengths.md. Written and read block by block, with nothing but numpy and the standard library.
"""

from __future__ import annotations

import io
import os
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy

from napari_tiles_creator.errors import ExportError, SourceError, TilesError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.geometry.run_bands import BandRuns, runs_of_bands
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.run_bands import Band

VERSION = 1
# A block that is written has at most so many rows, and is closed when it has so many runs.
BLOCK_ROWS, BLOCK_RUNS = 1 << 10, 1 << 18
# A block that is read may be larger, but not so large that it fills the memory.
MOST_ROWS, MOST_BYTES = 1 << 22, 1 << 28
# What numpy writes before the numbers of an array, at most, and deflate makes of a byte.
HEAD_BYTES, DEFLATED = 1 << 10, 1033
# The same bytes for the same mask: no times of writing.
NO_TIME = (1980, 1, 1, 0, 0, 0)
# The fastest: higher ones save a tenth on large areas and nothing on noise, of which they make minutes.
LEVEL = 1
# Blocks that are kept decoded: tiles side by side lie in the same ones. The last one is, whatever it takes.
KEPT_BLOCKS, KEPT_BYTES = 4, 1 << 26


def write_run_lengths(
    path: Path, shape: tuple[int, int], bands: Iterable[Band], pixel_size: PixelSize | None = None
) -> None:
    """Write a mask that comes in bands; it is never in memory as a whole.

    Parameters
    ----------
    path : Path
        The file, whole or not there at all; one that is there is replaced.
    shape : (int, int)
        Height and width of the mask, px.
    bands : iterable of Band
        The mask from top to bottom: arrays (rows, width) whose pixels other than 0 are inside, `Uniform` rectangles,
        or sequences of both from left to right.
    pixel_size : PixelSize, optional
        Micrometres per pixel.

    Raises
    ------
    ExportError
        If writing fails.
    ValueError
        If the bands do not add up to the mask.
    """
    staged = path.with_name(f".{path.name}.part")
    try:
        try:
            with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
                _write(archive, "version", np.array(VERSION, "<u4"))
                _write(archive, "shape", np.array(shape, "<u8"))
                if pixel_size:
                    _write(archive, "pixel_size_um", np.array([pixel_size.y_um, pixel_size.x_um], "<f8"))
                starts = [0]
                for number, block in enumerate(_blocks(runs_of_bands(shape, bands))):
                    _write(archive, f"counts_{number:06d}", block.counts.astype("<u4"))
                    _write(archive, f"runs_{number:06d}", block.runs.astype("<u4", copy=False))
                    starts.append(starts[-1] + len(block.counts))
                _write(archive, "blocks", np.array(starts, "<u8"))
            os.replace(staged, path)
        finally:
            staged.unlink(missing_ok=True)
    except TilesError:  # from whoever yields the bands
        raise
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


class RunLengthFile:
    """A file of run lengths, of which only the blocks that are asked for are read; usable from several threads.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    shape : (int, int)
        Height and width of the mask, px.
    pixel_size : PixelSize or None
        Micrometres per pixel, None where the file does not say.
    decoded_blocks : int
        Blocks read so far: what reading a part costs.

    Raises
    ------
    SourceError
        If the file is damaged or is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._kept: dict[int, RunLengths] = {}
        self.decoded_blocks = 0
        try:
            self._archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise SourceError(f"{path.name} cannot be read: it is no file of run lengths, or cut short") from error
        try:
            self._read_head()
        except BaseException:
            self.close()
            raise

    def _read_head(self) -> None:
        version = int(self._array("version", (), "u", HEAD_BYTES))
        if version != VERSION:
            raise SourceError(f"{self._path.name}: run lengths of form {version} are not read, only of {VERSION}")
        height, width = self._array("shape", (2,), "u", HEAD_BYTES).tolist()
        self.shape = (height, width)
        # Each block has arrays of its own: there are no more of them than members.
        most = HEAD_BYTES + 8 * len(self._archive.NameToInfo)
        self._blocks = self._array("blocks", (None,), "u", most).astype(np.int64)
        in_order = len(self._blocks) and self._blocks[0] == 0 and np.all(np.diff(self._blocks) > 0)
        if not in_order or self._blocks[-1] != height or not 0 < width < 1 << 32:
            raise SourceError(f"{self._path.name} is damaged: its blocks are not those of {height} × {width} pixels")
        for number, rows in enumerate(np.diff(self._blocks).tolist()):
            self._check_block(number, rows)
        self.pixel_size = None
        if "pixel_size_um.npy" in self._archive.NameToInfo:
            y, x = self._array("pixel_size_um", (2,), "f", HEAD_BYTES).tolist()
            try:
                self.pixel_size = PixelSize(y, x)
            except ValueError as error:
                raise SourceError(f"{self._path.name} is damaged: {error}") from error

    def _check_block(self, number: int, rows: int) -> None:
        """Refuse a block that is not there, or cannot have so many rows."""
        if rows > MOST_ROWS:
            raise SourceError(
                f"{self._path.name}: a block of {rows:,} rows is not read: {MOST_ROWS:,} are the most (blocks)"
            )
        counts = self._member(f"counts_{number:06d}", HEAD_BYTES + 8 * rows)
        self._member(f"runs_{number:06d}")
        if counts.file_size < rows:
            raise self._damaged(f"counts_{number:06d}")

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, RunLengths]]:
        """Yield the blocks that hold some of these rows: each one's first row, and its mask of whole rows."""
        first = int(np.searchsorted(self._blocks, start, "right")) - 1
        for number in range(first, len(self._blocks) - 1):
            if self._blocks[number] >= stop:
                break
            yield int(self._blocks[number]), self._block(number)

    def whole(self) -> RunLengths:
        """Return the mask with all its runs in memory, such as to turn it into COCO's form."""
        masks = [mask for _, mask in self.parts(0, self.shape[0])]
        counts = [np.diff(mask.row_starts) for mask in masks]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(counts))])
        return RunLengths(self.shape, starts, np.concatenate([mask.runs for mask in masks]))

    def close(self) -> None:
        """Release the file."""
        self._archive.close()

    def _block(self, number: int) -> RunLengths:
        with self._lock:
            if number in self._kept:
                return self._kept[number]
            self.decoded_blocks += 1
            rows = int(self._blocks[number + 1] - self._blocks[number])
            counts = self._array(f"counts_{number:06d}", (rows,), "u")
            starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])
            runs = self._array(f"runs_{number:06d}", (None, 2), "u").astype(np.uint32, copy=False)
            try:
                block = RunLengths((rows, self.shape[1]), starts, runs)
            except ValueError as error:
                raise SourceError(f"{self._path.name} is damaged: {error}") from error
            self._kept[number] = block
            while len(self._kept) > 1 and (len(self._kept) > KEPT_BLOCKS or self._kept_bytes > KEPT_BYTES):
                del self._kept[next(iter(self._kept))]
            return block

    @property
    def _kept_bytes(self) -> int:
        return sum(block.row_starts.nbytes + block.runs.nbytes for block in self._kept.values())

    def _damaged(self, name: str) -> SourceError:
        return SourceError(f"{self._path.name} is damaged or no file of run lengths: its {name} cannot be read")

    def _member(self, name: str, most_bytes: int = MOST_BYTES) -> zipfile.ZipInfo:
        """Return where an array is, which must be there and can be what it claims."""
        member = self._archive.NameToInfo.get(f"{name}.npy")
        if member is None or member.file_size > min(most_bytes, MOST_BYTES):
            raise self._damaged(name)
        is_deflated = member.compress_type == zipfile.ZIP_DEFLATED
        if is_deflated and member.file_size > HEAD_BYTES + DEFLATED * member.compress_size:
            raise self._damaged(name)
        return member

    def _array(self, name: str, shape: tuple[int | None, ...], kind: str, most_bytes: int = MOST_BYTES) -> NDArray[Any]:
        """Return an array of the archive, which must have this shape (None stands for any length) and kind."""
        damaged = self._damaged(name)
        member = self._member(name, most_bytes)
        try:
            content = self._archive.read(member)
            file = io.BytesIO(content)
            if npy.read_magic(file) != (1, 0):
                raise damaged
            found, fortran, dtype = npy.read_array_header_1_0(file)
            fits = len(found) == len(shape) and all(b in (None, a) for a, b in zip(found, shape, strict=True))
            if not fits or fortran or dtype.kind != kind:
                raise damaged
            return np.frombuffer(content, dtype, offset=file.tell()).reshape(found).astype(dtype.newbyteorder("="))
        except SourceError:
            raise
        except Exception as error:  # what zipfile, numpy and codecs raise
            raise damaged from error


def _blocks(parts: Iterable[BandRuns]) -> Iterator[BandRuns]:
    """Join the runs of some rows into blocks."""
    held: list[BandRuns] = []
    for part in parts:
        rows, runs = sum(len(p.counts) for p in held), sum(len(p.runs) for p in held)
        if held and (rows + len(part.counts) > BLOCK_ROWS or runs >= BLOCK_RUNS):
            yield _joined(held)
            held = []
        held.append(part)
    if held:
        yield _joined(held)


def _joined(parts: list[BandRuns]) -> BandRuns:
    return BandRuns(np.concatenate([p.counts for p in parts]), np.concatenate([p.runs for p in parts]))


def _write(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    file = io.BytesIO()
    npy.write_array(file, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    member = zipfile.ZipInfo(f"{name}.npy", NO_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, file.getvalue(), compresslevel=LEVEL)
