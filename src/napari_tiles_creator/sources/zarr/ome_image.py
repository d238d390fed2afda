"""What OME-Zarr metadata says of an image: its levels, axes, scale and channels; versions 0.1 to 0.5."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.pixel_size import pixel_size_of, um_per_unit
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.choice import check_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sources.zarr.nodes import Node

# Before version 0.3 an image has these axes.
FIRST_AXES = ("t", "c", "z", "y", "x")
NAME_OF_TYPE = {"time": "t", "channel": "c"}


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One image with levels.

    Parameters
    ----------
    paths : tuple of str
        Arrays of the levels, relative to the group, the full one first.
    names : tuple of str
        Names of the axes.
    units : tuple of str
        Their units, empty where there is none.
    scales : tuple of (tuple of float)
        Of each level, what a step along each axis is in these units; empty where this is not told.
    channel_names : tuple of str
        Labels of the channels, empty where there are none.
    """

    paths: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    scales: tuple[tuple[float, ...], ...]
    channel_names: tuple[str, ...]

    def pixel_size(self, axes: str, level: int = 0) -> tuple[PixelSize | None, str]:
        """Return the pixel size of a level and where it comes from, or None and why there is none.

        Parameters
        ----------
        axes : str
            One letter an axis of the array.
        level : int, default 0
            Which level.
        """
        scale = self.scales[level]
        if len(scale) != len(axes) or len(self.units) != len(axes):
            return None, NO_PIXEL_SIZE
        sizes = []
        for letter in "YX":
            at = axes.index(letter)
            per_unit = um_per_unit(self.units[at])
            if per_unit is None:
                unit = f"the unit of its scale is {self.units[at]}" if self.units[at] else "its scale has no unit"
                return None, f"{NO_PIXEL_SIZE} ({unit})"
            sizes.append(scale[at] * per_unit)
        size = pixel_size_of(sizes[0], sizes[1])
        return (size, "OME-Zarr scale") if size else (None, f"{NO_PIXEL_SIZE} (its scale is {sizes[0]:g})")


def image_of(group: Node, number: int) -> OmeImage:
    """Return one of the images that a group describes.

    Raises
    ------
    SourceError
        If there are not so many, or its description is damaged.
    """
    images = group.ome["multiscales"]
    if not isinstance(images, list) or not images:
        raise SourceError(f"{group.name} is damaged: its multiscales name no image")
    check_series(group.name, number, len(images))
    try:
        return _image(images[number], group.ome.get("omero"))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{group.name} is damaged: its multiscales are not as OME-Zarr has them") from error


def _image(told: dict[str, Any], omero: Any) -> OmeImage:
    levels = told["datasets"]
    axes = told.get("axes", list(FIRST_AXES))
    common = _scale(told)
    scales = [_product(_scale(level), common) for level in levels]
    paths = tuple(str(level["path"]) for level in levels)
    if not paths:
        raise ValueError("no levels")
    return OmeImage(
        paths=paths,
        names=tuple(_name(axis) for axis in axes),
        units=tuple(str(axis.get("unit") or "") if isinstance(axis, dict) else "" for axis in axes),
        scales=tuple(scales),
        channel_names=_channel_names(omero),
    )


def _name(axis: Any) -> str:
    if not isinstance(axis, dict):
        return str(axis)
    return NAME_OF_TYPE.get(str(axis.get("type", "")).lower(), str(axis["name"]))


def _scale(described: dict[str, Any]) -> tuple[float, ...]:
    """Return the product of the scales among coordinate transformations, empty where there is none."""
    scale: tuple[float, ...] = ()
    for step in described.get("coordinateTransformations") or []:
        if step.get("type") == "scale":
            scale = _product(scale, tuple(float(factor) for factor in step["scale"]))
    return scale


def _product(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
    if not a or not b:
        return tuple(a or b)
    return tuple(math.prod(pair) for pair in zip(a, b, strict=True))


def _channel_names(omero: Any) -> tuple[str, ...]:
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return ()
    names = tuple(str(one.get("label") or "") if isinstance(one, dict) else "" for one in channels)
    return names if any(names) else ()
