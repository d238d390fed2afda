"""A large synthetic pair of masks: a body, and a dye that lies partly inside and partly outside it."""

from __future__ import annotations

import filecmp
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from napari_tiles_creator.engine.samples.pair_shapes import Area, area_above, noise
from napari_tiles_creator.errors import ExportError, PlanError, TilesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

PairFormat = Literal["tif", "h5"]
Case = Literal["positive", "negative"]
FORMATS, CASES = get_args(PairFormat), get_args(Case)

BODY, DYE = "body", "dye"
BODY_SHARE = 0.25
# Of each case: the share of the body that the dye covers, well away from the usual threshold of a tenth, and how much
# the dye seeks (or, below 0, shuns) the body. Dye outside is more than a tenth of the body in both: counting it in
# would turn the negative case around.
COVERED: dict[Case, tuple[float, float]] = {"positive": (0.25, 0.35), "negative": (0.04, -0.5)}
PIXEL_SIZE_UM = 0.5
SMALLEST_PX, LARGEST_PX = 64, 1_000_000


def write_pair(
    folder: Path,
    *,
    size_px: int | tuple[int, int] = 100_000,
    file_format: PairFormat = "tif",
    seed: int = 0,
    case: Case = "positive",
) -> list[Path]:
    """Write ``body`` and ``dye``, two masks of one size with 0 outside and 255 inside (uint8).

    Neither is ever in memory: a pixel is drawn only near a border. The same seed gives the same shapes at every size,
    and the same bytes at the same size.

    Parameters
    ----------
    folder : Path
        Where they go; made where it is missing.
    size_px : int or (int, int), default 100000
        Side, or height and width, px; 64 to a million.
    file_format : {"tif", "h5"}, default "tif"
        Tiled BigTIFF in which equal tiles are stored once, or chunked HDF5 whose dataset is named as the file.
    seed : int, default 0
        Seed of the shapes, at least 0.
    case : {"positive", "negative"}, default "positive"
        Whether the dye covers more than a tenth of the body.

    Returns
    -------
    paths : list of Path
        The two files, those that were there already included.

    Raises
    ------
    ExportError
        If a file of one of these names is there and holds something else, or writing fails; then neither is written.
    PlanError
        If the size, the format or the case is none that can be made.
    """
    shape = (size_px, size_px) if isinstance(size_px, int) else size_px
    _check(shape, file_format, case)
    folder = Path(folder)
    places = {name: folder / f"{name}.{file_format}" for name in (BODY, DYE)}
    staged = {name: path.with_name(f".{path.name}.part") for name, path in places.items()}
    try:
        _refuse_what_is_no_file(*places.values())
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, area in _areas(shape, seed, case).items():
                with staged[name].open("wb") as file:
                    _writer(file_format)(file, area, name, PIXEL_SIZE_UM)
            for name, path in places.items():
                if path.exists() and not filecmp.cmp(path, staged[name], shallow=False):
                    raise _taken(path)
            for name, path in places.items():
                os.replace(staged[name], path)
        finally:
            for part in staged.values():
                part.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, TilesError):
            raise
        raise ExportError(f"cannot write samples to {folder}: {error.strerror or error}") from error
    return list(places.values())


def _areas(shape: tuple[int, int], seed: int, case: Case) -> dict[str, Area]:
    rng = np.random.default_rng(seed)
    covered, sought = COVERED[case]
    of_body = noise(rng, shape)
    body = area_above(of_body, shape, BODY_SHARE, within=None)
    dye = area_above(noise(rng, shape) + sought * of_body, shape, covered, within=body)
    return {BODY: body, DYE: dye}


def _writer(file_format: PairFormat) -> Callable[[BinaryIO, Area, str, float], None]:
    if file_format == "tif":
        from napari_tiles_creator.engine.samples.pair_tiff import write_tiff

        return write_tiff
    from napari_tiles_creator.engine.samples.pair_hdf5 import write_hdf5

    return write_hdf5


def _check(shape: tuple[int, int], file_format: str, case: str) -> None:
    if not all(SMALLEST_PX <= side <= LARGEST_PX for side in shape):
        size = f"{shape[0]} × {shape[1]}"
        raise PlanError(f"a pair of {size} px cannot be made: each side is from {SMALLEST_PX} to {LARGEST_PX:,} px")
    if file_format not in FORMATS:
        raise PlanError(f"a pair is written as {' or '.join(FORMATS)}, not {file_format}")
    if case not in CASES:
        raise PlanError(f"a pair is {' or '.join(CASES)}, not {case}")


def _refuse_what_is_no_file(*paths: Path) -> None:
    """Refuse folders and links where files go, before any work."""
    for path in paths:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise _taken(path)


def _taken(path: Path) -> ExportError:
    return ExportError(f"{path} is there already and is not this sample: move it away, or choose another folder")
