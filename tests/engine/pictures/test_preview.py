"""The picture of the cutting pattern: tiles where the plan has them, shares, padding, gaps, and the caption."""

import io
from itertools import pairwise

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pictures import preview
from napari_tiles_creator.engine.pictures.pattern import Pattern
from napari_tiles_creator.engine.pictures.preview import (
    BORDER,
    CHOSEN,
    LEFT_OUT,
    LINE,
    MARGIN_PX,
    SHARED,
    UNCOVERED,
    facts,
    pattern_picture,
)
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.edges import EDGE_POLICIES
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.scatter import scatter


def by_hand(tiling, shape):
    """Coverage and outlines, tile by tile."""
    count, lines = np.zeros(shape, int), np.zeros(shape, bool)
    for tile in tiling:
        y, x = tile.box.y, tile.box.x
        height, width = tile.shape
        count[y : y + height, x : x + width] += 1
        ring = np.ones((height, width), bool)
        ring[1:-1, 1:-1] = False
        lines[y : y + height, x : x + width] |= ring
    return count, lines


TILINGS = [
    pytest.param(TileGrid(shape, size, overlap, edge), id=f"{shape}-{size}-{overlap}-{edge}")
    for edge in EDGE_POLICIES
    for shape, size, overlap in [((60, 83), 20, 5), ((60, 83), (25, 40), (0, 33)), ((15, 70), 20, 7), ((9, 9), 12, 0)]
] + [
    pytest.param(scatter((60, 83), (20, 11), 30, seed=(2,)), id="random"),
    pytest.param(scatter((60, 83), 12, 9, kind="jittered"), id="jittered"),
    pytest.param(scatter((15, 83), 20, 4), id="random, sticking out"),
]


@pytest.mark.parametrize("tiling", TILINGS)
def test_at_full_size_pixels_are_counted_and_outlined_as_by_hand(tiling):
    ends = [(tile.box.y + tile.shape[0], tile.box.x + tile.shape[1]) for tile in tiling]
    expected_shape = tuple(np.max([*ends, tiling.shape], axis=0))
    pattern = Pattern(tiling, max(expected_shape))
    assert pattern.shape == expected_shape
    assert pattern.plane_shape == tiling.shape
    count, lines = by_hand(tiling, expected_shape)
    np.testing.assert_array_equal(pattern.coverage(), count)
    np.testing.assert_array_equal(pattern.outlines(), lines)


@pytest.mark.parametrize("tiling", TILINGS)
@pytest.mark.parametrize("within_px", [7, 50, 333])
def test_at_any_scale_the_picture_shows_the_same_counts(tiling, within_px):
    pattern = Pattern(tiling, within_px)
    assert max(pattern.shape) == within_px
    coverage = pattern.coverage()
    count, _ = by_hand(tiling, pattern.calibrated)
    # Where the calibrated pixels around the middle of a picture pixel agree, it must show their number.
    reach = 2 * int(np.ceil(1 / pattern.scale)) + 3
    agree = ndimage.minimum_filter(count, reach) == ndimage.maximum_filter(count, reach)
    middle = np.ix_(
        *(
            np.minimum(((np.arange(shown) + 0.5) / pattern.scale).astype(int), length - 1)
            for shown, length in zip(pattern.shape, count.shape, strict=True)
        )
    )
    np.testing.assert_array_equal(coverage[agree[middle]], count[middle][agree[middle]])
    if within_px == 333 and len(tiling) < 20:
        assert agree[middle].mean() > 0.05


def test_neighbours_without_overlap_share_no_picture_pixel():
    for within_px in range(40, 140, 7):
        assert Pattern(TileGrid((100, 130), 13, 0, "pad"), within_px).coverage().max() == 1


def make(tmp_path, pixels, name="image.tif", **changes):
    folder = tmp_path / "images"
    folder.mkdir(exist_ok=True)
    tifffile.imwrite(folder / name, pixels, **({"imagej": True} if pixels.ndim > 2 else {}))
    changes = {"tiling.overlap_px": 0} | changes
    plan = make_plan(Recipe.preset("unet", source=folder, output=tmp_path / "tiles").changed(changes))
    return plan, plan.image(name)


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def art_of(plan, image, side_px):
    """The picture without margins and caption, one picture pixel a calibrated pixel times a whole factor."""
    picture = opened(pattern_picture(plan, image, width_px=side_px + 2 * MARGIN_PX))
    assert picture.shape[1] == side_px + 2 * MARGIN_PX
    height, width = Pattern(image.tiling, side_px).shape
    left = (picture.shape[1] - width) // 2
    return picture[MARGIN_PX : MARGIN_PX + height, left : left + width]


