"""How fast overlapping tiles are merged, beside microglia-analyzer's ImageTiler2D and tiler's Merger, in one run.

    python benchmarks/merge_rate.py [--size 20000] [--repeats 3] [--folder SCRATCH] [--peers FOLDER] [--kinds files]

FOLDER is where the peers were installed, without what else they depend on:

    pip install --no-deps --target FOLDER microglia-analyzer tiler tqdm

Tiles of 512 px, overlap 128, float32, linear blend. In memory: 64 distinct tiles again and again, so that what is
measured is the merging; the reference's time includes its maps, which it builds for every shape. From files: one TIFF
a tile, as `export` writes them; the others read them with tifffile, and the result is written. Each case is a process
of its own, in turn; seconds and peak memory are medians over the repeats, a ratio the median of the round-by-round
ratios. The last column is the largest difference to the last row at 400 pixels: the reference's ramp begins with 0,
and tiler lays the last tiles of a row elsewhere, so that tiles of noise differ.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np

TILE, OVERLAP = 512, 128
SAMPLES = 20  # a row and a column


def grid_of(size: int):
    from napari_tiles_creator import TileGrid

    return TileGrid((size, size), TILE, OVERLAP)


class Tiles:
    """Tiles of a grid, in memory or in files."""

    def __init__(self, size: int, folder: Path) -> None:
        self.grid = grid_of(size)
        rng = np.random.default_rng(1)
        self.pool = [rng.random((TILE, TILE), np.float32) for _ in range(64)]

    def __len__(self) -> int:
        return len(self.grid)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.pool[index % len(self.pool)]


class TileFiles:
    """The tiles of the dataset that `make_dataset` has exported; reading one opens its file."""

    def __init__(self, size: int, folder: Path) -> None:
        self.grid = grid_of(size)
        found = (folder / "dataset").glob("**/*.tif")
        self.paths = sorted(found, key=lambda path: (len(path.name), path.name))  # …_999 before …_1000

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        import tifffile

        return tifffile.imread(self.paths[index])


def reference(tiles, size: int, target: Path, peers: Path) -> None:
    """Merge with microglia-analyzer's ImageTiler2D, without the package's own imports, which need its models."""
    for name, folder in (("", ""), (".tiles", "tiles")):
        module = types.ModuleType("microglia_analyzer" + name)
        module.__path__ = [str(peers / "microglia_analyzer" / folder)]
        sys.modules[module.__name__] = module
    from microglia_analyzer.tiles.tiler import ImageTiler2D

    every = [tiles[index] for index in range(len(tiles))]
    written(ImageTiler2D(TILE, OVERLAP, (size, size)).tiles_to_image(every), target, tiles)


def tiler(tiles, size: int, target: Path, peers: Path) -> None:
    """Merge with tiler's Merger and its triangular window."""
    sys.path.insert(0, str(peers))
    from tiler import Merger, Tiler

    layout = Tiler(data_shape=(size, size), tile_shape=(TILE, TILE), overlap=OVERLAP, mode="reflect")
    merger = Merger(layout, window="triang")
    for index in range(len(layout)):
        merger.add(index, tiles[index])
    written(merger.merge(unpad=True), target, tiles)


def whole(tiles, size: int, target: Path, peers: Path) -> None:
    """Merge to one array."""
    from napari_tiles_creator import merge_arrays

    written(merge_arrays(tiles, tiles.grid), target, tiles)


def bands(tiles, size: int, target: Path, peers: Path) -> None:
    """Write rows as soon as they are finished."""
    from napari_tiles_creator import merge_bands

    with target.open("wb") as file:
        for band in merge_bands(tiles, tiles.grid, workers=1 if isinstance(tiles, Tiles) else 2):
            file.write(band.data)


def command(tiles, size: int, target: Path, peers: Path) -> None:
    """Merge the dataset to a compressed, tiled BigTIFF with a pyramid, as the command does."""
    from napari_tiles_creator import merge

    (path,) = merge(target.parent / "dataset", target.parent / "merged").files
    path.rename(target)


def written(image: np.ndarray, target: Path, tiles) -> None:
    """Keep a result: of tiles from files as a file, as the others do; else only what is compared of it."""
    if isinstance(tiles, TileFiles):
        import tifffile

        tifffile.imwrite(target, image, bigtiff=True)
    else:
        np.save(target.with_suffix(".npy"), samples(image))


def samples(image: np.ndarray) -> np.ndarray:
    """Return some pixels, overlaps among them."""
    at = np.linspace(0, image.shape[0] - 1, SAMPLES).astype(int)
    return np.asarray(image[np.ix_(at, at)], np.float64)


