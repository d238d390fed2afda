"""Numbers as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def size(n_bytes: float) -> str:
    """Return a number of bytes as people say it: three digits and a unit."""
    units = ["B", "kB", "MB", "GB", "TB", "PB"]
    while n_bytes >= 999.5 and len(units) > 1:
        n_bytes /= 1000
        units.pop(0)
    unit = units[0]
    digits = 0 if n_bytes >= 99.95 or unit == "B" else 1 if n_bytes >= 9.995 else 2
    number = f"{n_bytes:.{digits}f}"
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def grouped(number: int) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{number:,}".replace(",", "\u202f")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 tile``, ``300 tiles``."""
    return f"{grouped(number)} {noun}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """Return text that a label shows as it is, whatever signs are in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
