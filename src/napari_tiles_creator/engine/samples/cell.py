"""One microglial cell, drawn as a soma and a tree of tapering, branching, winding processes.

Lengths are in pixels of 0.65 µm. The sizes follow ramified microglia in adult brain sections: a soma of 7 to 10 µm,
four to eight primary processes that leave it broad, thin out and branch, and an arbour 50 to 100 µm wide. A few cells
are retracted (a large soma, short thick processes), as some always are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Distance of neighbouring points along a process, px: less than the finest process is wide.
STEP_PX = 0.7
# Width of an in-focus edge, px: what the microscope's point spread leaves of a sharp one.
EDGE_PX = 0.5
TIP_RADIUS_PX = 0.5
# Along which a process keeps its direction and thickness, px.
MEMORY_PX = 9.0
DEEPEST_LEVEL = 3
# Share of the cells that have drawn their processes in.
RETRACTED_SHARE = 0.08


@dataclass(frozen=True, slots=True)
class Branch:
    """The start of a process: where, whereto, how thick, how long, and how far off the focal plane; px, radians."""

    y: float
    x: float
    heading: float
    radius: float
    length: float
    depth: float
    level: int


@dataclass(frozen=True, slots=True)
class Stroke:
    """Points along a process, each array (points,): position, radius and depth in px, brightness."""

    y: Floats
    x: Floats
    radius: Floats
    depth: Floats
    brightness: Floats


def draw_cell(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a cell into a patch of its own, the soma's centre at the patch's.

    Returns
    -------
    signal : array (y, x), float32, odd and square; 1 is a soma of usual brightness, 0 where there is no cell
    """
    retracted = rng.random() < RETRACTED_SHARE
    soma_px = rng.uniform(8.0, 10.5) if retracted else rng.uniform(5.2, 7.5)
    points = _joined(_arbour(rng, soma_px, retracted))
    reach = int(np.ceil(max(np.abs(points.y).max(), np.abs(points.x).max(), 2 * soma_px))) + 8
    patch = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    _paint(patch, points, reach)
    soma = _soma(rng, soma_px)
    near = slice(reach - soma.shape[0] // 2, reach + soma.shape[0] // 2 + 1)
    np.maximum(patch[near, near], soma, out=patch[near, near])
    return patch * _grain(rng, patch.shape)


def _joined(strokes: list[Stroke]) -> Stroke:
    """Return the points of all strokes as one."""
    return Stroke(*(np.concatenate([getattr(stroke, name) for stroke in strokes]) for name in Stroke.__slots__))


def _arbour(rng: np.random.Generator, soma_px: float, retracted: bool) -> list[Stroke]:
    """Grow all processes: primary ones around the soma, then what branches off them."""
    count = int(rng.integers(3, 6) if retracted else rng.integers(4, 9))
    reach = rng.uniform(18, 30) if retracted else rng.uniform(38, 72)
    # Processes share the circle unevenly, and the arbour is longer on one axis.
    headings = rng.uniform(0, 2 * np.pi) + (np.arange(count) + rng.uniform(-0.38, 0.38, count)) * 2 * np.pi / count
    axis, stretch = rng.uniform(0, np.pi), rng.uniform(0.0, 0.35)
    growing = []
    for heading in headings:
        length = reach * rng.uniform(0.55, 1.15) * (1 + stretch * np.cos(2 * (heading - axis)))
        radius = rng.uniform(1.2, 1.9) * (1.3 if retracted else 1.0)
        start = 0.55 * soma_px
        growing.append(
            Branch(start * np.sin(heading), start * np.cos(heading), heading, radius, length, rng.normal(0, 0.4), 0)
        )
    strokes = []
    while growing:
        branch = growing.pop()
        stroke, headings = _grow(rng, branch)
        strokes.append(stroke)
        if branch.level < DEEPEST_LEVEL:
            growing += _children(rng, branch, stroke, headings)
    return strokes


def _grow(rng: np.random.Generator, branch: Branch) -> tuple[Stroke, Floats]:
    """Return a process and its heading at each point."""
    from scipy.signal import lfilter

    count = max(3, int(branch.length / STEP_PX))
    along = np.arange(count) * STEP_PX
    # An autoregressive heading winds, but keeps its direction over the whole length; the same memory of a few
    # micrometres spaces the varicosities, where a process swells.
    memory = np.exp(-STEP_PX / MEMORY_PX)
    wander, swelling = lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], rng.normal(0, 1, (2, count)))
    wander *= 0.5 if branch.level < 2 else 0.35
    bend = rng.normal(0, 0.35) * along / max(branch.length, 1.0)
    headings = branch.heading + wander - wander[0] + bend
    y = branch.y + np.cumsum(np.sin(headings)) * STEP_PX
    x = branch.x + np.cumsum(np.cos(headings)) * STEP_PX
    depth = branch.depth + np.cumsum(rng.normal(0, 0.11, count)) * np.sqrt(STEP_PX)
    radius = TIP_RADIUS_PX + (branch.radius - TIP_RADIUS_PX) * (1 - along / along[-1]) ** 0.8
    if branch.level == 0:
        radius += 1.9 * np.exp(-along / 4.5)  # the broad base that makes a soma angular
    radius *= 1 + 0.16 * np.tanh(swelling)
    if rng.random() < 0.2:
        radius[-3:] += rng.uniform(0.2, 0.5)  # a bulbous tip
    # A thicker process is a longer way for light, hence brighter, until it fills the depth of focus.
    brightness = 0.82 * (np.minimum(radius, 2.6) / 2.6) ** 0.45 * (1 + 0.12 * np.tanh(swelling[::-1]))
    return Stroke(y, x, radius, depth, brightness), headings


