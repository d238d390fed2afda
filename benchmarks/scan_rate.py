"""What a scan costs beside what tifffile alone needs to open the same files, in one run.

    python benchmarks/scan_rate.py [--files 2000] [--size 64] [--repeats 5] [--folder SCRATCH]

Each kind of file is opened by turns: by tifffile, which asks for the image's shape and type, and by `scan`, which also
looks for pixel size, axes, names and damage. A ratio is the median of the rounds' ratios. At the end, one image of
100,000 × 100,000 px in tiles of 512.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.recipe.media import Media

KINDS = {
    "plain": {"metadata": None, "resolution": (62500, 62500), "resolutionunit": "CENTIMETER"},
    "tifffile": {},
    "ImageJ": {"imagej": True, "resolution": (4, 4), "metadata": {"unit": "micron"}},
    "OME": {"metadata": {"axes": "YX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}},
    "tiles, deflate": {"metadata": None, "tile": (16, 16), "compression": "zlib"},
}
HUGE = 100_000


def make_files(folder: Path, kind: str, count: int, size: int) -> None:
    """Write images of one kind."""
    folder.mkdir(parents=True)
    extension = "ome.tif" if kind == "OME" else "tif"
    for k in range(count):
        tifffile.imwrite(folder / f"{k:05d}.{extension}", np.full((size, size), k, np.uint16), **KINDS[kind])


def make_huge(path: Path) -> None:
    """Write a tiled image of which only the first tile is there."""
    across = -(-HUGE // 512)
    tiles = (bytes(512 * 512) if k == 0 else b"" for k in range(across**2))
    tifffile.imwrite(path, tiles, shape=(HUGE, HUGE), dtype=np.uint8, tile=(512, 512), bigtiff=True, metadata=None)


def by_tifffile(folder: Path) -> float:
    """Return how long tifffile takes for shape and type of each file, s."""
    start = time.perf_counter()
    for path in sorted(folder.iterdir()):
        with tifffile.TiffFile(path) as file:
            _ = file.series[0].shape, file.series[0].dtype
    return time.perf_counter() - start


def by_scan(folder: Path) -> float:
    """Return how long a scan takes, s."""
    start = time.perf_counter()
    assert all(found.info is not None for found in scan(Media(folder=str(folder))))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=settings.folder) as scratch:
        print(f"{settings.files} files of {settings.size}² px; ms a file, ratio of the scan to tifffile")
        for kind in KINDS:
            folder = Path(scratch) / kind
            make_files(folder, kind, settings.files, settings.size)
            by_tifffile(folder), by_scan(folder)  # both with files and modules in memory
            rounds = [(by_tifffile(folder), by_scan(folder)) for _ in range(settings.repeats)]
            alone, scanned = (statistics.median(one) * 1e3 / settings.files for one in zip(*rounds, strict=True))
            ratio = statistics.median(b / a for a, b in rounds)
            print(f"{kind:15} tifffile {alone:.3f}   scan {scanned:.3f}   {ratio:.2f}x", flush=True)
        huge = Path(scratch) / "huge"
        huge.mkdir()
        make_huge(huge / "huge.tif")
        seconds = statistics.median(by_scan(huge) for _ in range(settings.repeats))
        print(f"{HUGE:,} × {HUGE:,} px in tiles of 512: scan {seconds * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
