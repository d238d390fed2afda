"""One array of a Zarr store: read by rectangle, with what is known of its chunks from their files."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.chunks import Place, Spans, check_chunk, spans_at, spans_of
from napari_tiles_creator.sources.arrays.kept_chunks import KEPT
from napari_tiles_creator.sources.arrays.uniform_chunks import Stored, is_small
from napari_tiles_creator.sources.headers.values import check_values
from napari_tiles_creator.sources.wording import first_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.arrays.chunks import Index
    from napari_tiles_creator.sources.zarr.nodes import Node

# What is written in a shard's index for a chunk that is not in it.
NEVER_WRITTEN = (1 << 64) - 1
# Indexes of shards that are remembered.
REMEMBERED_SHARDS = 64
# Places that are tried in search of chunks that were written.
TRIED = 24


class ZarrArray:
    """An array of a store.

    Parameters
    ----------
    node : Node
        Which one.

    Raises
    ------
    SourceError
        If its metadata is damaged, or asks for what is not there, such as a codec.
    """

    def __init__(self, node: Node) -> None:
        import zarr

        form: Any = node.zarr_format
        try:
            array = zarr.open_array(str(node.folder), mode="r", zarr_format=form)
        except Exception as error:  # metadata may be anything
            raise SourceError(f"{node.name} cannot be read: {first_sentence(error, node.folder)}") from error
        self._array: Any = array
        self.node = node
        self.shape: tuple[int, ...] = tuple(int(n) for n in array.shape)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype)
        self.chunks: tuple[int, ...] = tuple(max(1, int(n)) for n in array.chunks)
        self._files: tuple[int, ...] = tuple(array.shards or self.chunks)
        self._indexes: OrderedDict[Place, NDArray[np.uint64] | None] = OrderedDict()
        self._lock = threading.Lock()
        self.plane_axes: tuple[int, ...] = ()
        check_values(node.name, self.dtype)
        self._chunk_bytes = math.prod(self.chunks) * self.dtype.itemsize
        check_chunk(node.name, self.chunks, self.dtype.itemsize)

    @property
    def fill(self) -> int | float | None:
        """Value of chunks that were never written, None where it is not told."""
        value = self._array.fill_value
        return None if value is None else np.asarray(value).item()

    @property
    def dimension_names(self) -> list[str]:
        """What its own metadata calls the axes, empty where it does not."""
        names = self.node.metadata.get("dimension_names") or self.node.attributes.get("_ARRAY_DIMENSIONS")
        return [str(name or "") for name in names] if isinstance(names, list) else []

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """Return a part; decodes the chunks that it touches.

        Where these hold other planes or channels, too, all of them are kept for a while, as far as they are few.
        """
        spans = spans_of(index, self.shape)
        whole = tuple(self._whole_chunks(axis, span) for axis, span in enumerate(spans))
        held_bytes = math.prod(b - a for a, b in whole) * self.dtype.itemsize
        if whole == spans or held_bytes > KEPT.limit_bytes // 2:
            return np.asarray(self._array[index])
        held = KEPT.get((self, whole), lambda: self._part(whole), True)
        inside = [slice(a - c, b - c) for (a, b), (c, _) in zip(spans, whole, strict=True)]
        where = tuple(part if isinstance(at, slice) else part.start for at, part in zip(index, inside, strict=True))
        return np.array(held[where])

    def stored(self, place: Place) -> bytes | Stored:
        """Return the bytes of a chunk where they are few; see `chunks.UniformChunks`."""
        if self._files != self.chunks:
            return self._stored_in_shard(place)
        try:
            path = self._path(place)
            size = path.stat().st_size
            return path.read_bytes() if is_small(size, self._chunk_bytes) else Stored.LARGE
        except (FileNotFoundError, NotADirectoryError):
            return Stored.NEVER

    def decoded(self, place: Place) -> NDArray[Any]:
        """Return the pixels of a chunk that lie inside the array."""
        return self._part(spans_at(place, self.chunks, self.shape))

    def written(self, most: int) -> list[Path]:
        """Return some files of chunks, from all over the array."""
        grid = [-(-n // c) for n, c in zip(self.shape, self._files, strict=True)]
        count = math.prod(grid)
        numbers = sorted({number * (count - 1) // max(1, TRIED - 1) for number in range(TRIED)}) if count else []
        found = []
        for number in numbers:
            place = []
            for length in reversed(grid):
                number, at = divmod(number, length)
                place.append(at)
            path = self._path(tuple(reversed(place)))
            if path.is_file():
                found.append(path)
        step = max(1, len(found) // most)
        return found[::step][:most]

    def release(self) -> None:
        """Forget the chunks that are kept."""
        KEPT.forget(self)

    def _whole_chunks(self, axis: int, span: tuple[int, int]) -> tuple[int, int]:
        """Return a span as it is, along rows and columns, else as far as the chunks reach that it touches."""
        if axis in self.plane_axes:
            return span
        length = self.chunks[axis]
        return span[0] // length * length, min(-(-span[1] // length) * length, self.shape[axis])

    def _part(self, spans: Spans) -> NDArray[Any]:
        return np.asarray(self._array[tuple(slice(*span) for span in spans)])

    def _path(self, place: Place) -> Path:
        key: str = self._array.metadata.encode_chunk_key(place)
        return self.node.folder / key

    def _stored_in_shard(self, place: Place) -> bytes | Stored:
        per_shard = [shard // chunk for shard, chunk in zip(self._files, self.chunks, strict=True)]
        shard = tuple(k // n for k, n in zip(place, per_shard, strict=True))
        path = self._path(shard)
        try:
            index = self._index(shard, path, per_shard)
            if index is None:
                return Stored.LARGE
            offset, size = (int(n) for n in index[tuple(k % n for k, n in zip(place, per_shard, strict=True))])
            if offset == size == NEVER_WRITTEN:
                return Stored.NEVER
            if not is_small(size, self._chunk_bytes):
                return Stored.LARGE
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except (FileNotFoundError, NotADirectoryError):
            return Stored.NEVER

    def _index(self, shard: Place, path: Path, per_shard: list[int]) -> NDArray[np.uint64] | None:
        """Return where the chunks of a shard are in its file, array (*chunks, 2), None where it is coded otherwise."""
        with self._lock:
            if shard in self._indexes:
                return self._indexes[shard]
        codec = self._array.metadata.codecs[0]
        plain = [type(one).__name__ for one in codec.index_codecs]
        index = None
        if plain in (["BytesCodec", "Crc32cCodec"], ["BytesCodec"]) and codec.index_location.value == "end":
            size, checksum = 16 * math.prod(per_shard), 4 * (len(plain) - 1)
            with path.open("rb") as file:
                file.seek(-size - checksum, 2)
                index = np.frombuffer(file.read(size), "<u8").reshape(*per_shard, 2).astype(np.uint64)
        with self._lock:
            self._indexes[shard] = index
            while len(self._indexes) > REMEMBERED_SHARDS:
                self._indexes.popitem(last=False)
        return index
