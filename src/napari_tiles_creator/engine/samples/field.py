"""A synthetic field of microglia and its label mask: cells on tissue, through a microscope, onto a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.samples.cell import draw_cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Microglia keep territories of their own: somata are rarely closer than this, px (40 µm).
TERRITORY_PX = 62
# Cells in focus on 1024 × 1024 px (0.44 mm²) of a usual field.
CELLS_PER_FIELD = 58
# Share of a usual soma's signal above which a pixel belongs to a cell: a fine process in focus has 0.3 and more.
MASK_SIGNAL = 0.1
SMALLEST_CELL_PX = 60
# Photons that a usual soma, and the tissue around it, send to a pixel.
CELL_PHOTONS, TISSUE_PHOTONS = 380.0, 52.0
# A scientific CMOS camera: grey values per photoelectron, value without light, noise of reading in electrons.
GAIN, OFFSET, READ_NOISE = 2.17, 100.0, 1.6


def draw_field(rng: np.random.Generator, size_px: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Draw a field and its instances.

    Parameters
    ----------
    rng : Generator
        Where all that is random comes from.
    size_px : int
        Height and width, px of 0.65 µm.

    Returns
    -------
    image : array (y, x), uint16
        Grey values of the camera.
    labels : array (y, x), uint16
        0 for the background, 1, 2, 3… for the cells that are in focus, each one piece (4-connected).
    """
    crowding = rng.uniform(0.7, 1.35)
    light = np.zeros((size_px, size_px), np.float32)
    strongest = np.full_like(light, MASK_SIGNAL)
    owner = np.zeros((size_px, size_px), np.uint16)
    for number, (y, x) in enumerate(_places(rng, size_px, crowding), start=1):
        signal = _blurred(draw_cell(rng), rng.choice((0.0, 0.6, 1.1), p=(0.5, 0.3, 0.2)))
        patch, where = _inside(signal, y, x, size_px)
        brightness = rng.lognormal(0, 0.28)
        light[where] += brightness * patch
        owner[where] = np.where(patch > strongest[where], number, owner[where])
        np.maximum(strongest[where], patch, out=strongest[where])
    _add_cells_off_focus(rng, light, crowding)
    _add_debris(rng, light, crowding)
    photons = (CELL_PHOTONS * light + TISSUE_PHOTONS * _tissue(rng, size_px)) * _illumination(rng, size_px)
    return exposed(rng, photons), _consecutive(owner)


def _places(rng: np.random.Generator, size_px: int, crowding: float) -> list[tuple[int, int]]:
    """Return the somata's centres, some outside the field: cells are cut by its border, as in any image."""
    margin = 40
    side = size_px + 2 * margin
    wanted = max(1, round(crowding * CELLS_PER_FIELD * (side / 1024) ** 2))
    kept = np.empty((0, 2))
    for _ in range(40 * wanted):
        if len(kept) == wanted:
            break
        place = rng.uniform(-margin, size_px + margin, 2)
        if not len(kept) or np.hypot(*(kept - place).T).min() > TERRITORY_PX * rng.uniform(0.75, 1.15):
            kept = np.vstack([kept, place])
    return [(int(y), int(x)) for y, x in kept]


