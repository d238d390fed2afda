"""Colours of what we draw on images: they read on dark and on bright ones, and differ in lightness, too."""

from __future__ import annotations

CURRENT = "#ff7f00"
KEPT = "#00b4d8"
LEFT_OUT = "#8d8d8d"
# What covers tiles that are left out: grey takes contrast from dark and from bright pixels alike.
VEIL = "#80808080"
REJECTED_VEIL = "#d00000a0"
REGION = "#ffd60a"
# Of the parts of a dataset, by their usual names; others take the next of the second row. The three are told apart by
# people who see no red, no green or no blue, too, and from the current tile.
SPLITS = {"train": KEPT, "val": "#b4dc00", "test": "#b040ff"}
MORE_SPLITS = ("#ffd60a", "#e05fd0", "#b0b0ff")
# Of classes of objects: told apart from each other and from those of tiles by people who see no red, no green or no
# blue, too; each further class begins anew.
CLASSES = ("#ff0049", "#006db6", "#ffb66d", "#92496d", "#496d24", "#9292ff", "#6d00ff", "#b6926d")

# Widths in pixels of the screen, whole ones: others are drawn now thicker, now thinner, which looks like larger tiles.
CURRENT_WIDTH = 3.0
LINE_WIDTH, FINE_LINE_WIDTH = 2.0, 1.0
REGION_WIDTH = 3.0
OBJECT_WIDTH = 2.0
# Of label images: what they cover is seen through them.
LABELS_OPACITY = 0.45


def of_split(split: str) -> str:
    """Return the colour of a split's tiles, also where there is no split."""
    return SPLITS.get(split, KEPT)


def of_class(number: int) -> str:
    """Return the colour of a class of objects, counted from 0."""
    return CLASSES[number % len(CLASSES)]