def tinted(value, times):
    """A grey value under the colour of as many further tiles."""
    for _ in range(times):
        value = np.array(value) + (np.array(LINE) - value) * SHARED
    return value


@pytest.fixture
def halves():
    """Dark left, bright right: 0 and 255 in the picture."""
    pixels = np.zeros((200, 200), np.uint8)
    pixels[:, 100:] = 90
    return pixels


def test_the_image_shows_where_one_tile_lies_and_a_tint_where_several_do(tmp_path, halves):
    plan, image = make(tmp_path, halves, **{"tiling.size_px": 120, "tiling.overlap_px": 40})
    art = art_of(plan, image, 600)  # tiles at 0…120 and 80…200, three picture pixels to a pixel
    for y, x, value, further in [
        (20, 20, 0, 0),
        (20, 90, 0, 1),
        (20, 110, 255, 1),
        (20, 180, 255, 0),
        (100, 20, 0, 1),
        (91, 91, 0, 3),
        (110, 110, 255, 3),
    ]:
        np.testing.assert_allclose(art[3 * y, 3 * x], tinted(value, further), atol=1)


def test_outlines_lie_where_the_tiles_begin_and_end(tmp_path, halves):
    plan, image = make(tmp_path, halves, **{"tiling.size_px": 60, "tiling.overlap_px": 20})
    art = art_of(plan, image, 600)
    # Along a row of the first tiles, away from the tile that stands out: starts 0 40 80 120 140, each 60 long.
    row = (art[30] == LINE).all(axis=1)
    starts = [0, 40, 80, 120, 140]
    assert np.flatnonzero(row).tolist() == sorted({e for s in starts for e in (3 * s, 3 * (s + 60) - 1)})


def test_the_tile_in_the_middle_stands_out_with_its_core(tmp_path, halves):
    plan, image = make(tmp_path, halves, **{"tiling.size_px": 80, "tiling.overlap_px": 20})
    tile = image.tiling.tile_under(100, 100)
    assert (tile.box.y, tile.box.y_stop, tile.core.y, tile.core.y_stop) == (60, 140, 70, 130)
    art = art_of(plan, image, 600)
    chosen = (art == CHOSEN).all(axis=2)
    ys, xs = np.nonzero(chosen)
    assert (ys.min(), ys.max() + 1, xs.min(), xs.max() + 1) == (180, 420, 180, 420)
    assert chosen[180:183, 180:420].all()
    assert chosen[180:420, 417:420].all()
    dashes = chosen[210, 215:385]
    assert 0.3 < dashes.mean() < 0.7
    assert (art[210, 215:385][~dashes] == 0).all()
    inside = chosen[215:385, 215:385]
    assert not inside.any()


def test_padding_lies_hatched_outside_the_image(tmp_path, halves):
    plan, image = make(tmp_path, halves, **{"tiling.size_px": 150, "tiling.edge": "pad"})
    art = art_of(plan, image, 600)  # tiles to 300, so two picture pixels to a pixel and the image ends at 400
    assert (art[399, 305:395] == BORDER).all()
    assert (art[10:290, 399] == BORDER).all()
    padding = art[410:590, 20:280]
    assert set(map(tuple, padding.reshape(-1, 3))) == {preview.BACKGROUND, preview.HATCH}
    # Hatched: equal along the rising diagonals.
    np.testing.assert_array_equal(padding[1:, :-1], padding[:-1, 1:])


def test_what_no_tile_holds_is_dimmed(tmp_path, halves):
    plan, image = make(tmp_path, halves, **{"tiling.size_px": 90, "tiling.edge": "drop"})
    art = art_of(plan, image, 600)  # tiles to 180
    rest = art[20:500, 545:595].astype(int)
    dimmed = round(255 * UNCOVERED)
    assert set(np.unique(rest)) == {dimmed, dimmed + 40}
    np.testing.assert_array_equal(rest[1:, 1:], rest[:-1, :-1])
    assert (art[20:240, 350:520] == 255).all()


