"""Draw the pictures of the documentation that show what merging does: seams, and objects at the borders of tiles.

Usage: ``python scripts/make_merge_pictures.py``; the pictures are the same each time.
"""

from __future__ import annotations

import sys
import tempfile
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.pictures.lettering import (
    FAINT_LETTERS,
    LETTERS,
    TEXT_PX,
    TITLE_PX,
    font,
    legible,
    png,
)
from napari_tiles_creator.engine.samples.field import draw_field
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_steps
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm

IMAGES = Path(__file__).absolute().parents[1] / "docs" / "images"
WIDTH, MARGIN, GAP = 1200, 14, 14
BACKGROUND, LINES = (30, 30, 30), (150, 150, 150)
# Colours of probabilities from 0 to 1: dark blue over red to light yellow.
HEAT = ((12, 8, 38), (74, 16, 110), (150, 38, 108), (222, 73, 72), (251, 155, 60), (252, 246, 180))
MASK, WRONG = (225, 225, 225), (240, 70, 60)


def main() -> int:
    """Draw both pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, draw in (("seams", seams), ("border_cleaning", border_cleaning)):
            path = IMAGES / f"{name}.png"
            path.write_bytes(draw(Path(folder)))
            print(path)
    return 0


@dataclass
class _Model:
    """What all models of this script have in common; see `Model`."""

    spec: str = "of the pictures"
    batch: int = 1
    gives: str = "probabilities"
    fingerprint: str = ""

    def check(self, form: TileForm) -> None:
        """Take any tiles."""

    def fitted(self, tiles: object) -> _Model:
        """Return the model itself."""
        return self


class WithoutContext(_Model):
    """Finds what is brighter than its surroundings, and takes what lies beyond a tile for black, as networks do.

    Convolutions that are padded with zeros know nothing of the neighbourhood: near the border of a tile everything is
    brighter than its surroundings.
    """

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Return probabilities of background and cells; see `Model.predict`."""
        from scipy.ndimage import gaussian_filter

        found = []
        for tile in tiles.astype(np.float32):
            surroundings = gaussian_filter(tile, 14, mode="constant")
            contrast = gaussian_filter(tile, 1.2) - surroundings
            inside = 1 / (1 + np.exp(-(contrast - 0.055) / 0.022))
            found.append(np.stack([1 - inside, inside]))
        return np.stack(found).astype(np.float32)


class CellsOfTile(_Model):
    """Numbers the cells that a tile shows, as a network for objects does; its tiles are label images."""

    def __init__(self) -> None:
        super().__init__(gives="labels")

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Return the number of each cell in its tile; see `Model.predict`."""
        numbered = [np.unique(tile, return_inverse=True) for tile in tiles]
        return np.stack([(at.reshape(form.shape) + (values[0] != 0)) for values, at in numbered]).astype(np.uint32)


def seams(folder: Path) -> bytes:
    """Return the picture of a probability map: of the whole image, of tiles without overlap, and with it."""
    image, _ = draw_field(np.random.default_rng((0, 0)), 1024)
    size, overlap, shown = 192, 64, (slice(330, 716), slice(330, 716))
    whole = segmented(folder, image, WithoutContext(), 1024, 0)
    maps = {
        "The whole image at once": whole,
        f"Tiles of {size} px, no overlap": segmented(folder, image, WithoutContext(), size, 0),
        f"Tiles of {size} px, {overlap} px overlap": segmented(folder, image, WithoutContext(), size, overlap),
    }
    margin = 60  # the image's own border, which no neighbour can mend
    inner = (slice(margin, -margin),) * 2
    panels = []
    for number, (title, found) in enumerate(maps.items()):
        error = abs(found - whole)[inner]
        facts = f"largest error {error.max():.2f}, mean {error.mean():.4f}" if number else "the reference"
        mask, truth = found > 0.5, whole > 0.5
        wrong = (mask != truth)[inner].mean()
        below = f"{wrong:.2%} of the pixels wrong (red)" if number else "its mask: probability above 0.5"
        colours = np.where(mask[..., None], MASK, BACKGROUND)
        colours[mask != truth] = WRONG
        panels.append((title, facts, heated(found[shown]), below, colours[shown].astype(np.uint8)))
    return sheet_of_maps(panels)


def segmented(folder: Path, image: NDArray[Any], model: _Model, size: int, overlap: int, **fields: Any) -> NDArray[Any]:
    """Return what the command ``segment`` makes of an image: probabilities, or labels."""
    import tifffile

    path = folder / "image.tif"
    tifffile.imwrite(path, image)
    changes = {"tiling.size_px": size, "tiling.overlap_px": overlap, "normalization.percentiles": [1, 99.8]}
    recipe = Recipe.preset("unet", source=path).changed(changes | fields)
    wants = model.gives == "probabilities"
    (found,) = result_of(segment_steps(SegmentRequest(model, recipe=recipe, probabilities=wants))).images
    result = found.probability if wants else found.pixels
    assert result is not None
    return result


def heated(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return probabilities, array (y, x), as colours."""
    places = np.linspace(0, 1, len(HEAT))
    return np.stack([np.interp(values, places, [c[k] for c in HEAT]) for k in range(3)], axis=-1).astype(np.uint8)


