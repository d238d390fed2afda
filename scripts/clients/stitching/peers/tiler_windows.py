"""tiler's windows: a case's probability maps merged with each of them, and tiles that are all the same.

python tiler_windows.py CASE.npz OUT.npz
"""

from __future__ import annotations

import sys

import numpy as np
from tiler import Merger, Tiler

# The window "overlap-tile" wants tiles that reach beyond the image, and would leave its border 0.
WINDOWS = tuple(name for name in Merger.SUPPORTED_WINDOWS if name != "overlap-tile")
EVEN = 0.37


def main() -> None:
    """Merge a case with each window."""
    case = np.load(sys.argv[1])
    result = {}
    for window in WINDOWS:
        result[f"tiler, {window}"] = merged(case["maps"], case, window)
        result[f"even, tiler, {window}"] = merged(np.full_like(case["maps"], EVEN), case, window)
    np.savez(sys.argv[2], **result)


def merged(tiles: np.ndarray, case: dict[str, np.ndarray], window: str) -> np.ndarray:
    """Return the map that the tiles make."""
    side, size, overlap = (int(case[name]) for name in ("side", "size", "overlap"))
    tiler = Tiler(data_shape=(side, side), tile_shape=(size, size), overlap=overlap)
    merger = Merger(tiler, window=window)
    for number, (tile, box) in enumerate(zip(tiles, case["boxes"], strict=True)):
        assert tuple(tiler.get_tile_bbox(number)[0]) == tuple(box[:2]), "another grid than ours"
        merger.add(number, tile)
    return merger.merge()


if __name__ == "__main__":
    main()
