"""COCO's counts of a mask: how many pixels are outside, inside, outside… column by column; as numbers or as a text.

The text is that of the COCO API (``rleToString`` in ``maskApi.c``): each count less the one two before it, from the
fourth on, in groups of 5 bits, lowest first, bit 6 for "more follows", as characters from ``0`` on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST = ord("0")
VALUE_BITS, SIGN, MORE = 5, 0x10, 0x20


def compressed(counts: NDArray[np.int64]) -> str:
    """Return the text of some counts, array (n,)."""
    rest = counts.astype(np.int64)
    rest[3:] -= counts[1:-2]
    groups, used = [], []
    goes_on = np.ones(len(rest), np.bool_)
    while goes_on.any():
        group = rest & (MORE - 1)
        rest = rest >> VALUE_BITS
        used.append(goes_on)
        # The last group carries the sign: all that is left is the sign's own bits.
        goes_on = goes_on & np.where(group & SIGN, rest != -1, rest != 0)
        groups.append(np.where(goes_on, group | MORE, group))
    if not groups:
        return ""
    letters = np.stack(groups, axis=1)[np.stack(used, axis=1)] + FIRST
    return letters.astype(np.uint8).tobytes().decode("ascii")


def decompressed(text: str | bytes) -> NDArray[np.int64]:
    """Return the counts, array (n,), of a text.

    Raises
    ------
    ValueError
        If the text is no compressed counts.
    """
    letters = np.frombuffer(text if isinstance(text, bytes) else text.encode("utf-8"), np.uint8).astype(np.int64)
    letters -= FIRST
    if np.any((letters < 0) | (letters > 63)):
        raise ValueError("the counts of a COCO mask are no text in COCO's compressed form")
    last = np.flatnonzero(letters & MORE == 0)
    if len(letters) and (not len(last) or last[-1] != len(letters) - 1):
        raise ValueError("the counts of a COCO mask are cut short")
    if not len(letters):
        return np.zeros(0, np.int64)
    first = np.concatenate([[0], last[:-1] + 1])
    place = np.arange(len(letters)) - np.repeat(first, last - first + 1)
    if place.max() > 11:  # 60 bits; no mask is that large
        raise ValueError("the counts of a COCO mask are no text in COCO's compressed form")
    counts = np.add.reduceat((letters & (MORE - 1)) << (VALUE_BITS * place), first)
    counts -= np.where(letters[last] & SIGN, 1 << (VALUE_BITS * (place[last] + 1)), 0)
    for chain in (slice(1, None, 2), slice(2, None, 2)):
        counts[chain] = np.cumsum(counts[chain])
    return counts