def test_tiles_left_out_by_hand_are_crossed(tmp_path, halves):
    settings = {"tiling.size_px": 100, "tiling.exclude_tiles": ["image_001"]}
    plan, image = make(tmp_path, halves, **settings)
    crossed = (art_of(plan, image, 600) == LEFT_OUT).all(axis=2)
    ys, xs = np.nonzero(crossed)
    assert ys.max() < 300
    assert xs.min() >= 300
    assert crossed[150, 450]
    assert crossed[60, 360]
    assert crossed[60, 539]


def test_a_fine_grid_is_one_outlined_area(tmp_path):
    plan, image = make(tmp_path, np.full((1000, 1000), 9, np.uint8), **{"tiling.size_px": 7, "tiling.edge": "drop"})
    art = art_of(plan, image, 500)
    line = (art == LINE).all(axis=2)
    stop = 497  # 142 tiles of 7 px end at 994
    assert line[:2, :stop].all()
    assert line[stop - 2 : stop, :stop].all()
    assert line[:stop, :2].all()
    assert not line[2 : stop - 2, 2 : stop - 2].any()
    assert (art[2 : stop - 2, 2 : stop - 2] == 128).all()
    assert facts(plan, image, True)[-1] == "too fine to draw: only the tiled area is outlined"


@pytest.mark.parametrize(("size_px", "is_fine"), [(12, False), (11, True)])
def test_tiles_of_six_picture_pixels_are_drawn(tmp_path, size_px, is_fine):
    plan, image = make(tmp_path, np.full((1000, 1000), 9, np.uint8), **{"tiling.size_px": size_px})
    art = art_of(plan, image, 500)
    assert (art[250, 10:490] == art[250, 10]).all() == is_fine


def test_close_lines_are_fainter(tmp_path, halves):
    shares = []
    for size_px in (100, 10, 3):
        plan, image = make(tmp_path, halves, **{"tiling.size_px": size_px})
        art = art_of(plan, image, 400)
        blue = art[1:, 100, 2].astype(int)  # across the dark half
        shares.append(blue[blue > 0].max())
    assert shares[0] == LINE[2]
    assert shares[0] > shares[1] > shares[2] > 60


def test_calibrated_tiles_lie_on_the_source(tmp_path):
    pixels = np.zeros((100, 100), np.uint8)
    pixels[:, 50:] = 200
    plan, image = make(tmp_path, pixels, **{"calibration.enabled": True, "calibration.scale": 3, "tiling.size_px": 100})
    assert image.shape == (300, 300)
    art = art_of(plan, image, 600)
    row = art[20]
    assert (row[215:285] == 0).all()
    assert (row[315:385] == 255).all()
    lines = np.flatnonzero((row == LINE).all(axis=1))
    assert lines.tolist() == [0, 199, 200, 399, 400, 599]


def test_of_a_stack_the_middle_plane_is_shown(tmp_path):
    pixels = np.zeros((5, 60, 60), np.uint8)
    for z in range(5):
        pixels[z, :, z * 12 : z * 12 + 12] = 100
    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "stack.tif", pixels, imagej=True, metadata={"axes": "ZYX"})
    recipe = Recipe.preset("unet", source=folder, output=tmp_path / "out").changed(
        {"tiling.size_px": 60, "tiling.overlap_px": 0}
    )
    for changes, z in (({}, 2), ({"media.z": 4}, 4)):
        plan = make_plan(recipe.changed(changes))
        art = art_of(plan, plan.images[0], 600)
        bright = np.flatnonzero((art[300, 8:-8] == 255).all(axis=1)) + 8
        assert (bright.min(), bright.max()) == (max(120 * z, 8), min(120 * z + 119, 591))
    plan = make_plan(recipe)
    assert "plane 3 of 5 shown: 5 tiles in all" in facts(plan, plan.images[0], False)


