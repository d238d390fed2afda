"""A small folder of images for tests of whole exports, and its tiles by plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from napari_tiles_creator.engine.planning.scan import Scanned
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.folder import Found


def make_folder(folder: Path, count: int = 3, shape: tuple[int, int] = (300, 420), seed: int = 0) -> Path:
    """Write `count` uint16 TIFFs with a pixel size, of slightly different heights."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for i in range(count):
        image = rng.integers(100, 4000, (shape[0] + 17 * i, shape[1]), np.uint16)
        tifffile.imwrite(
            folder / f"cell_{i}.tif", image, imagej=True, resolution=(1 / 0.65, 1 / 0.65), metadata={"unit": "um"}
        )
    return folder


def write_image(
    path: Path, shape: tuple[int, int] = (96, 80), pixel_size_um: float | None = None, seed: int = 0
) -> np.ndarray:
    """Write a 16-bit image of random pixels; with a pixel size, as ImageJ does."""
    pixels = np.random.default_rng(seed).integers(100, 4000, shape, dtype=np.uint16)
    if pixel_size_um is None:
        tifffile.imwrite(path, pixels)
    else:
        resolution = (1 / pixel_size_um, 1 / pixel_size_um)
        tifffile.imwrite(path, pixels, imagej=True, resolution=resolution, metadata={"unit": "um"})
    return pixels


def starts(length: int, size: int, overlap: int) -> list[int]:
    """Return where the tiles of one axis begin, the last shifted inwards."""
    if length <= size:
        return [0]
    stride = size - overlap
    return [min(i * stride, length - size) for i in range(-(-(length - overlap) // stride))]


def expected_tiles(image: np.ndarray, size: int, overlap: int, low: float, high: float, dtype: str) -> list[np.ndarray]:
    """Return the tiles of a grey image with its range mapped to the bounds, by the formulas and nothing else."""
    x = image.astype(np.float64)
    values = low + (x - x.min()) / (x.max() - x.min()) * (high - low)
    values = np.rint(values).astype(dtype) if np.dtype(dtype).kind == "u" else values.astype(dtype)
    tiles = []
    for y in starts(image.shape[0], size, overlap):
        for x0 in starts(image.shape[1], size, overlap):
            tile = values[y : y + size, x0 : x0 + size]
            tiles.append(np.pad(tile, [(0, size - n) for n in tile.shape], constant_values=low))
    return tiles


def read(path: Path) -> np.ndarray:
    """Read a tile with the program its users would take."""
    return tifffile.imread(path) if path.suffix == ".tif" else np.asarray(Image.open(path))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder and its bytes, work folders included."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def source(name: str, shape: tuple[int, ...], axes: str = "YX", dtype: str = "uint8") -> Scanned:
    """Return the header of an image that is on no disk, for plans."""
    info = SourceInfo(Path(name), axes, shape, np.dtype(dtype))
    return Scanned(Found(name, info.path, name.removesuffix(".tif")), 0, info)