def _children(rng: np.random.Generator, branch: Branch, stroke: Stroke, headings: Floats) -> list[Branch]:
    """Return the branches of a process: some along it, mostly further out, and often a fork at its tip."""
    spacing = (16.0, 17.0, 22.0)[branch.level]
    count = int(rng.poisson(branch.length / spacing))
    places = rng.beta(1.5, 1.1, count) * 0.92
    sides = rng.choice((-1.0, 1.0), count)
    angles = rng.normal(0.95, 0.25, count)
    lengths = branch.length * (1 - 0.55 * places) * rng.uniform(0.25, 0.65, count)
    if branch.level < DEEPEST_LEVEL - 1 and rng.random() < 0.8:
        fork = np.array([-1.0, 1.0])
        places, sides = np.append(places, [1.0, 1.0]), np.append(sides, fork)
        angles = np.append(angles, rng.uniform(0.35, 0.8, 2))
        lengths = np.append(lengths, branch.length * rng.uniform(0.15, 0.35, 2))
    children = []
    for place, side, angle, length in zip(places, sides, angles, lengths, strict=True):
        at = min(int(place * len(headings)), len(headings) - 1)
        if length < 4:
            continue
        children.append(
            Branch(
                y=float(stroke.y[at]),
                x=float(stroke.x[at]),
                heading=float(headings[at] + side * angle),
                radius=max(TIP_RADIUS_PX + 0.1, 0.78 * min(float(stroke.radius[at]), branch.radius)),
                length=float(length),
                depth=float(stroke.depth[at]),
                level=branch.level + 1,
            )
        )
    return children


def _paint(patch: NDArray[np.float32], points: Stroke, centre: int) -> None:
    """Paint soft discs along the points; the brightest wins, so that crossings and dense points add nothing."""
    # Off focus an edge widens and the light of a thin process spreads: its peak sinks as its width grows.
    blur = EDGE_PX + 0.28 * np.abs(points.depth)
    peak = points.brightness * (points.radius + EDGE_PX) / (points.radius + blur)
    half = np.ceil(points.radius + 4 * blur).astype(np.intp)
    row, column = np.rint(points.y).astype(np.intp), np.rint(points.x).astype(np.intp)
    single = [a.astype(np.float32) for a in (points.y - row, points.x - column, points.radius, 1 / blur, peak)]
    last = patch.shape[0] - 1
    for size in np.unique(half):
        of = half == size
        dy, dx = np.mgrid[-size : size + 1, -size : size + 1].reshape(2, -1)
        off_y, off_x, radius, sharpness, height = (a[of, None] for a in single)
        distance = np.hypot(dy.astype(np.float32) - off_y, dx.astype(np.float32) - off_x)
        # What is left at the disc's rim would otherwise show as a square.
        value = np.maximum(height / (1 + np.exp((distance - radius) * sharpness)) - 0.01, 0)
        at = (row[of, None] + dy + centre).clip(0, last), (column[of, None] + dx + centre).clip(0, last)
        np.maximum.at(patch, at, value)


def _soma(rng: np.random.Generator, radius_px: float) -> Floats:
    """Return the soma, array (y, x) odd and square: a lopsided dome, with a nucleus that holds less of the stain."""
    centre = int(2 * radius_px)
    dy, dx = np.mgrid[-centre : centre + 1, -centre : centre + 1].astype(np.float64)
    tilt, ratio = rng.uniform(0, np.pi), rng.uniform(1.1, 1.7)
    along = (dx * np.cos(tilt) + dy * np.sin(tilt)) / np.sqrt(ratio)
    across = (dy * np.cos(tilt) - dx * np.sin(tilt)) * np.sqrt(ratio)
    distance, angle = np.hypot(along, across), np.arctan2(across, along)
    rim = np.full_like(distance, radius_px)
    for lobes in (2, 3, 4, 5):
        rim *= 1 + rng.normal(0, 0.11 / lobes**0.5) * np.cos(lobes * angle + rng.uniform(0, 2 * np.pi))
    body = 1 / (1 + np.exp(np.minimum((distance - rim) / (1.3 * EDGE_PX), 50)))
    dome = 0.82 + 0.3 * np.clip(1 - (distance / rim) ** 2, 0, 1)
    shift_y, shift_x = rng.normal(0, 0.12 * radius_px, 2)
    nucleus = np.exp(-((np.hypot(along - shift_x, across - shift_y) / (0.52 * radius_px)) ** 4))
    soma: Floats = body * dome * (1 - rng.uniform(0.0, 0.38) * nucleus)
    return soma


def _grain(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the unevenness of the stain, array (y, x) around 1."""
    from scipy.ndimage import gaussian_filter

    noise = rng.standard_normal(shape, np.float32)
    grain: NDArray[np.float32] = np.clip(1 + 0.28 * gaussian_filter(noise, 0.8, truncate=3), 0.6, 1.4)
    return grain
