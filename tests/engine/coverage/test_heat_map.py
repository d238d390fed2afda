"""The heat map: a colour a tile where there is body, a scale that tells the colours, and the threshold on it."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.engine.coverage.coverage import Coverage
from napari_tiles_creator.engine.coverage.heat_map import MARGIN_PX, OUTSIDE, coloured, heat_map

# 2 x 3 tiles of 100 px, the last column cut to 50; tile (1, 0) has no body.
BODY = np.array([[10_000, 10_000, 5_000], [0, 10_000, 5_000]])
INSIDE = np.array([[0, 2_500, 5_000], [0, 7_500, 2_500]])
OUTLINE = np.ones((200, 250), bool)
OUTLINE[100:, :100] = False
EXAMPLE = Coverage((200, 250), (100, 100), BODY, INSIDE + 5, INSIDE, 0.25, outline=OUTLINE)


def picture(coverage):
    return np.asarray(Image.open(io.BytesIO(heat_map(coverage, "dye.tif in body.tif"))).convert("RGB")).astype(int)


def map_of(pixels, coverage, enlarged=4):
    height, width = (length * enlarged for length in coverage.outline.shape)
    spare = (pixels.shape[1] - 2 * MARGIN_PX - width - 96) // 2
    return pixels[MARGIN_PX : MARGIN_PX + height, MARGIN_PX + spare : MARGIN_PX + spare + width]


def test_every_tile_has_the_colour_of_its_coverage():
    shown = map_of(picture(EXAMPLE), EXAMPLE)
    for (row, column), share in np.ndenumerate([[0, 0.25, 1], [np.nan, 0.75, 0.5]]):
        tile = shown[row * 400 : (row + 1) * 400, column * 400 : (column + 1) * 400]
        expected = OUTSIDE if np.isnan(share) else coloured(np.array(share))
        assert (tile == expected).all(), (row, column)


def test_colours_grow_lighter_with_the_coverage():
    """Perceived lightness (Rec. 709 luma) rises all the way, so that the picture reads in grey, too."""
    luma = coloured(np.linspace(0, 1, 101)).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luma) > 0).all()
    assert luma[-1] - luma[0] > 180


def test_the_mark_moves_with_the_threshold():
    marks = []
    for threshold in (0.1, 0.9):
        pixels = picture(replace(EXAMPLE, threshold=threshold))
        beside = pixels[: MARGIN_PX + 600, -(96 - 18 + 13 + MARGIN_PX) : -(96 - 18 + 6 + MARGIN_PX)]
        marks.append(np.flatnonzero((beside > 200).all(axis=-1).any(axis=1)).mean())
    assert marks[0] > marks[1] + 300


def test_more_tiles_than_pixels_share_a_colour():
    """Every other tile is covered: a picture that showed single tiles would be all of one colour."""
    side = 2000
    body = np.full((side, side), 4)
    inside = np.zeros_like(body)
    inside[:, ::2] = 4
    outline = np.ones((1000, 1000), bool)
    coverage = Coverage((2 * side, 2 * side), (2, 2), body, inside, inside, 0.1, outline=outline)
    shown = map_of(picture(coverage), coverage, enlarged=1)
    assert (shown == coloured(np.array(0.5))).all()


def test_an_empty_body_is_drawn_too():
    nothing = np.zeros((2, 3), int)
    empty = replace(EXAMPLE, body=nothing, inside=nothing, outline=np.zeros((200, 250), bool))
    assert (map_of(picture(empty), empty) == OUTSIDE).all()
    with pytest.raises(ValueError, match="outline_px"):
        heat_map(replace(EXAMPLE, outline=None), "")
