"""A picture of the cutting pattern on one image: what the plan will cut, where it cuts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.pictures.lettering import Key, captioned
from napari_tiles_creator.engine.pictures.pattern import Pattern, padded_box
from napari_tiles_creator.engine.pictures.thumbnail import plane_picture
from napari_tiles_creator.engine.pixels.foreground import foreground_shares
from napari_tiles_creator.engine.steps import HOLD_BYTES, result_of
from napari_tiles_creator.geometry.grid import TileGrid, pair
from napari_tiles_creator.geometry.places import area_of, boxes
from napari_tiles_creator.geometry.places import covered as covered_by
from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import ImageDraw

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.tile import Tile

# Below so many picture pixels from tile to tile their outlines would hide the image.
LEAST_SPACING_PX = 6
# From so many on they hide nothing, and are drawn in full.
SPACED_PX = 40
MARGIN_PX = 16
BACKGROUND, HATCH, HATCH_KEY = (30, 30, 30), (72, 72, 72), (140, 140, 140)
# Sky blue, orange and vermilion of Okabe and Ito's palette, which every eye can tell apart.
LINE, CHOSEN, LEFT_OUT = (86, 180, 233), (240, 165, 10), (213, 94, 0)
BORDER = (235, 235, 235)
# Opacity that each further tile adds where tiles share pixels; brightness of what no tile holds.
SHARED, UNCOVERED = 0.16, 0.35


def pattern_picture(
    plan: Plan, image: ImagePlan, *, width_px: int = 1200, hold_bytes: int = HOLD_BYTES, workers: int = 1
) -> bytes:
    """Draw the tiles of one image in place, on the middle plane of a stack.

    Tiles are outlined, and tinted where they share pixels, the more the denser. What no tile holds is dimmed and
    hatched, padding hatched the other way. Tiles that are left out are crossed, those outside the region not drawn.
    The tile in the middle stands out, its core dashed. A caption tells the numbers.

    Parameters
    ----------
    plan : Plan
        The plan.
    image : ImagePlan
        Which of its images.
    width_px : int, default 1200
        Width of the picture, px, at least 200; its height above the caption is this at most.
    hold_bytes : int, default 256 MiB
        Memory for pixels that are kept between reads, where a filter reads them.
    workers : int, default 1
        Threads that read them.

    Returns
    -------
    png : bytes
        A PNG file, RGB.

    Raises
    ------
    SourceError
        If the image cannot be read or decoded.
    ValueError
        If the width is too small.
    """
    from PIL import Image, ImageDraw

    if width_px < 200:
        raise ValueError(f"width_px must be 200 or more, not {width_px}")
    remaining, reasons = remaining_places(plan, image, hold_bytes, workers)
    pattern = Pattern(image.tiling, width_px - 2 * MARGIN_PX, remaining)
    is_dense = pattern.spacing_px < LEAST_SPACING_PX
    count = pattern.coverage()
    art = Image.fromarray(_painted(plan, image, pattern, count, is_dense))
    keys = []
    if is_dense:
        keys.append(Key(LINE, "tiled area"))
    else:
        keys += [Key(LINE, "shared by tiles", "filled")] if (count > 1).any() else []
        keys += _drawn_tiles(ImageDraw.Draw(art), image, pattern, remaining, reasons)
    height, width = pattern.plane_shape
    if not count[:height, :width].all():
        keys.append(Key(HATCH_KEY, "in no tile", "hatched down"))
    if pattern.shape != pattern.plane_shape:
        keys.append(Key(HATCH_KEY, "padding", "hatched up"))
    return captioned(art, width_px, MARGIN_PX, image.name, facts(plan, image, is_dense, remaining), keys, BACKGROUND)


def shown_plane_number(image: ImagePlan) -> int:
    """Return the number of the plane that is drawn: the middle of the stack at the first time point."""
    first = [number for number, plane in enumerate(image.planes) if plane.t == image.planes[0].t]
    return first[len(first) // 2]


def _painted(
    plan: Plan, image: ImagePlan, pattern: Pattern, count: NDArray[np.int64], is_dense: bool
) -> NDArray[np.uint8]:
    """Return the image with padding, shared zones and outlines, array (y, x, 3)."""
    height, width = pattern.plane_shape
    y, x = np.indices(pattern.shape, np.int32)
    art = np.where(((x + y) % 9 < 2)[..., None], HATCH, BACKGROUND).astype(np.float32)
    art[:height, :width] = _plane(plan, image, (height, width))
    left = count == 0
    art[left] *= UNCOVERED
    left[height:], left[:, width:] = False, False
    art[left & ((x - y) % 9 < 2)] += 40
    if is_dense:
        lines = _rim(count > 0)
    else:
        opacity = (1 - (1 - SHARED) ** np.maximum(count - 1, 0))[..., None].astype(np.float32)
        art += (np.array(LINE, np.float32) - art) * opacity
        lines = pattern.outlines()
    if pattern.shape != pattern.plane_shape:
        art[height - 1, :width] = art[:height, width - 1] = BORDER
    # The closer the lines, the fainter: together they must not hide the image.
    opacity_of_lines = 1.0 if is_dense else min(1.0, max(0.35, pattern.spacing_px / SPACED_PX))
    art[lines] += (np.array(LINE, np.float32) - art[lines]) * opacity_of_lines
    return np.rint(art).astype(np.uint8)


def _plane(plan: Plan, image: ImagePlan, shape: tuple[int, int]) -> NDArray[np.uint8]:
    plane = image.planes[shown_plane_number(image)]
    source = reopen(image.info)
    try:
        return plane_picture(
            source, shape, z=plane.z or 0, t=plane.t or 0, channel=image.channel, colours=image.colours
        )
    finally:
        source.close()


def _rim(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a region at its border, 2 px wide."""
    from scipy.ndimage import binary_erosion

    rim: NDArray[np.bool_] = inside & ~binary_erosion(inside, iterations=2)
    return rim


