"""Micrometres per pixel, and the one place where a rescaled length is rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Micrometres in a unit by its symbol, of which the case matters: Mm are a million metres, mm a thousandth of one.
UM_PER_UNIT: dict[str, float] = {
    "Ym": 1e30,
    "Zm": 1e27,
    "Em": 1e24,
    "Pm": 1e21,
    "Tm": 1e18,
    "Gm": 1e15,
    "Mm": 1e12,
    "km": 1e9,
    "hm": 1e8,
    "dam": 1e7,
    "m": 1e6,
    "dm": 1e5,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "um": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "fm": 1e-9,
    "am": 1e-12,
    "zm": 1e-15,
    "ym": 1e-18,
    "Å": 1e-4,
}
# Micrometres in a unit by its name, in lower case and the singular.
UM_PER_NAME: dict[str, float] = {
    "µm": 1.0,
    "um": 1.0,
    "µ": 1.0,
    "micron": 1.0,
    "nm": 1e-3,
    "mm": 1e3,
    "cm": 1e4,
    "angstrom": 1e-4,
    "ångström": 1e-4,
    "picometer": 1e-6,
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "decimeter": 1e5,
    "meter": 1e6,
    "kilometer": 1e9,
    "thou": 25.4,
    "li": 25400.0 / 12,
    "pt": 25400.0 / 72,
    "in": 25400.0,
    "inch": 25400.0,
    "inche": 25400.0,
    '"': 25400.0,
    "ft": 304800.0,
    "yd": 914400.0,
    "mi": 1609344e3,
}
# The micro sign, however a program has written it: escaped, as the Greek letter, in the wrong encoding.
MICRO_SIGNS = ("\\u00b5", "\\u00B5", "\\u03bc", "\\u03BC", "μ", "Âµ", "Î¼", "&#181;", "&micro;")


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


def pixel_size_of(y_um: float, x_um: float) -> PixelSize | None:
    """Return a pixel size, None where the numbers, µm, are none."""
    try:
        return PixelSize(y_um, x_um)
    except ValueError:
        return None


def um_per_unit(unit: str) -> float | None:
    """Return how many micrometres a unit has, None for what is no length (``"pixel"``, an empty text)."""
    if unit in UM_PER_NAME:
        return UM_PER_NAME[unit]
    name = unit.strip(" \t\r\n\0")
    for sign in MICRO_SIGNS:
        name = name.replace(sign, "µ")
    if name in UM_PER_UNIT:
        return UM_PER_UNIT[name]
    name = name.lower().replace("metre", "meter")
    return UM_PER_NAME.get(name) or UM_PER_NAME.get(name.removesuffix("s"))


def scaled_length(length: int, factor: float) -> int:
    """Return the length in pixels after rescaling by `factor`: Python's ``round``, half to even."""
    return round(factor * length)


def reduced_length(length: int, numerator: int, denominator: int) -> int:
    """Return the length in pixels after rescaling by a fraction, rounded down: ``length·a/b``."""
    return length * numerator // denominator
