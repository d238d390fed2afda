"""The bundled sample images: synthetic microglia with their masks, and two real images that scikit-image ships."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import ExportError, TilesError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

IMAGES, MASKS, OTHER = "images", "masks", "other"
# What a 10× objective gives on a camera of 6.5 µm pixels.
PIXEL_SIZE_UM = 0.65
# Part of scikit-image's wheel since before 0.22 (its "legacy datasets", installed beside skimage/data/__init__.py);
# most of its other images are downloaded on demand, which a sample must not need.
REAL_IMAGES = ("cell.png", "ihc.png")


def write_samples(folder: Path, *, seed: int = 0, fields: int = 4, size_px: int = 1024) -> list[Path]:
    """Write images to try everything on.

    ``images/microglia_00.tif``… are synthetic fields of microglia, ``masks/`` holds their label images under the same
    names, ``other/`` a phase image of a cell (grey) and an immunohistochemistry section (RGB).

    Parameters
    ----------
    folder : Path
        Where they go; made where it is missing.
    seed : int, default 0
        Seed of the synthetic fields. A field depends on the seed, its number and its size alone.
    fields : int, default 4
        Number of synthetic fields, at least 0.
    size_px : int, default 1024
        Height and width of a field, px; at least 1.

    Returns
    -------
    paths : list of Path
        The files, those that were there already included.

    Raises
    ------
    ExportError
        If a file of one of these names is there and holds something else, or writing fails.
    TilesError
        If the installed scikit-image lacks an image.
    ValueError
        If a number is out of its range.
    """
    if fields < 0 or size_px < 1:
        raise ValueError(f"fields must be 0 or more and size_px 1 or more, not {fields} and {size_px}")
    folder = Path(folder)
    paths = []
    try:
        for name, content in _samples(seed, fields, size_px):
            path = folder / name
            _place(path, content)
            paths.append(path)
    except OSError as error:
        if isinstance(error, TilesError):
            raise
        raise ExportError(f"cannot write samples to {folder}: {error.strerror or error}") from error
    return paths


def _samples(seed: int, fields: int, size_px: int) -> Iterator[tuple[str, bytes]]:
    """Yield relative path and bytes of each file; the copies first, which are refused fastest."""
    from napari_tiles_creator.engine.samples.field import draw_field

    for name in REAL_IMAGES:
        yield f"{OTHER}/{name}", _shipped_image(name)
    for number in range(fields):
        image, labels = draw_field(np.random.default_rng((seed, number)), size_px)
        yield f"{IMAGES}/microglia_{number:02d}.tif", _tiff(image)
        yield f"{MASKS}/microglia_{number:02d}.tif", _tiff(labels)


def _shipped_image(name: str) -> bytes:
    """Return the bytes of an image in the installed scikit-image."""
    from importlib.util import find_spec

    package = find_spec("skimage")
    places = package.submodule_search_locations if package else None
    for place in places or ():
        path = Path(place) / "data" / name
        if path.is_file():
            return path.read_bytes()
    from importlib.metadata import PackageNotFoundError, version

    with suppress(PackageNotFoundError):
        raise TilesError(f"the installed scikit-image {version('scikit-image')} lacks its image {name}: reinstall it")
    raise TilesError(f"scikit-image, whose image {name} is a sample, is not installed")


def _tiff(pixels: NDArray[np.uint16]) -> bytes:
    """Return an uncompressed ImageJ TIFF of a field, array (y, x), calibrated in micrometres."""
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(
        file,
        pixels,
        imagej=True,
        resolution=(1 / PIXEL_SIZE_UM, 1 / PIXEL_SIZE_UM),
        metadata={"axes": "YX", "unit": "micron"},
    )
    return file.getvalue()


def _place(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; keep one that is the same, refuse one that is not."""
    if path.exists() or path.is_symlink():
        if path.is_file() and path.read_bytes() == content:
            return
        raise ExportError(f"{path} is there already and is not this sample: move it away, or choose another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.part")
    try:
        staged.write_bytes(content)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)
