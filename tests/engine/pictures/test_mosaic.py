"""The sample mosaic: which sources are in it, where they lie, what fails, and the names under them."""

import io
from collections import Counter

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.engine.pictures import thumbnail
from napari_tiles_creator.engine.pictures.lettering import elided, font, legible
from napari_tiles_creator.engine.pictures.mosaic import BACKGROUND, make_mosaic, picture
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.recipe.media import Media


def colour_of(number: int) -> tuple[int, int, int]:
    return 40 + number * 5, 250 - number * 3, (number * 37) % 256


@pytest.fixture
def folder(tmp_path):
    """30 RGB images of one colour each, wide, high and square."""
    for number in range(30):
        shape = [(60, 20), (20, 60), (30, 30)][number % 3]
        Image.new("RGB", shape, colour_of(number)).save(tmp_path / f"image_{number:02d}.png")
    return tmp_path


def mosaic_of(folder, count=25, seed=0, cell_px=64, **media):
    media = Media(folder=str(folder), **media)
    return make_mosaic(list(scan(media)), media, count=count, seed=seed, cell_px=cell_px)


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image)


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (4, 2, 2), (5, 2, 3), (10, 3, 4), (25, 5, 5), (99, 5, 6)]
)
def test_cells_are_close_to_a_square(folder, count, rows, columns):
    mosaic = mosaic_of(folder, count)
    assert mosaic.pixels.shape == (rows * 64, columns * 64, 3)
    assert mosaic.pixels.dtype == np.uint8
    assert len(mosaic.thumbnails) == min(count, 30)


def test_every_picture_is_its_source_centred_in_its_own_cell_in_proportion(folder):
    mosaic = mosaic_of(folder, 30)
    background = np.ones(mosaic.pixels.shape[:2], bool)
    for position, thumb in enumerate(mosaic.thumbnails):
        number = int(thumb.source[6:8])
        assert thumb.path == folder / thumb.source
        assert (mosaic.pixels[thumb.box.slices] == colour_of(number)).all()
        row, column = divmod(position, 6)
        before = thumb.box.y - row * 64, thumb.box.x - column * 64
        after = (row + 1) * 64 - thumb.box.y_stop, (column + 1) * 64 - thumb.box.x_stop
        assert np.abs(np.subtract(before, after)).max() <= 1
        assert min(*before, *after) >= 1
        assert thumb.box.shape == [(21, 62), (62, 21), (62, 62)][number % 3]
        background[thumb.box.slices] = False
    assert (mosaic.pixels[background] == BACKGROUND).all()


def test_the_draw_is_seeded_without_repeats_and_in_the_order_of_the_folder(folder):
    names = [[thumb.source for thumb in mosaic_of(folder, 9, seed).thumbnails] for seed in (0, 0, 1, 2)]
    assert names[0] == names[1]
    assert len({tuple(drawn) for drawn in names}) == 3
    for drawn in names:
        assert drawn == sorted(set(drawn))
        assert len(drawn) == 9


def test_every_source_can_be_drawn(folder):
    drawn = Counter(thumb.source for seed in range(60) for thumb in mosaic_of(folder, 3, seed, 8).thumbnails)
    assert len(drawn) == 30


def test_only_the_files_that_are_drawn_are_opened(folder, monkeypatch):
    seen = []

    def noting(info, *args):
        seen.append(info.path)
        return original(info, *args)

    media = Media(folder=str(folder))
    found = list(scan(media))
    original = thumbnail.reopen
    monkeypatch.setattr(thumbnail, "reopen", noting)
    mosaic = make_mosaic(found, media, count=4, seed=3)
    assert seen == [thumb.path for thumb in mosaic.thumbnails]
    assert len(seen) == 4


def test_failed_sources_are_named_and_the_others_shown(folder):
    (folder / "image_03.png").write_bytes(b"no picture")
    whole = (folder / "image_07.png").read_bytes()
    (folder / "image_07.png").write_bytes(whole[:50])
    mosaic = mosaic_of(folder, 30)
    assert [failure.source for failure in mosaic.failed] == ["image_03.png", "image_07.png"]
    assert all(failure.source in failure.reason for failure in mosaic.failed)
    assert [thumb.source for thumb in mosaic.thumbnails] == [
        f"image_{number:02d}.png" for number in range(30) if number not in (3, 7)
    ]
    assert mosaic.pixels.shape == (5 * 64, 6 * 64, 3)