def kept_samples(target: Path, size: int) -> np.ndarray:
    """Return the samples of a result, and remove it."""
    import tifffile

    saved = target.with_suffix(".npy")
    if saved.exists():
        taken = np.load(saved)
        saved.unlink()
        return taken
    image = np.memmap(target, np.float32, "r", shape=(size, size)) if not is_tiff(target) else tifffile.imread(target)
    taken = samples(image)
    del image
    target.unlink()
    return taken


def is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"II+\0")


IN_MEMORY = {"reference": reference, "tiler": tiler, "merge_arrays": whole, "merge_bands, to a file": bands}
FROM_FILES = {"reference, tifffile": reference, "merge_bands, tifffile": bands, "tiles-creator merge": command}


def make_dataset(folder: Path, size: int) -> None:
    """Export an image of values between 0 and 1 as float32 tiles."""
    import tifffile

    from napari_tiles_creator import Recipe, make_plan, run

    rng = np.random.default_rng(2)
    (folder / "images").mkdir()
    path = folder / "images" / "slide.tif"
    image = tifffile.memmap(path, shape=(size, size), dtype=np.float32, bigtiff=True)
    for y in range(0, size, 1000):
        image[y : y + 1000] = np.rint(rng.random((min(1000, size - y), size), np.float32) * 255) / 255
    image.flush()
    del image
    recipe = Recipe.preset("unet", source=folder / "images", output=folder / "dataset").changed(
        {"tiling.size_px": TILE, "tiling.overlap_px": OVERLAP, "normalization.scope": "none"}
    )
    for _ in run(make_plan(recipe)):
        pass
    path.unlink()


def peak() -> float:
    """Return how much memory this process has taken at most, MB."""
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def run_case(kind: str, name: str, size: int, folder: Path, peers: Path) -> None:
    """Merge once and print what it took."""
    tiles, case = (Tiles, IN_MEMORY) if kind == "memory" else (TileFiles, FROM_FILES)
    source = tiles(size, folder)
    start, busy = time.perf_counter(), time.process_time()
    case[name](source, size, folder / "merged.out", peers)
    print(json.dumps({"s": time.perf_counter() - start, "cpu": time.process_time() - busy, "mb": peak()}))


def compare(kind: str, names: list[str], size: int, folder: Path, repeats: int, peers: Path | None) -> None:
    """Run each case in turn, and print a table."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    pixels: dict[str, np.ndarray] = {}
    for _ in range(repeats):
        for name in names:
            case = [kind, name, str(size), str(folder), str(peers or "")]
            subprocess.run(["sync"], check=False)
            done = subprocess.run(
                [sys.executable, __file__, "--case", *case], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise SystemExit(f"{name}: {done.stderr}")
            taken[name].append(json.loads(done.stdout.splitlines()[-1]))
            pixels[name] = kept_samples(folder / "merged.out", size)
    first, ours = names[0], pixels[names[-1]]
    print(f"{'':<26}{'s':>8}{'cpu s':>8}{'peak MB':>10}{'Mpx/s':>8}{'× first':>9}{'differs':>9}")
    for name, runs in taken.items():
        seconds, busy, memory = (statistics.median(run[key] for run in runs) for key in ("s", "cpu", "mb"))
        ratio = statistics.median(base["s"] / run["s"] for base, run in zip(taken[first], runs, strict=True))
        differs = np.abs(pixels[name] - ours).max()
        figures = f"{seconds:>8.2f}{busy:>8.2f}{memory:>10.0f}{size**2 / seconds / 1e6:>8.0f}{ratio:>9.1f}"
        print(f"{name:<26}{figures}{differs:>9.0e}")


def available(cases: dict, peers: Path | None) -> list[str]:
    """Return the cases whose programs are there."""
    package = {reference: "microglia_analyzer", tiler: "tiler"}
    return [name for name, case in cases.items() if case not in package or (peers and (peers / package[case]).is_dir())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=["memory", "files"], default=["memory", "files"])
    parser.add_argument("--folder", type=Path, help="where tiles and results go for the time being")
    parser.add_argument("--peers", type=Path, help="folder that microglia-analyzer and tiler were installed into")
    parser.add_argument("--case", nargs=5, metavar=("KIND", "NAME", "SIZE", "FOLDER", "PEERS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        kind, name, size, folder, peers = arguments.case
        run_case(kind, name, int(size), Path(folder), Path(peers))
        return
    if arguments.folder:
        arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        folder = Path(scratch)
        for kind in arguments.kinds:
            cases = {"memory": IN_MEMORY, "files": FROM_FILES}[kind]
            if kind == "files":
                make_dataset(folder, arguments.size)
            print(f"\n{arguments.size}² float32, tiles {TILE}, overlap {OVERLAP}, {kind}, {arguments.repeats} rounds")
            names = available(cases, arguments.peers)
            compare(kind, names, arguments.size, folder, arguments.repeats, arguments.peers)


if __name__ == "__main__":
    main()
