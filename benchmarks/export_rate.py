"""How fast tiles are exported, beside the loop that a tutorial would show and patchify, in one run.

    python benchmarks/export_rate.py [--images 12] [--size 4096] [--repeats 3] [--folder SCRATCH]

Each tool runs as a process of its own, in turn, on the same files; a figure is the median over the repeats, a ratio
the median of the round-by-round ratios. patchify drops the last row and column, so rates are per tile written.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TILE, OVERLAP = 512, 128
KINDS = {"tif": "float32 tif (preset unet)", "png": "uint8 png (preset yolo)"}


def make_images(folder: Path, count: int, size: int) -> None:
    """Write fields of blurred spots with camera noise, uint16, uncompressed."""
    import tifffile
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(1)
    for i in range(count):
        spots = np.zeros((size, size), np.float32)
        places = rng.integers(0, size, (2, size * size // 4000))
        spots[tuple(places)] = rng.uniform(1e3, 1e5, places.shape[1])
        field = 60 + gaussian_filter(spots, 3)
        noisy = rng.poisson(field) * 2 + 100 + rng.normal(0, 3, field.shape)
        tifffile.imwrite(folder / f"field_{i:02d}.tif", np.clip(noisy, 0, 65535).astype(np.uint16))


def normalized(image: np.ndarray, kind: str) -> np.ndarray:
    image = image.astype(np.float32)
    image = (image - image.min()) / (image.max() - image.min())
    return image if kind == "tif" else np.rint(image * 255).astype(np.uint8)


def save(path: str, tile: np.ndarray) -> None:
    if path.endswith(".tif"):
        import tifffile

        tifffile.imwrite(path, tile)
    else:
        import cv2

        cv2.imwrite(path, tile)


def loop(source: Path, output: Path, kind: str) -> None:
    """Cut with slices, the last row and column shifted inwards."""
    import tifffile

    def starts(length: int) -> list[int]:
        stride = TILE - OVERLAP
        return [min(i * stride, length - TILE) for i in range(-(-(length - OVERLAP) // stride))]

    for path in sorted(source.glob("*.tif")):
        image = normalized(tifffile.imread(path), kind)
        for y in starts(image.shape[0]):
            for x in starts(image.shape[1]):
                save(f"{output}/{path.stem}_{y}_{x}.{kind}", image[y : y + TILE, x : x + TILE])


def patchify_(source: Path, output: Path, kind: str) -> None:
    """Cut with patchify."""
    import tifffile
    from patchify import patchify

    for path in sorted(source.glob("*.tif")):
        image = normalized(tifffile.imread(path), kind)
        tiles = patchify(image, (TILE, TILE), step=TILE - OVERLAP)
        for row in range(tiles.shape[0]):
            for column in range(tiles.shape[1]):
                save(f"{output}/{path.stem}_{row}_{column}.{kind}", tiles[row, column])


PEERS = {"loop": loop, "patchify": patchify_}


def command(tool: str, source: Path, output: Path, kind: str) -> list[str]:
    if tool != "tiles-creator":
        return [sys.executable, __file__, "--peer", tool, str(source), str(output), kind]
    preset = {"tif": "unet", "png": "yolo"}[kind]
    program = str(Path(sys.executable).parent / "tiles-creator")
    options = ["--preset", preset, "--size", str(TILE), "--overlap", str(OVERLAP)]
    return [program, "export", str(source), str(output), *options]


def measure(tool: str, source: Path, output: Path, kind: str) -> tuple[float, int]:
    """Return seconds and tiles of one run into an empty folder."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    subprocess.run(["sync"], check=False)
    start = time.perf_counter()
    subprocess.run(command(tool, source, output, kind), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start, len(list(output.glob(f"*.{kind}")))


def compare(source: Path, output: Path, kind: str, repeats: int) -> None:
    tools = ["loop", "patchify", "tiles-creator"]
    rounds = [{tool: measure(tool, source, output, kind) for tool in tools} for _ in range(repeats)]
    print(f"\n{KINDS[kind]}, {repeats} rounds")
    print(f"{'tool':<15}{'s':>8}{'tiles':>8}{'tiles/s':>10}{'× loop':>9}{'× patchify':>12}")
    for tool in tools:
        seconds = statistics.median(r[tool][0] for r in rounds)
        tiles = rounds[0][tool][1]
        rates = [
            statistics.median((r[tool][1] / r[tool][0]) / (r[peer][1] / r[peer][0]) for r in rounds)
            for peer in ("loop", "patchify")
        ]
        print(f"{tool:<15}{seconds:>8.2f}{tiles:>8}{tiles / seconds:>10.0f}{rates[0]:>9.2f}{rates[1]:>12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where images and tiles go for the time being")
    parser.add_argument("--peer", nargs=4, metavar=("TOOL", "SOURCE", "OUTPUT", "KIND"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        tool, source, output, kind = arguments.peer
        PEERS[tool](Path(source), Path(output), kind)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        source = Path(scratch) / "images"
        source.mkdir()
        print(f"{arguments.images} images of {arguments.size}² uint16, tiles {TILE}, overlap {OVERLAP}")
        make_images(source, arguments.images, arguments.size)
        for kind in KINDS:
            compare(source, Path(scratch) / "tiles", kind, arguments.repeats)


if __name__ == "__main__":
    main()
