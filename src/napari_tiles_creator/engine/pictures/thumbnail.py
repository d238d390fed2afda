"""Small pictures of large planes: area means, contrast of their own, channels in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pictures.reduction import MORE_CHANNELS, reduced_plane
from napari_tiles_creator.engine.planning.resolve import as_planned
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.base import Source, SourceInfo

# Ends of the contrast, in percent of a picture's finite values.
CONTRAST = (0.5, 99.5)
# Relative differences of means below this are rounding of float64, not contrast.
ROUNDING = 1e-13

# Additive colours of the channels, in napari's order: a picture looks like the layers do, and no pair that is often
# read together is red and green. One channel is grey.
TWO_CHANNELS = ("magenta", "green")
RGB_OF = {
    "cyan": (0, 1, 1),
    "yellow": (1, 1, 0),
    "magenta": (1, 0, 1),
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
}


def thumbnail(scanned: Scanned, media: Media, size_px: int) -> NDArray[np.uint8]:
    """Return a picture of a source: of a stack the middle plane, of a series the first, unless the recipe says which.

    Parameters
    ----------
    scanned : Scanned
        The source.
    media : Media
        The recipe's section: how the file is opened, which channel and plane are meant.
    size_px : int
        Side of the square that the picture fills as far as its proportions allow; small images are enlarged.

    Returns
    -------
    picture : array (y, x, 3), uint8

    Raises
    ------
    SourceError
        If the file cannot be read or decoded, or has no such channel or plane.
    """
    if scanned.info is None:
        raise SourceError(scanned.problem)
    info = as_planned(media, scanned.info)
    z, t = (_position(media, info, axis) for axis in "ZT")
    channel = _channel(media, info)
    source = reopen(info)
    try:
        colours = tuple(map(media.rgb_of, media.colours or ()))
        shape = fitted(source.info.plane_shape, size_px)
        return plane_picture(source, shape, z=z, t=t, channel=channel, colours=colours)
    finally:
        source.close()


def plane_picture(
    source: Source,
    shape: tuple[int, int],
    *,
    z: int = 0,
    t: int = 0,
    channel: int | None = None,
    colours: Sequence[tuple[float, float, float]] = (),
) -> NDArray[np.uint8]:
    """Return a picture of one plane.

    Parameters
    ----------
    source : Source
        The opened file.
    shape : tuple of int
        ``(height, width)`` of the picture, px.
    z, t : int, default 0
        Position on the axes Z and T.
    channel : int or None, default None
        One channel, grey; None composes up to six in colours.
    colours : sequence of (red, green, blue), optional
        Colours of the channels, 0…1, where they are as many; else those that a viewer takes.

    Returns
    -------
    picture : array (y, x, 3), uint8
        RGB of type uint8 as it is; anything else stretched between `CONTRAST`, each channel by itself and RGB
        together. Black where no value is finite.

    Raises
    ------
    SourceError
        If the pixels cannot be read or decoded.
    """
    planes = reduced_plane(source, shape, z=z, t=t, channel=channel)
    if not source.info.is_rgb:
        return _composed([stretched(plane) for plane in planes], colours)
    if source.info.dtype != np.uint8:
        planes = stretched(planes) * 255
    return np.rint(np.moveaxis(planes, 0, -1)).astype(np.uint8)


def fitted(shape: tuple[int, int], size_px: int) -> tuple[int, int]:
    """Return the largest shape of these proportions in a square of `size_px`, at least 1 px each way."""
    longest = max(shape)
    return max(1, round(shape[0] * size_px / longest)), max(1, round(shape[1] * size_px / longest))


def stretched(values: NDArray[Any]) -> NDArray[Any]:
    """Return values mapped to 0…1 between the ends of `CONTRAST`, clipped; what is not finite becomes 0.

    Where nearly all values are equal the ends are minimum and maximum; where all are, 0.5 stands for them.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros_like(values)
    # Halved, so that not even the full range of float64 overflows.
    halves, least = values / 2, ROUNDING * np.abs(finite).max()
    low, high = np.percentile(finite, CONTRAST) / 2
    if high - low <= least:
        low, high = finite.min() / 2, finite.max() / 2
    mapped = np.clip((halves - low) / (high - low), 0, 1) if high - low > least else np.full_like(values, 0.5)
    return np.where(np.isfinite(values), mapped, 0)


def _composed(channels: list[NDArray[Any]], colours: Sequence[tuple[float, float, float]] = ()) -> NDArray[np.uint8]:
    """Return channels of 0…1, each array (y, x), added up in their colours, array (y, x, 3)."""
    if len(channels) != len(colours):
        names = TWO_CHANNELS if len(channels) == 2 else MORE_CHANNELS
        colours = [RGB_OF[name] for name in names[: len(channels)]] if len(channels) > 1 else [(1, 1, 1)]
    if len(channels) > 1:
        # A channel without contrast is empty, whatever its value, and must not tint the others.
        channels = [np.zeros_like(plane) if np.ptp(plane) == 0 else plane for plane in channels]
    light = np.tensordot(np.stack(channels, axis=-1), np.array(colours, np.float64), axes=1)
    picture: NDArray[np.uint8] = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
    return picture


def _position(media: Media, info: SourceInfo, axis: str) -> int:
    """Return the position on Z or T: the recipe's, else the middle of a stack and the first of a series."""
    wanted = media.z if axis == "Z" else media.t
    length = info.length(axis)
    if axis not in info.axes:
        return 0
    if not isinstance(wanted, int):
        return length // 2 if axis == "Z" else 0
    if wanted < length:
        return wanted
    name = axis.lower()
    raise SourceError(f"{info.path.name}: has no {name} {wanted} (media.{name}): it has 0 to {length - 1}")


def _channel(media: Media, info: SourceInfo) -> int | None:
    """Return the one channel that the recipe keeps, None for all."""
    wanted = media.channel
    if wanted is None or (wanted == 0 and not info.has_channels and not info.is_rgb):
        return None
    if isinstance(wanted, int) and info.has_channels and wanted < info.length("C"):
        return wanted
    if isinstance(wanted, str) and wanted in info.channel_names:
        return info.channel_names.index(wanted)
    raise SourceError(f"{info.path.name}: has no channel {wanted!r} (media.channel)")
