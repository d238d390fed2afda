"""Images that are shared out between several splits, each in bands without common source pixels."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.planning.splits.table import FIELD
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.places import boxes
from napari_tiles_creator.geometry.source_axis import SourceAxis, level_reach
from napari_tiles_creator.geometry.split_search import divide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.geometry.split_bands import SplitBands
    from napari_tiles_creator.recipe.calibration import Calibration
    from napari_tiles_creator.recipe.split import Split


def source_axes(image: ImagePlan, calibration: Calibration) -> tuple[SourceAxis, SourceAxis]:
    """Return how y and x of an image's calibrated planes come from its source."""
    if not image.is_calibrated:
        height, width = image.shape
        return SourceAxis(height, height), SourceAxis(width, width)
    level = image.info.levels[image.level]
    how = calibration.interpolation, calibration.antialias
    lengths = zip(image.info.plane_shape, level, image.shape, strict=True)
    rows, columns = (SourceAxis(old, new, level_reach(old, at_level, new, *how)) for old, at_level, new in lengths)
    return rows, columns


def in_blocks(
    images: Sequence[ImagePlan], split: Split, calibration: Calibration, first_of_copies: Mapping[str, str]
) -> tuple[list[ImagePlan], list[str]]:
    """Return the images with their bands, and what a user should know.

    Images that are too small for a tile in each split go to one as a whole: where most tiles are missing.

    Parameters
    ----------
    images : sequence of ImagePlan
        The images, each of which gives tiles.
    split : Split
        Shares of at least two splits, seed and gap.
    calibration : Calibration
        How source pixels become those of tiles.
    first_of_copies : mapping of str to str
        Of each image the first with the same content: copies have the same bands.

    Raises
    ------
    PlanError
        If there is one image alone, and it is too small.
    """
    bands: dict[str, SplitBands | None] = {}
    for image in images:
        first = first_of_copies[image.name]
        if first not in bands:
            bands[first] = _bands(image, first, split, calibration)
    if len(bands) == 1 and not any(bands.values()):
        raise PlanError(_too_small(images[0], split), FIELD)
    found = [replace(image, bands=bands[first_of_copies[image.name]]) for image in images]
    whole = [image for image in found if image.bands is None]
    if not whole:
        return found, _left_out(found)
    names = _whole(found, split, first_of_copies)
    found = [image if image.bands else replace(image, split=names[first_of_copies[image.name]]) for image in found]
    told = f"too small for a tile in each split, so that all of it goes to one ({FIELD}): "
    return found, [*_left_out(found), told + listed([image.name for image in whole])]


def tiles_of(image: ImagePlan) -> dict[str, int]:
    """Return how many tiles remain in each split of an image, all planes together; only of those that have some."""
    if image.bands is None:
        return {image.split: image.tiles} if image.split and image.tiles else {}
    weights = _weights(image)
    splits = image.bands.splits_of(boxes(image.tiling))
    counts = {band.split: int(weights[splits == band.split].sum()) for band in image.bands.bands}
    return {name: count for name, count in counts.items() if count}


def _bands(image: ImagePlan, name: str, split: Split, calibration: Calibration) -> SplitBands | None:
    """Return the bands of an image, None where a split would get no tile; `name` is what the draw depends on."""
    rng = np.random.default_rng((split.seed, zlib.crc32(name.encode())))
    shares = list(split.shares.items())
    order = [shares[i] for i in rng.permutation(len(shares))]
    places, rows_columns = boxes(image.tiling), source_axes(image, calibration)
    # Tiles rejected by hand move no border as long as each split keeps one: else half the tiles would change sides.
    planned = image.kept.astype(np.int64) * len(image.planes)
    for weights in (planned, _weights(image)):
        division = divide(places, weights, order, *rows_columns, split.gap_px)
        if division and len(tiles_of(replace(image, bands=division.bands))) == len(order):
            return division.bands
    return None


def _weights(image: ImagePlan) -> NDArray[np.int64]:
    """Return in how many planes each place gives a tile, array (places,)."""
    weights = image.kept.astype(np.int64) * len(image.planes)
    for index in image.rejected:
        weights[index % len(weights)] -= bool(image.kept[index % len(weights)])
    return weights


def _whole(images: Sequence[ImagePlan], split: Split, first_of_copies: Mapping[str, str]) -> dict[str, str]:
    """Return the split of each image without bands, by the first of its copies: where most tiles are missing."""
    have, sizes = dict.fromkeys(split.shares, 0), dict[str, int]()
    for image in images:
        if image.bands is None:
            first = first_of_copies[image.name]
            sizes[first] = sizes.get(first, 0) + image.tiles
        for name, count in tiles_of(image).items():
            have[name] += count
    total = sum(have.values()) + sum(sizes.values())
    found: dict[str, str] = {}
    for first in sorted(sizes, key=lambda name: (-sizes[name], name)):
        name = max(have, key=lambda name: split.shares[name] * total - have[name])
        found[first], have[name] = name, have[name] + sizes[first]
    return found


def _left_out(images: Sequence[ImagePlan]) -> list[str]:
    """Tell how many tiles lie between the bands."""
    divided = [image for image in images if image.bands]
    before = sum(replace(image, bands=None).tiles for image in divided)
    lost = before - sum(image.tiles for image in divided)
    if not lost:
        return []
    return [f"{lost:,} of {before:,} tiles are left out, because they share pixels with another split's ({FIELD})"]


def _too_small(image: ImagePlan, split: Split) -> str:
    gap = f", a smaller gap_px than {split.gap_px}" if split.gap_px else ""
    return (
        f"{image.name}: its {image.tiles} tiles are too few for blocks of {', '.join(split.shares)} that share no "
        f"pixel ({FIELD}): use smaller tiles, less tiling.overlap_px{gap}, fewer splits, or more images"
    )
