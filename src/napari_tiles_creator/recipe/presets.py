"""Named starting points: what differs from the defaults."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "unet": {},
    "yolo": {
        "normalization": {"dtype": "uint8"},
        "export": {"format": "png"},
    },
    "axons": {
        "normalization": {"scope": "none", "dtype": "uint8"},
        "tiling": {"size_px": 512, "overlap_px": 0, "order": "edges_last"},
        "export": {"format": "png", "name": "{stem}_tile_{index:04d}"},
    },
    "imgsplit": {
        "normalization": {"scope": "none", "dtype": None},
        "tiling": {"size_px": 580, "overlap_px": 0, "sampling": "random", "count": 500},
    },
}