@pytest.mark.parametrize("content", [None, b"no picture"], ids=["no source", "none readable"])
def test_without_a_picture_there_is_one_empty_cell(tmp_path, content):
    if content:
        (tmp_path / "a.tif").write_bytes(content)
    mosaic = mosaic_of(tmp_path)
    assert mosaic.thumbnails == ()
    assert len(mosaic.failed) == bool(content)
    assert (mosaic.pixels == np.full((64, 64, 3), BACKGROUND)).all()
    assert opened(picture(mosaic)).shape[1] == 64


def test_types_and_depths_side_by_side(tmp_path):
    rng = np.random.default_rng(0)
    images = {
        "a_float_nan.tif": np.where(rng.random((50, 50)) < 0.1, np.nan, rng.normal(size=(50, 50))).astype(np.float32),
        "b_twelve_bit.tif": rng.integers(0, 4096, (50, 50)).astype(np.uint16),
        "c_constant.tif": np.full((50, 50), 1234, np.uint16),
        "d_signed.tif": rng.integers(-3000, 3000, (50, 50)).astype(np.int16),
        "e_binary.tif": rng.random((50, 50)) < 0.3,
    }
    for name, pixels in images.items():
        tifffile.imwrite(tmp_path / name, pixels)
    mosaic = mosaic_of(tmp_path)
    assert mosaic.failed == ()
    shown = {thumb.source: mosaic.pixels[thumb.box.slices] for thumb in mosaic.thumbnails}
    assert list(shown) == sorted(images)
    assert (shown.pop("c_constant.tif") == 128).all()
    assert {(pixels.min(), pixels.max()) for pixels in shown.values()} == {(0, 255)}


@pytest.mark.parametrize("options", [{"count": 0}, {"cell_px": 7}])
def test_numbers_out_of_range_are_refused(folder, options):
    with pytest.raises(ValueError, match="count must be"):
        mosaic_of(folder, **options)


def test_the_picture_holds_the_mosaic_and_a_name_under_each_cell(folder):
    mosaic = mosaic_of(folder, 5, cell_px=128)
    sheet = opened(picture(mosaic))
    rows, columns = 2, 3
    line = sheet.shape[0] // rows - 128
    assert sheet.shape == (rows * (128 + line), columns * 128, 3)
    strips = []
    for position in range(rows * columns):
        row, column = divmod(position, columns)
        x, y = column * 128, row * (128 + line)
        cell = sheet[y : y + 128, x : x + 128]
        np.testing.assert_array_equal(cell, mosaic.pixels[row * 128 : row * 128 + 128, x : x + 128])
        strips.append(sheet[y + 128 : y + 128 + line, x : x + 128])
    assert [(strip != BACKGROUND).any() for strip in strips] == [True] * 5 + [False]
    assert len({strip.tobytes() for strip in strips}) == 6


def test_a_long_name_stays_under_its_cell(tmp_path):
    Image.new("L", (20, 20), 200).save(tmp_path / f"{'w' * 90}_end.png")
    Image.new("L", (20, 20), 200).save(tmp_path / "z.png")
    sheet = opened(picture(mosaic_of(tmp_path, cell_px=128)))
    assert (sheet[128:, 124:160] == BACKGROUND).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cell_01.tif", "cell_01.tif"),
        ("Präparat Ø 5 µm × 2.tif", "Praparat O 5 um x 2.tif"),
        ("細胞.png", "??.png"),
        ("a…b", "a…b"),
    ],
)
def test_text_is_put_into_letters_that_the_font_has(text, expected):
    assert legible(text) == expected
    missing = bytes(font(20).getmask("細"))
    assert all(bytes(font(20).getmask(letter)) != missing for letter in expected if letter != " ")


@pytest.mark.parametrize("width", [5, 40, 90, 200, 10_000])
def test_text_is_shortened_to_its_width_from_the_middle(width):
    name = "experiment_2024_plate_07_well_B03_field_12.tif"
    short = elided(name, 14, width)
    assert font(14).getlength(short) <= width
    if width == 10_000:
        assert short == name
    elif short:
        head, tail = short.split("…")
        assert name.startswith(head)
        assert name.endswith(tail)
        assert font(14).getlength(name) > width


def test_real_images(real_data):
    mosaic = mosaic_of(real_data, 100, recursive=True)
    assert mosaic.failed == ()
    assert len(mosaic.thumbnails) >= 40
    for thumb in mosaic.thumbnails:
        assert max(thumb.box.shape) == 62
        assert np.ptp(mosaic.pixels[thumb.box.slices]) > 90, thumb.source
