"""Colours of what we draw on images: they read on dark and on bright ones, and differ in lightness, too."""

from __future__ import annotations

CURRENT = "#ff7f00"
KEPT = "#00b4d8"
LEFT_OUT = "#8d8d8d"
# What covers tiles that are left out: grey takes contrast from dark and from bright pixels alike.
VEIL = "#80808080"
REJECTED_VEIL = "#d00000a0"
REGION = "#ffd60a"
# Of the parts of a dataset, by their usual names; others take the next of the second row.
SPLITS = {"train": KEPT, "val": CURRENT, "test": "#e05fd0"}
MORE_SPLITS = ("#9acd32", "#ffd60a", "#b0b0ff")

# Widths in pixels of the screen, whole ones: others are drawn now thicker, now thinner, which looks like larger tiles.
CURRENT_WIDTH = 3.0
LINE_WIDTH, FINE_LINE_WIDTH = 2.0, 1.0
REGION_WIDTH = 3.0
