"""A tiled BigTIFF with OME metadata and a pyramid, filled tile by tile in any order.

tifffile writes the structure with no tile in it; the tiles go behind it, and where each lies is noted in the structure
at the end. So every tile is written once, nothing is kept, and equal tiles of one value are stored once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.image_files.tile_codec import encoded, predictor_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.image_files.layout import Layout

# What OME metadata can say of a type.
TYPES = ("bool", "int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")
# Types of TIFF tags: SHORT, LONG, LONG8.
TAG_TYPES = {3: "<u2", 4: "<u4", 16: "<u8"}


class TiffFile:
    """A TIFF file that is being written.

    Parameters
    ----------
    path : Path
        Where it goes; overwritten.
    layout : Layout
        The image.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._layout = layout
        self._lock, self._shared_lock = threading.Lock(), threading.Lock()
        self._places: dict[bytes, tuple[int, int]] = {}
        lengths = [length for _, length in layout.outer]
        # Where a tile lies and how long it is: arrays (page, row, column, 2), one a level.
        self._index = [
            np.zeros((int(np.prod(lengths)), *layout.grid(level), 2), np.uint64) for level in range(len(layout.shapes))
        ]
        _write_structure(path, layout)
        self._tags = list(_tags(path, len(layout.shapes)))
        self._file = path.open("r+b")
        self._end = self._file.seek(0, 2)

    def at(self, position: dict[str, int]) -> _Pages:
        """Return what takes the tiles of one position on T and Z."""
        outer = self._layout.outer
        numbers = np.arange(int(np.prod([length for _, length in outer]))).reshape([length for _, length in outer])
        return _Pages(self, numbers[tuple(position.get(axis, slice(None)) for axis, _ in outer)].ravel())

    def put(self, tile: NDArray[Any], uniform: bool, page: int, level: int, row: int, column: int) -> None:
        """Write a tile, array (y, x, samples), cut short at the plane's end."""
        place = self._shared(tile[0, 0]) if uniform else self._append(self._whole(tile))
        self._index[level][page, row, column] = place

    def finish(self) -> None:
        """Note where the tiles lie."""
        for index, tags in zip(self._index, self._tags, strict=True):
            for page, (offsets, counts) in zip(index, tags, strict=True):
                for values, (at, tag_type) in ((page[..., 0], offsets), (page[..., 1], counts)):
                    self._file.seek(at)
                    self._file.write(values.ravel().astype(tag_type).tobytes())
        self._file.flush()

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _append(self, tile: NDArray[Any]) -> tuple[int, int]:
        data = encoded(tile, self._layout.compression)
        with self._lock:
            start = self._end
            self._file.write(data)
            self._end += len(data)
            if self._end % 2:  # TIFF 6.0: values begin at even offsets
                self._file.write(b"\0")
                self._end += 1
        return start, len(data)

    def _shared(self, pixel: NDArray[Any]) -> tuple[int, int]:
        """Return where the tile of one value lies, which is written at the first call."""
        with self._shared_lock:
            place = self._places.get(pixel.tobytes())
            if place is None:
                side = self._layout.tile
                place = self._append(np.broadcast_to(pixel, (side, side, pixel.size)))
                self._places[pixel.tobytes()] = place
            return place

    def _whole(self, tile: NDArray[Any]) -> NDArray[Any]:
        """Return a tile at its full size; what lies beyond the plane repeats its border, which costs least."""
        spare = [(0, self._layout.tile - length) for length in tile.shape[:2]]
        return np.pad(tile, (*spare, (0, 0)), mode="edge") if any(after for _, after in spare) else tile


class _Pages:
    """Takes the tiles of the planes that are read together."""

    def __init__(self, file: TiffFile, pages: NDArray[np.intp]) -> None:
        self._file, self._pages = file, pages

    def take(self, tile: NDArray[Any], uniform: bool, level: int, row: int, column: int) -> None:
        """Write a tile of each plane; see `TileTaker`."""
        for plane, page in zip(tile, self._pages, strict=True):
            self._file.put(plane, uniform, int(page), level, row, column)


def _write_structure(path: Path, layout: Layout) -> None:
    import tifffile

    size = layout.pixel_size
    in_colour = layout.samples == 3
    metadata: dict[str, Any] = {"axes": "".join(axis for axis, _ in layout.outer) + ("YXS" if in_colour else "YX")}
    for axis, um in (("Y", size.y_um), ("X", size.x_um)) if size else ():
        metadata |= {f"PhysicalSize{axis}": um, f"PhysicalSize{axis}Unit": "µm"}
    if layout.channel_names:
        metadata["Channel"] = {"Name": list(layout.channel_names)}
    shared: dict[str, Any] = {
        "dtype": layout.dtype,
        "tile": (layout.tile, layout.tile),
        "compression": None if layout.compression == "none" else layout.compression,
        "predictor": predictor_of(layout.dtype, layout.compression),
        "photometric": "rgb" if in_colour else "minisblack",
        "planarconfig": "contig" if in_colour else None,
        "software": "tiles-creator",
    }
    lengths = [length for _, length in layout.outer]
    with tifffile.TiffWriter(path, bigtiff=True, byteorder="<", ome=True) as writer:
        for level, shape in enumerate(layout.shapes):
            rows, columns = layout.grid(level)
            no_tiles = (b"" for _ in range(int(np.prod(lengths)) * rows * columns))
            own: dict[str, Any] = (
                {"subfiletype": 1} if level else {"subifds": len(layout.shapes) - 1, "metadata": metadata}
            )
            if size:
                scale = layout.shapes[0][0] / shape[0], layout.shapes[0][1] / shape[1]
                own |= {
                    "resolution": (1e4 / (size.x_um * scale[1]), 1e4 / (size.y_um * scale[0])),
                    "resolutionunit": "CENTIMETER",
                }
            full = (*lengths, *shape, 3) if in_colour else (*lengths, *shape)
            writer.write(no_tiles, shape=full, **shared, **own)


def _tags(path: Path, levels: int) -> Iterator[list[list[tuple[int, str]]]]:
    """Yield, for each level, where the offsets and the lengths of each page's tiles stand, and as what type."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        pages: list[Any] = [file.pages.get(number) for number in range(len(file.pages))]
        for level in range(levels):
            found = []
            for page in pages:
                here = page.pages.get(level - 1) if level else page
                tags = [here.tags[name] for name in ("TileOffsets", "TileByteCounts")]
                found.append([(tag.valueoffset, TAG_TYPES[int(tag.dtype)]) for tag in tags])
            yield found
