"""The share of foreground in each tile of a plane, as the filter ``tiling.min_foreground`` sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.pixels.otsu import share
from napari_tiles_creator.engine.pixels.reading_order import groups, groups_in_row
from napari_tiles_creator.engine.steps import HOLD_BYTES, in_order
from napari_tiles_creator.geometry.grid import pair

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.otsu import Thresholds
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.tile import Tile


def foreground_shares(
    plan: Plan,
    image: ImagePlan,
    plane_number: int = 0,
    stop: threading.Event | None = None,
    *,
    hold_bytes: int = HOLD_BYTES,
    workers: int = 1,
) -> Generator[None, None, NDArray[np.float64]]:
    """Compute the share of foreground in every tile of a plane, a little between each two yields.

    Parameters
    ----------
    plan : Plan
        The plan; its ``tiling.foreground`` says what counts, its ``tiling.min_foreground`` does not matter.
    image : ImagePlan
        One of its images.
    plane_number : int, default 0
        Which of its planes; the threshold is that of all.
    stop : threading.Event, optional
        Ends it early when set: what is not computed yet stays NaN.
    hold_bytes : int, default 256 MiB
        Memory for pixels that are kept between reads.
    workers : int, default 1
        Threads.

    Returns
    -------
    shares : array (places,), float64
        0…1; NaN for places outside the region.

    Raises
    ------
    SourceError
        If the image cannot be read or decoded.
    """
    pixels = CalibratedImage(image, plan.recipe, hold_bytes)
    try:
        measurement = Measurement(image, plan.recipe, wants_range=False, wants_foreground=True)
        yield from measurement.run(pixels, stop, workers)
        if stop is not None and stop.is_set():
            return np.full(len(image.tiling), np.nan)
        return (yield from plane_shares(plan, image, pixels, plane_number, measurement.thresholds(), stop, workers))
    finally:
        pixels.close()


def plane_shares(
    plan: Plan,
    image: ImagePlan,
    pixels: CalibratedImage,
    plane_number: int,
    thresholds: Thresholds,
    stop: threading.Event | None = None,
    workers: int = 1,
) -> Generator[None, None, NDArray[np.float64]]:
    """Compute the same where the thresholds are known already; see `foreground_shares`."""
    shares, plane = np.full(len(image.tiling), np.nan), image.planes[plane_number]
    tile_rows = pair(plan.recipe.tiling.size_px)[0]
    stripe = pixels.stripe_columns(tile_rows)

    def fill(tiles: Callable[[], Iterator[Tile]]) -> None:
        for tile in tiles():
            if stop is not None and stop.is_set():
                return
            if image.kept[tile.index]:
                part = pixels.read(plane, tile.box)
                shares[tile.index] = share(part, image.axes, thresholds, plan.recipe.tiling.foreground)

    workers = min(workers, pixels.reads_ahead(tile_rows, groups_in_row(image, stripe)))
    for _ in in_order(fill, groups(image, stripe), workers):
        if stop is not None and stop.is_set():
            break
        yield
    return shares