def remaining_places(
    plan: Plan, image: ImagePlan, hold_bytes: int = HOLD_BYTES, workers: int = 1
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.intp]]]:
    """Return which places of the plane that is drawn an export would write, array (places,).

    The second value tells, in words, which of the others lie in the region and why they are left out.
    """
    number, tiling = shown_plane_number(image), plan.recipe.tiling
    remaining = image.remaining(number)
    reasons = {"left out by hand": np.flatnonzero(image.kept & ~remaining)}
    if tiling.min_foreground > 0:
        shares = result_of(foreground_shares(plan, image, number, hold_bytes=hold_bytes, workers=workers))
        enough = shares >= tiling.min_foreground
        reasons["too little foreground"] = np.flatnonzero(remaining & ~enough)
        remaining &= enough
    return remaining, reasons


def _drawn_tiles(
    draw: ImageDraw.ImageDraw,
    image: ImagePlan,
    pattern: Pattern,
    remaining: NDArray[np.bool_],
    reasons: dict[str, NDArray[np.intp]],
) -> list[Key]:
    """Draw the tiles that stand out, and return what the colours mean."""
    keys: list[Key] = []
    for out in reasons.values():
        for place in out.tolist():
            box = pattern.placed(image.tiling[place].core)
            left, top, right, bottom = box.x + 1, box.y + 1, box.x_stop - 2, box.y_stop - 2  # a line is 2 px wide
            draw.line([(left, top), (right, bottom)], LEFT_OUT, 2)
            draw.line([(left, bottom), (right, top)], LEFT_OUT, 2)
    chosen = _middle_tile(image, remaining)
    if chosen is not None:
        keys.append(Key(CHOSEN, "one tile"))
        _draw_box(draw, pattern.placed(padded_box(chosen)))
        if chosen.core != padded_box(chosen):
            _draw_dashes(draw, pattern.placed(chosen.core))
            keys.append(Key(CHOSEN, "its core", "dashed"))
    told = [reason for reason, out in reasons.items() if len(out)]
    return [*keys, Key(LEFT_OUT, " or ".join(told))] if told else keys


