"""An image put together from its tiles equals what was cut, for any index, and says which tiles are missing."""

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.back.tiled_image import TiledImage, tiled_sources
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.steps import result_of

AXES = {
    "YX": (97, 83),
    "CYX": (2, 97, 83),
    "YXS": (97, 83, 3),
    "ZYX": (3, 61, 70),
    "TZCYX": (2, 3, 2, 40, 50),
}


def exported(folder, axes="YX", **changes):
    """Export one random image; return its pixels and the image that its tiles make."""
    rng = np.random.default_rng(1)
    dtype = np.uint8 if "S" in axes else np.uint16
    pixels = rng.integers(0, 200, AXES[axes], dtype=dtype)
    (folder / "in").mkdir()
    options = {"photometric": "rgb" if "S" in axes else "minisblack"}
    tifffile.imwrite(folder / "in" / "a.tif", pixels, metadata={"axes": axes}, **options)
    small = {"tiling.size_px": 32, "tiling.overlap_px": 10, "normalization.scope": "none", "normalization.dtype": None}
    recipe = Recipe.preset("unet", source=folder / "in", output=folder / "out").changed(small | changes)
    assert not list(run(make_plan(recipe)))[-1].failed
    (source,) = tiled_sources(Manifest.read(folder / "out"))
    return pixels, source


def whole(source):
    return TiledImage(source).levels()[0][...]


@pytest.mark.parametrize("axes", AXES)
def test_the_whole_image(tmp_path, axes):
    pixels, source = exported(tmp_path, axes)
    (image,) = TiledImage(source).levels()
    assert (image.shape, image.dtype, image.ndim) == (pixels.shape, pixels.dtype, pixels.ndim)
    np.testing.assert_array_equal(np.asarray(image), pixels)
    assert "".join(source.axes).upper() == axes.replace("S", "")


@pytest.mark.parametrize("edge", ["shift", "spread", "pad", "ragged"])
@pytest.mark.parametrize("order", ["rows", "edges_last"])
def test_every_edge_policy(tmp_path, edge, order):
    pixels, source = exported(tmp_path, **{"tiling.edge": edge, "tiling.order": order})
    np.testing.assert_array_equal(whole(source), pixels)


def test_calibrated_tiles_are_what_a_merge_by_cores_gives(tmp_path):
    _, source = exported(tmp_path, **{"calibration.enabled": True, "calibration.scale": 1.37})
    merge(tmp_path / "out", tmp_path / "merged", blend="core")
    np.testing.assert_array_equal(whole(source), tifffile.imread(tmp_path / "merged" / "a.tif"))
    assert source.scale == (round(97 * 1.37) / 97, round(83 * 1.37) / 83)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    pixels, source = exported(tmp_path_factory.mktemp("stack"), "TZCYX")
    return pixels, TiledImage(source).levels()[0]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_index_as_of_an_array(stack, data):
    pixels, image = stack
    key = tuple(
        data.draw(st.one_of(st.integers(-n, n - 1), st.slices(n)))
        for n in pixels.shape[: data.draw(st.integers(0, pixels.ndim))]
    )
    if data.draw(st.booleans()):
        key = (..., *key) if len(key) == pixels.ndim else (*key, ...)
    np.testing.assert_array_equal(image[key], pixels[key])


def test_an_index_that_is_not_there(stack):
    with pytest.raises(IndexError, match="index 2 of 2"):
        stack[1][2]
    with pytest.raises(IndexError, match="6 indices"):
        stack[1][0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("axes", AXES)
def test_what_is_held_is_the_whole_where_memory_allows(tmp_path, axes):
    pixels, source = exported(tmp_path, axes)
    tiled = TiledImage(source)
    result_of(tiled.fill())
    np.testing.assert_array_equal(tiled.overview, pixels)
    for row in source.rows:
        (tmp_path / "out" / row.tile).unlink()
    np.testing.assert_array_equal(tiled.levels()[0][...], pixels)  # from memory alone
    assert not tiled.unread


def test_of_very_many_tiles_no_more_are_opened_than_a_redraw_may_take(tmp_path):
    pixels, source = exported(tmp_path, **{"tiling.size_px": 6, "tiling.overlap_px": 0})
    assert len(source.rows) > 200
    tiled = TiledImage(source)
    image = tiled.levels()[0]
    assert not image[...].any()
    np.testing.assert_array_equal(image[20:40, 30:50], pixels[20:40, 30:50])
    result_of(tiled.fill())
    np.testing.assert_array_equal(image[...], pixels)


def test_only_tiles_under_the_asked_region_are_read(tmp_path):
    pixels, source = exported(tmp_path)
    corner = TiledImage(source).levels()[0][:20, :20]
    np.testing.assert_array_equal(corner, pixels[:20, :20])
    for row in source.rows:
        if int(row.y) or int(row.x):
            (tmp_path / "out" / row.tile).unlink()
    image = TiledImage(source)
    np.testing.assert_array_equal(image.levels()[0][:20, :20], corner)
    assert not image.unread


def test_missing_and_damaged_tiles_are_black_and_named(tmp_path):
    pixels, source = exported(tmp_path)
    first, second = source.rows[0].tile, source.rows[-1].tile
    (tmp_path / "out" / first).unlink()
    (tmp_path / "out" / second).write_bytes(b"nonsense")
    image = TiledImage(source)
    found = image.levels()[0][...]
    assert image.unread == {first, second}
    expected = pixels.copy()
    for core in source.cores([source.rows[0], source.rows[-1]]):
        expected[core.slices] = 0
    np.testing.assert_array_equal(found, expected)


def test_random_tiles_leave_gaps(tmp_path):
    pixels, source = exported(tmp_path, **{"tiling.sampling": "random", "tiling.count": 3, "tiling.seed": 5})
    covered = np.zeros(pixels.shape, bool)
    for row in source.rows:
        covered[int(row.y) : int(row.y) + 32, int(row.x) : int(row.x) + 32] = True
    assert 0 < covered.sum() < covered.size
    np.testing.assert_array_equal(whole(source), np.where(covered, pixels, 0))