def test_channels_are_shown_as_the_recipe_keeps_them(tmp_path):
    pixels = np.zeros((2, 60, 60), np.uint8)
    pixels[0, :30], pixels[1, 30:] = 80, 80
    folder = tmp_path / "images"
    folder.mkdir()
    tifffile.imwrite(folder / "two.tif", pixels, imagej=True, metadata={"axes": "CYX"})
    recipe = Recipe.preset("unet", source=folder, output=tmp_path / "out").changed(
        {"tiling.size_px": 60, "tiling.overlap_px": 0}
    )
    both, one = make_plan(recipe), make_plan(recipe.changed({"media.channel": 1}))
    art = art_of(both, both.images[0], 600)
    assert (art[100, 100].tolist(), art[500, 100].tolist()) == ([255, 0, 255], [0, 255, 0])
    art = art_of(one, one.images[0], 600)
    assert (art[100, 100].tolist(), art[500, 100].tolist()) == ([0, 0, 0], [255, 255, 255])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"tiling.size_px": 120, "tiling.overlap_px": 40},
            # Four tiles of 120² on 200².
            "200 x 200 px; pixel size unknown; 4 tiles of 120 x 120 px (2 x 2); "
            "overlap 40 px; edge: shift; 44.0 % of the pixels duplicated",
            id="overlapping grid",
        ),
        pytest.param(
            {"tiling.size_px": [90, 200], "tiling.edge": "drop", "calibration.pixel_size_um": 0.5},
            "200 x 200 px; 0.5 um per px; 2 tiles of 90 x 200 px (2 x 1); overlap 0 px; "
            "edge: drop; 0.0 % of the pixels duplicated; 10.0 % of the image in no tile",
            id="drop",
        ),
        pytest.param(
            {"calibration.enabled": True, "calibration.pixel_size_um": 0.5, "calibration.target_pixel_size_um": 0.25}
            | {"tiling.size_px": [300, 400], "tiling.overlap_px": [200, 0]},
            "400 x 400 px (from 200 x 200); 0.25 um per px; 2 tiles of 300 x 400 px (2 x 1); "
            "overlap 200 x 0 px; edge: shift; 50.0 % of the pixels duplicated",
            id="calibrated",
        ),
        pytest.param(
            {"tiling.sampling": "jittered", "tiling.count": 4, "tiling.size_px": 100, "tiling.seed": 8},
            "200 x 200 px; pixel size unknown; 4 tiles of 100 x 100 px; "
            "jittered places, seed 8; 0.0 % of the pixels duplicated",
            id="jittered",
        ),
        pytest.param(
            {"tiling.size_px": 300},
            "200 x 200 px; pixel size unknown; 1 tile of 300 x 300 px (1 x 1); overlap 0 px; "
            "edge: shift; 0.0 % of the pixels duplicated",
            id="one padded tile",
        ),
    ],
)
def test_the_caption_tells_the_numbers(tmp_path, halves, changes, expected):
    plan, image = make(tmp_path, halves, **changes)
    assert "; ".join(facts(plan, image, False)) == expected


def test_the_caption_is_written_under_the_picture(tmp_path, halves):
    sheets = []
    for name, size_px in (("a.tif", 100), ("b.tif", 100), ("b.tif", 50)):
        plan, image = make(tmp_path, halves, name, **{"tiling.size_px": size_px})
        sheet = opened(pattern_picture(plan, image, width_px=600))
        caption = sheet[MARGIN_PX + 600 - 2 * MARGIN_PX :]
        assert ((caption != preview.BACKGROUND).any(axis=2).mean(axis=1) > 0.01).sum() > 20
        assert (caption[:, :MARGIN_PX] == preview.BACKGROUND).all()
        assert (caption[:, -MARGIN_PX:] == preview.BACKGROUND).all()
        sheets.append(caption.tobytes())
    assert len(set(sheets)) == 3


@pytest.mark.parametrize("width_px", [200, 347, 1200])
@pytest.mark.parametrize("shape", [(300, 90), (90, 300), (3, 900), (900, 3), (1, 1)], ids=str)
@pytest.mark.parametrize(
    "changes",
    [
        {"tiling.size_px": 64, "tiling.overlap_px": 16},
        {"tiling.size_px": 31, "tiling.edge": "ragged"},
        {"tiling.size_px": 40, "tiling.sampling": "random", "tiling.count": 6},
    ],
    ids=["grid", "ragged", "random"],
)
def test_any_proportions_fit(tmp_path, width_px, shape, changes):
    plan, image = make(tmp_path, np.arange(np.prod(shape), dtype=np.float32).reshape(shape), **changes)
    picture = opened(pattern_picture(plan, image, width_px=width_px))
    assert picture.shape[1] == width_px
    assert picture.shape[0] <= width_px + 300


