"""Micrometres per pixel, and the one place where a rescaled length is rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Micrometres in a unit, under the names that OME, ImageJ and people use for it.
UM_PER_UNIT: dict[str, float] = {
    "pm": 1e-6,
    "å": 1e-4,
    "angstrom": 1e-4,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "nanometre": 1e-3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "mm": 1e3,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "cm": 1e4,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "dm": 1e5,
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "in": 25400.0,
    "inch": 25400.0,
    "inches": 25400.0,
    '"': 25400.0,
}


@dataclass(frozen=True, slots=True)
class PixelSize:
    """Micrometres per pixel along y and x.

    Raises
    ------
    ValueError
        If a size is not a finite number above 0.
    """

    y_um: float
    x_um: float

    def __post_init__(self) -> None:
        for value in (self.y_um, self.x_um):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"a pixel size must be a number of micrometres above 0, not {value}")

    @property
    def is_square(self) -> bool:
        """Whether y and x agree to a relative 1e-9, which is what metadata can promise."""
        return math.isclose(self.y_um, self.x_um, rel_tol=1e-9)

    def divided(self, scale_y: float, scale_x: float) -> PixelSize:
        """Return the pixel size of the image after its lengths were multiplied by these scales."""
        return PixelSize(self.y_um / scale_y, self.x_um / scale_x)

    def __str__(self) -> str:
        return f"{self.y_um:.6g}" if self.is_square else f"{self.y_um:.6g};{self.x_um:.6g}"


def um_per_unit(unit: str) -> float | None:
    """Return how many micrometres a unit has, None for what is no length (``"pixel"``, an empty text)."""
    name = unit.strip().strip("\0").replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("μ", "µ")
    return UM_PER_UNIT.get(name) or UM_PER_UNIT.get(name.lower())


def scaled_length(length: int, factor: float) -> int:
    """Return the length in pixels after rescaling by `factor`: Python's ``round``, half to even."""
    return round(factor * length)


def reduced_length(length: int, numerator: int, denominator: int) -> int:
    """Return the length in pixels after rescaling by a fraction, rounded down: ``length·a/b``."""
    return length * numerator // denominator