def sheet_of_maps(panels: Sequence[tuple[str, str, NDArray[np.uint8], str, NDArray[np.uint8]]]) -> bytes:
    """Return maps above their masks, each with what is said of it."""
    side = (WIDTH - 2 * MARGIN - (len(panels) - 1) * GAP) // len(panels)
    top, line = 58, 30
    sheet = Image.new("RGB", (WIDTH, top + 2 * side + line + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for number, (title, facts, upper, below, lower) in enumerate(panels):
        x = MARGIN + number * (side + GAP)
        draw.text((x, 8), legible(title), fill=LETTERS, font=font(TITLE_PX))
        draw.text((x, 34), legible(facts), fill=FAINT_LETTERS, font=font(TEXT_PX))
        sheet.paste(fitted(upper, side), (x, top))
        draw.text((x, top + side + 7), legible(below), fill=FAINT_LETTERS, font=font(TEXT_PX))
        sheet.paste(fitted(lower, side), (x, top + side + line))
    return png(sheet)


def fitted(pixels: NDArray[np.uint8], side: int) -> Image.Image:
    """Return a square of pixels as a picture of this size."""
    picture = Image.fromarray(pixels)
    return picture if picture.size == (side, side) else picture.resize((side, side), Image.Resampling.LANCZOS)


def border_cleaning(folder: Path) -> bytes:
    """Return the picture of labels: put down tile by tile, and stitched."""
    _, cells = draw_field(np.random.default_rng((0, 0)), 1024)
    size, overlap, top = 320, 96, 58
    shown, side = Box(360, 384, 640, 640), (WIDTH - 2 * MARGIN - GAP) // 2
    plain = {"normalization.scope": "none", "normalization.dtype": None, "normalization.percentiles": [0, 100]}
    grid = TileGrid(cells.shape, size, overlap)
    pasted = put_down(cells, grid)
    stitched = segmented(folder, cells, CellsOfTile(), size, overlap, **plain)
    count = len(np.unique(cells)) - 1
    cut = sum(len(np.unique(pasted[cells == cell])) > 1 for cell in np.unique(cells)[1:])
    panels = (
        (pasted, "Put down tile by tile", f"{pasted.max()} objects in the image: {cut} of its {count} cells are cut"),
        (stitched, "Borders cleaned and stitched", f"{stitched.max()} objects in the image: one for each cell"),
    )
    sheet = Image.new("RGB", (WIDTH, top + side + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for number, (labels, title, facts) in enumerate(panels):
        x = MARGIN + number * (side + GAP)
        draw.text((x, 8), legible(title), fill=LETTERS, font=font(TITLE_PX))
        draw.text((x, 34), legible(facts), fill=FAINT_LETTERS, font=font(TEXT_PX))
        sheet.paste(with_borders(coloured(labels, cells)[shown.slices], grid, shown, side), (x, top))
    return png(sheet)


def with_borders(pixels: NDArray[np.uint8], grid: TileGrid, shown: Box, side: int) -> Image.Image:
    """Return a part of the image in this size, a thin line where what one tile owns ends."""
    picture = fitted(pixels, side)
    draw = ImageDraw.Draw(picture)
    scale = side / shown.height
    for row in range(1, grid.rows.count):
        y = (grid.rows.core(row)[0] - shown.y) * scale
        draw.line([(0, y), (side, y)], LINES, 1)
    for column in range(1, grid.columns.count):
        x = (grid.columns.core(column)[0] - shown.x) * scale
        draw.line([(x, 0), (x, side)], LINES, 1)
    return picture


def put_down(cells: NDArray[Any], grid: TileGrid) -> NDArray[np.int64]:
    """Return the labels of tiles as a plain loop puts them down: each tile's own part, all numbers apart."""
    model = CellsOfTile()
    labels = np.zeros(cells.shape, np.int64)
    for tile in grid:
        found = model.predict(cells[tile.box.slices][None], _Form(tile.shape))[0].astype(np.int64)
        part = found[tile.core.moved(-tile.box.y, -tile.box.x).slices]
        labels[tile.core.slices] = np.where(part > 0, part + labels.max(), 0)
    numbers = np.unique(labels)
    return np.searchsorted(numbers, labels)


@dataclass
class _Form:
    shape: tuple[int, int]


def coloured(labels: NDArray[Any], cells: NDArray[Any]) -> NDArray[np.uint8]:
    """Return labels in the colours of the cells they belong to; smaller pieces of one in the opposite colour."""
    hues = np.random.default_rng(5).permutation(int(cells.max()) + 1) * 0.61803
    colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
    colours[0] = BACKGROUND
    for cell in np.unique(cells)[1:]:
        numbers, areas = np.unique(labels[cells == cell], return_counts=True)
        for number in numbers[numbers > 0]:
            turn = 0.5 if areas[numbers == number] < areas.max() else 0
            hue = (hues[cell] + turn) % 1
            colours[number] = [int(255 * value) for value in hsv_to_rgb(hue, 0.62, 0.98)]
    return colours[labels]


if __name__ == "__main__":
    sys.exit(main())