def _blurred(signal: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    if not sigma_px:
        return signal
    room = int(np.ceil(3 * sigma_px))
    blurred: NDArray[np.float32] = gaussian_filter(np.pad(signal, room), sigma_px, truncate=3)
    return blurred


def _inside(
    patch: NDArray[np.float32], y: int, x: int, size_px: int
) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Return the part of a patch centred on y, x that lies in the field, and where it lies."""
    where, part = [], []
    for centre, length in zip((y, x), patch.shape, strict=True):
        first = centre - length // 2
        start, stop = max(0, first), max(0, min(size_px, first + length))
        where.append(slice(start, stop))
        part.append(slice(start - first, max(start, stop) - first))
    return patch[part[0], part[1]], (where[0], where[1])


def _add_cells_off_focus(rng: np.random.Generator, light: NDArray[np.float32], crowding: float) -> None:
    """Add cells above and below the focal plane: they are seen as a glow and belong to nobody's mask."""
    size_px = light.shape[0]
    for _ in range(round(0.45 * crowding * CELLS_PER_FIELD * (size_px / 1024) ** 2)):
        signal = _blurred(draw_cell(rng), rng.uniform(3.0, 8.0))
        y, x = (int(v) for v in rng.uniform(0, size_px, 2))
        patch, where = _inside(signal, y, x, size_px)
        light[where] += rng.uniform(0.3, 0.75) * patch


def _add_debris(rng: np.random.Generator, light: NDArray[np.float32], crowding: float) -> None:
    """Add specks: cut tips of processes of other planes, lipofuscin, dust of the stain."""
    size_px = light.shape[0]
    dy, dx = np.mgrid[-6:7, -6:7]
    for _ in range(round(170 * crowding * (size_px / 1024) ** 2)):
        tilt, long, short = rng.uniform(0, np.pi), rng.uniform(0.7, 2.2), rng.uniform(0.6, 0.9)
        along, across = dx * np.cos(tilt) + dy * np.sin(tilt), dy * np.cos(tilt) - dx * np.sin(tilt)
        speck = np.exp(-((along / long) ** 2) / 2 - (across / short) ** 2 / 2).astype(np.float32)
        y, x = (int(v) for v in rng.uniform(0, size_px, 2))
        patch, where = _inside(speck, y, x, size_px)
        light[where] += min(0.7, rng.lognormal(-2.2, 0.7)) * patch


def _tissue(rng: np.random.Generator, size_px: int) -> NDArray[np.float64]:
    """Return the tissue's own fluorescence, array (y, x) around 1: coarse and fine, with the shadows of vessels."""
    coarse = _smooth_noise(rng, size_px, 180)
    fine = _smooth_noise(rng, size_px, 14)
    shadow = np.clip(_smooth_noise(rng, size_px, 70) - 1.5, 0, 1)
    tissue: NDArray[np.float64] = np.clip(1 + 0.2 * coarse + 0.07 * fine - 0.35 * shadow, 0.3, None)
    return tissue


def _smooth_noise(rng: np.random.Generator, size_px: int, grain_px: int) -> NDArray[np.float64]:
    """Return noise of unit variance at its nodes, one every `grain_px`, array (y, x)."""
    from scipy.interpolate import make_interp_spline

    nodes = rng.normal(0, 1, (size_px // grain_px + 4, size_px // grain_px + 4))
    at = np.arange(size_px) / grain_px + 1
    for axis in (0, 1):
        nodes = make_interp_spline(np.arange(nodes.shape[axis]), nodes, axis=axis)(at)
    return nodes


def _illumination(rng: np.random.Generator, size_px: int) -> NDArray[np.float64]:
    """Return the fall-off towards the corners, array (y, x), 1 at a centre that is never quite the field's."""
    centre_y, centre_x = 0.5 + rng.uniform(-0.1, 0.1, 2)
    y, x = np.mgrid[:size_px, :size_px] / size_px
    falloff: NDArray[np.float64] = 1 - rng.uniform(0.45, 0.75) * ((y - centre_y) ** 2 + (x - centre_x) ** 2)
    return np.clip(falloff, 0.2, 1)


def exposed(rng: np.random.Generator, photons: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return what the camera makes of the light: shot noise, read noise, gain, offset."""
    electrons = rng.poisson(photons) + rng.normal(0, READ_NOISE, photons.shape)
    return np.clip(np.rint(electrons * GAIN + OFFSET), 0, 65535).astype(np.uint16)


def _consecutive(owner: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return labels 1, 2, 3…: of each cell the largest piece, where a neighbour or the border has cut it."""
    from scipy import ndimage

    labels = np.zeros_like(owner)
    count = 0
    for number, where in enumerate(ndimage.find_objects(owner), start=1):
        if where is None:
            continue
        pieces, _ = ndimage.label(owner[where] == number)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        if sizes.max() >= SMALLEST_CELL_PX:
            count += 1
            labels[where][pieces == sizes.argmax()] = count
    return labels
