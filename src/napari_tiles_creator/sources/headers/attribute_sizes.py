"""Pixel sizes in the attributes of an array: those whose unit is clear, whoever wrote them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.geometry.pixel_size import PixelSize, pixel_size_of, um_per_unit
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Fiji's HDF5 plugin: micrometres, z (if any), y, x.
FIJI = "element_size_um"
# What else pixel sizes are called, with a unit at the end of the name, or in an attribute beside.
CALLED = ("pixel_size", "voxel_size", "element_size", "resolution", "spacing", "pixelsize", "voxelsize")
UNITS = ("um", "nm", "mm")


def pixel_size_in(attributes: Mapping[str, Any], axes: str) -> tuple[PixelSize | None, str]:
    """Return the pixel size that attributes tell and where it comes from, or None and why there is none.

    Parameters
    ----------
    attributes : mapping
        Of the array.
    axes : str
        One letter an axis of the array, ``-`` for those that are passed over.
    """
    if FIJI in attributes:
        return _of_fiji(attributes[FIJI])
    found = _of_ilastik(attributes)
    if found:
        return found, "ilastik's axistags"
    why = NO_PIXEL_SIZE
    for key, value in attributes.items():
        called, _, ending = key.lower().rpartition("_")
        unit = ending if called in CALLED and ending in UNITS else _unit_beside(attributes, key)
        if key.lower() not in CALLED and called not in CALLED:
            continue
        if unit is None:
            why = f"{NO_PIXEL_SIZE} (its {key} has no unit)"
            continue
        size = _along(_numbers(value), axes, um_per_unit(unit) or math.nan)
        if size:
            return size, f"attribute {key}"
    return None, why


def _of_fiji(value: Any) -> tuple[PixelSize | None, str]:
    numbers = _numbers(value)
    size = pixel_size_of(numbers[-2], numbers[-1]) if len(numbers) in (2, 3) else None
    return (size, f"attribute {FIJI}") if size else (None, f"{NO_PIXEL_SIZE} ({FIJI} is no pixel size)")


def _of_ilastik(attributes: Mapping[str, Any]) -> PixelSize | None:
    """Return the size in ilastik's form: resolutions an axis, units as a dictionary by the axis's key."""
    tags, units = as_json(attributes.get("axistags")), as_json(attributes.get("axis_units"))
    if not isinstance(tags, dict) or not isinstance(units, dict) or not isinstance(tags.get("axes"), list):
        return None
    sizes = {}
    for tag in tags["axes"]:
        key = str(tag.get("key", "")) if isinstance(tag, dict) else ""
        numbers = _numbers(tag.get("resolution", 0)) if key in ("y", "x") else []
        sizes[key] = (numbers or [0.0])[0] * (um_per_unit(str(units.get(key, ""))) or 0)
    return pixel_size_of(sizes.get("y", 0), sizes.get("x", 0))


def _unit_beside(attributes: Mapping[str, Any], key: str) -> str | None:
    """Return the unit of length that another attribute tells."""
    for name in (f"{key}_unit", f"{key}_units", "unit", "units"):
        text = as_text(attributes.get(name))
        if text and um_per_unit(text) is not None:
            return text
    return None


def _along(numbers: Sequence[float], axes: str, per_unit: float) -> PixelSize | None:
    """Return the size from one number, one a spatial axis, or one an axis, in the array's order."""
    if len(numbers) == 1:
        return pixel_size_of(numbers[0] * per_unit, numbers[0] * per_unit)
    for letters in (axes, "".join(axis for axis in axes if axis in "ZYX")):
        if len(numbers) == len(letters):
            return pixel_size_of(numbers[letters.index("Y")] * per_unit, numbers[letters.index("X")] * per_unit)
    return None


def _numbers(value: Any) -> list[float]:
    import numpy as np

    try:
        return [float(number) for number in np.atleast_1d(value).ravel()[:8]]
    except (TypeError, ValueError):
        return []


def as_text(value: Any) -> str:
    """Return a text that an attribute holds, empty where it holds none."""
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def as_json(value: Any) -> Any:
    """Return what a JSON text in an attribute says, None where it is none."""
    try:
        return json.loads(as_text(value))
    except (ValueError, RecursionError):
        return None