def test_a_picture_too_narrow_is_refused(tmp_path, halves):
    plan, image = make(tmp_path, halves)
    with pytest.raises(ValueError, match="200 or more, not 199"):
        pattern_picture(plan, image, width_px=199)


def test_a_damaged_image_is_named(tmp_path, halves):
    plan, image = make(tmp_path, halves)
    path = tmp_path / "images" / "image.tif"
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(SourceError, match=r"image\.tif"):
        pattern_picture(plan, image)


def test_real_images(real_data, tmp_path):
    for folder in ("mixed", "rgb", "multichannel", "zstack", "fluo16"):
        plan = make_plan(Recipe.preset("unet", source=real_data / folder, output=tmp_path / "out"))
        for image in plan.images:
            picture = opened(pattern_picture(plan, image, width_px=500))
            assert picture.shape[1] == 500
            assert (picture == CHOSEN).all(axis=2).any(), image.name


def test_two_pictures_of_one_plan_are_the_same_bytes(tmp_path, halves):
    plan, image = make(tmp_path, halves)
    assert all(a == b for a, b in pairwise(pattern_picture(plan, image) for _ in range(2)))


@pytest.mark.parametrize("tiling", TILINGS)
def test_only_tiles_that_remain_are_counted_and_outlined(tiling):
    chosen = np.random.default_rng(len(tiling)).random(len(tiling)) < 0.6
    shape = Pattern(tiling, 10).calibrated
    pattern = Pattern(tiling, max(shape), chosen)
    count, lines = by_hand([tile for tile in tiling if chosen[tile.index]], shape)
    np.testing.assert_array_equal(pattern.coverage(), count)
    np.testing.assert_array_equal(pattern.outlines(), lines)


def test_filters_are_drawn(tmp_path):
    """Outside the region nothing is outlined; what else is left out is crossed, and the caption tells how many."""
    image = np.zeros((400, 400), np.uint8)
    image[:, :200] = np.random.default_rng(0).integers(100, 255, (400, 200))
    tifffile.imwrite(tmp_path / "a.tif", image)
    fields = {"tiling.size_px": 100, "tiling.overlap_px": 0, "tiling.roi": [0, 0, 200, 400],
              "tiling.min_foreground": 0.2, "tiling.exclude_tiles": ["a_000"]}  # fmt: skip
    plan = make_plan(Recipe.preset("unet", source=tmp_path).changed(fields))
    remaining, reasons = preview.remaining_places(plan, plan.images[0])
    assert np.flatnonzero(remaining).tolist() == [1, 4, 5]
    assert {reason: out.tolist() for reason, out in reasons.items()} == {
        "left out by hand": [0], "too little foreground": [2, 3, 6, 7],
    }  # fmt: skip
    assert "13 of them left out" in facts(plan, plan.images[0], False, remaining)
    art = np.asarray(Image.open(io.BytesIO(pattern_picture(plan, plan.images[0], width_px=400 + 2 * MARGIN_PX))))
    art = art[MARGIN_PX : MARGIN_PX + 400, MARGIN_PX : MARGIN_PX + 400].astype(int)
    crossed = {
        row * 4 + column
        for row in range(4)
        for column in range(4)
        if (art[row * 100 + 49 : row * 100 + 52, column * 100 + 49 : column * 100 + 52] == LEFT_OUT).all(-1).any()
    }
    assert crossed == {0, 2, 3, 6, 7}
    assert not (art[210:] == LINE).all(-1).any()


def test_channels_have_the_colours_of_the_recipe(tmp_path):
    """Left and right hold one channel each, in colours that no viewer takes by itself."""
    image = np.zeros((2, 300, 400), np.uint16)
    image[0, :, :200], image[1, :, 200:] = 1000, 3000
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "CYX"})
    fields = {"tiling.size_px": 100, "tiling.overlap_px": 0, "media.colours": ["#ff8000", "blue"]}
    plan = make_plan(Recipe.preset("unet", source=tmp_path).changed(fields))
    art = np.asarray(Image.open(io.BytesIO(pattern_picture(plan, plan.images[0], width_px=400 + 2 * MARGIN_PX))))
    art = art[MARGIN_PX : MARGIN_PX + 300, MARGIN_PX : MARGIN_PX + 400]
    assert (art[50, 50] == (255, 128, 0)).all()
    assert (art[250, 350] == (0, 0, 255)).all()
