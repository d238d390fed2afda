"""An OME-Zarr 0.5 image (Zarr v3), filled chunk by chunk in any order."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.measure import extremes, joined

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.image_files.layout import Layout

COMPRESSIONS = ("zstd", "zlib", "none")
AXES = {"T": "time", "C": "channel", "Z": "space", "Y": "space", "X": "space"}
COLOURS = (("red", "FF0000"), ("green", "00FF00"), ("blue", "0000FF"))
# Chunks along an axis that are looked at for the range of values.
LOOKED_AT = 4
# Of channels, in turn: told apart by the colour-blind, too.
CHANNEL_COLOURS = ("FFFFFF", "FF00FF", "00FF00", "00FFFF", "FFFF00", "FF0000", "0000FF")


class ZarrFolder:
    """An OME-Zarr image that is being written.

    Colour becomes three channels: OME-Zarr has no other place for it. Chunks of zeros are left out, as Zarr allows.

    Parameters
    ----------
    path : Path
        The folder; does not exist.
    layout : Layout
        The image.
    name : str
        What the image is called.
    """

    def __init__(self, path: Path, layout: Layout, name: str) -> None:
        import zarr

        in_colour = layout.samples == 3
        # OME-Zarr 0.5: time, channel, space, in this order.
        given = dict(layout.outer) | ({"C": 3} if in_colour else {})
        self._axes = "".join(axis for axis in "TCZ" if axis in given)
        lengths = [given[axis] for axis in self._axes]
        names = [axis.lower() for axis in self._axes + "YX"]
        self._layout, self._name = layout, name
        self._group = zarr.create_group(path, zarr_format=3)
        self._levels = [
            self._group.create_array(
                str(level),
                shape=(*lengths, *shape),
                # A chunk is no larger than the array: readers allocate whole chunks.
                chunks=(*[1] * len(lengths), *(min(layout.tile, length) for length in shape)),
                # By its size: of two names for one type, such as C's long and long long, Zarr knows one.
                dtype=np.dtype(layout.dtype.str),
                compressors=_compressors(layout),
                fill_value=0,
                dimension_names=names,
            )
            for level, shape in enumerate(layout.shapes)
        ]

    def at(self, position: dict[str, int]) -> _Chunks:
        """Return what takes the tiles of one position on T and Z."""
        return _Chunks(self._levels, [position.get(axis) for axis in self._axes], self._layout.tile)

    def finish(self) -> None:
        """Write the metadata, last: what has none is no image yet."""
        self._group.attrs["ome"] = _metadata(self._layout, self._axes, self._name, self._ranges())

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _ranges(self) -> list[tuple[float, float]]:
        """Return the range of values of each channel at the smallest level, for viewers to begin with.

        Of a level of many chunks, as without a pyramid, some tell enough.
        """
        smallest = self._levels[-1]
        if "C" not in self._axes:
            return []
        at, tile = self._axes.index("C"), self._layout.tile
        corners = [_spread(length, tile) for length in self._layout.shapes[-1]]
        ranges = []
        for channel in range(smallest.shape[at]):
            # Of the other axes, the middle one stands for all.
            middle = tuple(channel if axis == at else length // 2 for axis, length in enumerate(smallest.shape[:-2]))
            found = joined(extremes(smallest[(*middle, y, x)]) for y, x in product(*corners))
            ranges.append((found.low, found.high) if np.isfinite(found.low) else (0.0, 1.0))
        return ranges


class _Chunks:
    """Takes the tiles of the planes that are read together."""

    def __init__(self, levels: list[Any], position: list[int | None], tile: int) -> None:
        self._levels, self._position, self._tile = levels, position, tile

    def take(self, tile: NDArray[Any], uniform: bool, level: int, row: int, column: int) -> None:
        """Write a chunk of each channel or colour; see `TileTaker`."""
        if uniform and not tile[:, 0, 0].any():  # what is not there is zero
            return
        y, x = row * self._tile, column * self._tile
        place = slice(y, y + tile.shape[1]), slice(x, x + tile.shape[2])
        planes = np.moveaxis(tile[0], -1, 0) if tile.shape[-1] == 3 else tile[..., 0]
        for channel, plane in enumerate(planes):
            outer = tuple(channel if at is None else at for at in self._position)
            self._levels[level][(*outer, *place)] = plane


def _spread(length: int, tile: int) -> list[slice]:
    """Return some chunks along an axis, spread evenly; all of few."""
    chunks = -(-length // tile)
    numbers = np.linspace(0, chunks - 1, min(chunks, LOOKED_AT)).round().astype(int).tolist()
    return [slice(number * tile, (number + 1) * tile) for number in numbers]


def _compressors(layout: Layout) -> Any:
    from zarr.codecs import GzipCodec, ZstdCodec

    return {"zstd": ZstdCodec(level=3), "zlib": GzipCodec(level=5), "none": None}[layout.compression]


def _metadata(layout: Layout, axes: str, name: str, ranges: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the attribute ``ome`` of version 0.5."""
    size = layout.pixel_size
    full = (size.y_um, size.x_um) if size else (1.0, 1.0)
    unit = {"unit": "micrometer"} if size else {}
    datasets = []
    for level in range(len(layout.shapes)):
        # Each pixel stands for a square of 2^level: its middle lies off that of the full level's first pixel.
        scale = [um * 2**level for um in full]
        shift = [um * (2**level - 1) / 2 for um in full]
        transformations: list[dict[str, Any]] = [{"type": "scale", "scale": [1.0] * len(axes) + scale}]
        if level:
            transformations.append({"type": "translation", "translation": [0.0] * len(axes) + shift})
        datasets.append({"path": str(level), "coordinateTransformations": transformations})
    described = [
        {"name": axis.lower(), "type": AXES[axis], **(unit if axis in "YX" else {})} for axis in (*axes, "Y", "X")
    ]
    metadata: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [{"name": name, "axes": described, "datasets": datasets}],
    }
    channels = _channels(layout, ranges)
    return metadata | ({"omero": {"channels": channels}} if channels else {})


def _channels(layout: Layout, ranges: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """Return names and colours of the channels, none where there is nothing to say of them."""
    if layout.samples == 3:
        named, ranges = list(COLOURS), [_whole_range(layout.dtype, ranges)] * 3
    else:
        named = [
            (name, CHANNEL_COLOURS[number % len(CHANNEL_COLOURS)]) for number, name in enumerate(layout.channel_names)
        ]
    channels = []
    for (label, colour), (low, high) in zip(named, ranges, strict=True) if named else ():
        window = {"min": low, "max": high, "start": low, "end": high}
        channels.append({"label": label, "color": colour, "active": True, "window": window})
    return channels


def _whole_range(dtype: np.dtype[Any], ranges: list[tuple[float, float]]) -> tuple[float, float]:
    """Return one range for red, green and blue, so that colours stay what they are."""
    if dtype.kind in "ui":
        return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    return min(low for low, _ in ranges), max(high for _, high in ranges)