def _middle_tile(image: ImagePlan, remaining: NDArray[np.bool_]) -> Tile | None:
    """Return the tile in the middle of the image, or the one nearest to it that is not left out."""
    y, x = image.shape[0] / 2, image.shape[1] / 2
    middle = image.tiling.tile_under(y, x)
    if remaining[middle.index]:
        return middle
    places = np.flatnonzero(remaining)
    if not len(places):
        return None
    corners = boxes(image.tiling)[places]
    distance = np.hypot(corners[:, [0, 2]].mean(axis=1) - y, corners[:, [1, 3]].mean(axis=1) - x)
    return image.tiling[int(places[distance.argmin()])]


def _draw_box(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Outline a box within its pixels; the dark line sets the bright one off on any image."""
    corners = (box.x, box.y, box.x_stop - 1, box.y_stop - 1)
    draw.rectangle(corners, outline=(0, 0, 0), width=4 if min(box.shape) > 24 else 1)
    draw.rectangle(corners, outline=CHOSEN, width=3 if min(box.shape) > 24 else 1)


def _draw_dashes(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Outline a box with dashes, bright and dark in turn."""
    left, top, right, bottom = box.x, box.y, box.x_stop - 1, box.y_stop - 1
    for (x0, y0), (x1, y1) in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        length = max(abs(x1 - x0), abs(y1 - y0), 1)
        for number, start in enumerate(range(0, length, 6)):
            stop = min(start + 6, length)
            ends = [(x0 + (x1 - x0) * k / length, y0 + (y1 - y0) * k / length) for k in (start, stop)]
            draw.line(ends, (0, 0, 0) if number % 2 else CHOSEN, 2)


def facts(plan: Plan, image: ImagePlan, is_dense: bool, remaining: NDArray[np.bool_] | None = None) -> list[str]:
    """Return what the caption tells about an image, in the font's letters.

    Parameters
    ----------
    plan : Plan
        The plan.
    image : ImagePlan
        Which of its images.
    is_dense : bool
        Whether the tiles are too many to draw.
    remaining : array (places,), bool, optional
        Which places of the plane an export writes; all by default.
    """
    tiling = plan.recipe.tiling
    height, width = image.shape
    told = [f"{height} x {width} px"]
    if image.is_calibrated:
        told[0] += f" (from {image.info.plane_shape[0]} x {image.info.plane_shape[1]})"
    size = image.tile_pixel_size
    told.append(f"{str(size).replace(';', ' x ')} um per px" if size else "pixel size unknown")
    tiles, (tile_height, tile_width) = len(image.tiling), pair(tiling.size_px)
    told.append(f"{tiles} {'tile' if tiles == 1 else 'tiles'} of {tile_height} x {tile_width} px")
    if isinstance(image.tiling, TileGrid):
        rows, columns = image.tiling.counts
        overlap_y, overlap_x = pair(tiling.overlap_px)
        told[-1] += f" ({rows} x {columns})"
        told.append(f"overlap {overlap_y if overlap_y == overlap_x else f'{overlap_y} x {overlap_x}'} px")
        told.append(f"edge: {tiling.edge}")
    else:
        told.append(f"{tiling.sampling} places, seed {tiling.seed}")
    if len(image.planes) > 1:
        told.append(f"plane {shown_plane_number(image) + 1} of {len(image.planes)} shown: {len(image)} tiles in all")
    chosen = np.ones(len(image.tiling), bool) if remaining is None else remaining
    if not chosen.all():
        told.append(f"{np.count_nonzero(~chosen)} of them left out")
    covered = covered_by(image.tiling, chosen)
    if covered:
        pixels = area_of(image.tiling, chosen)
        told.append(f"{(pixels - covered) / covered * 100:.1f} % of the pixels duplicated")
    if covered < height * width:
        told.append(f"{(1 - covered / (height * width)) * 100:.1f} % of the image in no tile")
    if is_dense:
        told.append("too fine to draw: only the tiled area is outlined")
    return told
