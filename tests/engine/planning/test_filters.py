"""Region and rejections, before any pixel is read: what remains, what is told, what it costs."""

import json
import tracemalloc

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.errors import PlanError, RecipeError
from strategies import grids


def plan_of(*sources, **fields):
    return make_plan(Recipe().changed({"tiling.size_px": 10, "tiling.overlap_px": 2} | fields), sources)


@given(grids(longest=40, largest=16), st.integers(1, 3), st.data())
def test_tiles_bytes_and_duplicates_of_what_remains_by_brute_force(grid, depth, data):
    height, width = grid.shape
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    roi = [y, x, data.draw(st.integers(y + 1, height)), data.draw(st.integers(x + 1, width))]
    rejected = data.draw(st.sets(st.integers(0, depth * len(grid) - 1), max_size=6))
    fields = {"size_px": grid.size, "overlap_px": grid.overlap, "edge": grid.edge, "order": grid.order, "roi": roi}
    fields["exclude_tiles"] = [f"a_{index:03d}" for index in rejected]
    inside = np.zeros(grid.shape, bool)
    inside[roi[0] : roi[2], roi[1] : roi[3]] = True
    kept = [bool(inside[tile.core.slices].any()) for tile in grid]
    item = source("a.tif", (depth, *grid.shape), "ZYX")
    if not any(kept):
        with pytest.raises(PlanError, match=r"tiling\.roi"):
            make_plan(Recipe.of({"tiling": fields}), [item])
        return
    plan = make_plan(Recipe.of({"tiling": fields}), [item])
    (image,) = plan.images
    assert image.kept.tolist() == kept
    assert image.rejected == rejected
    cover = np.zeros((depth, *grid.shape), int)
    tiles = pixels = 0
    for planned in image:
        left_out = not kept[planned.tile.index] or planned.index in rejected
        assert (image.left_out(planned.index) is not None) == left_out
        assert image.remaining(planned.plane.z)[planned.tile.index] == (not left_out)
        if not left_out:
            tiles += 1
            pixels += planned.tile.shape[0] * planned.tile.shape[1]
            cover[(planned.plane.z, *planned.tile.box.slices)] += 1
    assert (len(plan), image.tiles, plan.candidates) == (tiles, tiles, len(image)) == (tiles, tiles, depth * len(grid))
    assert plan.bytes == pixels * 4
    expected = (cover.sum() - (cover > 0).sum()) / (cover > 0).sum() * 100 if tiles else 0
    assert plan.duplicated_percent == pytest.approx(expected)


@pytest.mark.parametrize(("scale", "size"), [(2, 20), (0.5, 5), ("1/3", 7)])
def test_the_region_is_in_source_pixels_whatever_the_scale(scale, size):
    """A calibrated tile is kept where what it owns of the source, as real intervals, overlaps the region."""
    fields = {"calibration.enabled": True, "calibration.scale": scale, "tiling.size_px": size, "tiling.overlap_px": 1}
    roi = (11, 30, 47, 59)
    (image,) = plan_of(source("a.tif", (100, 120)), **fields, **{"tiling.roi": roi}).images
    expected = []
    for tile in image.tiling:
        (y, x), (y_stop, x_stop) = (
            (a * 100 / image.shape[0], b * 120 / image.shape[1])
            for a, b in ((tile.core.y, tile.core.x), (tile.core.y_stop, tile.core.x_stop))
        )
        depth = min(y_stop, roi[2]) - max(y, roi[0]), min(x_stop, roi[3]) - max(x, roi[1])
        expected.append(min(depth) > 1e-6)
    assert image.kept.tolist() == expected
    assert 0 < sum(expected) < len(expected)


def test_scattered_tiles_are_kept_where_they_touch_the_region():
    fields = {"tiling.sampling": "random", "tiling.count": 60, "tiling.roi": [0, 0, 30, 30]}
    (image,) = plan_of(source("a.tif", (100, 100)), **fields).images
    assert image.kept.tolist() == [box.y < 30 and box.x < 30 for box in image.tiling.boxes]
    assert 0 < image.tiles < 60


def test_a_source_apart_from_the_region_is_told_and_gives_no_tile():
    plan = plan_of(source("a.tif", (20, 20)), source("b.tif", (100, 100)), **{"tiling.roi": [50, 50, 60, 60]})
    assert [image.tiles for image in plan.images] == [0, 4]
    assert plan.warnings == ("no tile in the region (tiling.roi): a.tif",)
    with pytest.raises(PlanError, match=r"no tile of any image lies in the region \(tiling\.roi\)") as caught:
        plan_of(source("a.tif", (20, 20)), **{"tiling.roi": [50, 50, 60, 60]})
    assert caught.value.field == "tiling.roi"


def test_names_of_no_tile_are_told():
    plan = plan_of(source("a.tif", (20, 20)), **{"tiling.exclude_tiles": ["a_001", "b_000", "a_1", "a_099"]})
    assert plan.images[0].rejected == {1}
    assert plan.warnings == ("no tile has the name (tiling.exclude_tiles): b_000, a_1, a_099",)
    plan = plan_of(source("a.tif", (8, 8)), **{"tiling.exclude_tiles": "a_000"})
    assert (len(plan), plan.warnings[-1]) == (0, "every tile is left out (tiling.exclude_tiles)")


GEOJSON = {"type": "Polygon", "coordinates": [[[0, 0], [30, 0], [30, 30], [0, 30]]]}


def test_a_file_and_its_content_in_the_recipe_are_one_region(tmp_path):
    (tmp_path / "r.geojson").write_text(json.dumps(GEOJSON))
    plans = [
        plan_of(source("a.tif", (90, 90)), **{"tiling.roi": roi})
        for roi in (str(tmp_path / "r.geojson"), GEOJSON, [0, 0, 30, 30])
    ]
    assert plans[0].roi == plans[1].roi
    assert plans[0].images[0].kept.tolist() == plans[1].images[0].kept.tolist() == plans[2].images[0].kept.tolist()


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("nonsense", "is no GeoJSON"), (json.dumps({"type": "Point"}), "holds a Point"),
     (json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2]]]}), "encloses no area")],
)  # fmt: skip
def test_files_that_hold_no_region_are_told_at_their_field(tmp_path, content, said):
    if content:
        (tmp_path / "r.geojson").write_text(content)
    with pytest.raises(RecipeError) as caught:
        plan_of(source("a.tif", (90, 90)), **{"tiling.roi": str(tmp_path / "r.geojson")})
    (problem,) = caught.value.problems
    assert problem.field == "tiling.roi"
    assert said in problem.message


def test_channels_that_do_not_correspond_cannot_share_ranges(tmp_path):
    sources = [source("a.tif", (2, 50, 50), "CYX"), source("b.tif", (3, 50, 50), "CYX")]
    with pytest.raises(PlanError, match=r"normalization\.per_channel") as caught:
        plan_of(*sources, **{"normalization.scope": "dataset"})
    assert caught.value.field == "normalization.per_channel"
    assert "a.tif has 2, b.tif has 3" in str(caught.value)
    assert len(plan_of(*sources, **{"normalization.scope": "dataset", "normalization.per_channel": False})) > 1
    assert len(plan_of(*sources)) > 1


def test_a_million_tiles_are_filtered_without_an_object_each():
    fields = {
        "tiling.size_px": 100,
        "tiling.overlap_px": 0,
        "tiling.roi": {"type": "Polygon", "coordinates": [[[0, 0], [100_000, 0], [50_000, 100_000]]]},
        "tiling.exclude_tiles": [f"a_{index}" for index in range(200_000, 210_000)],
        "export.name": "{stem}_{index}",
    }
    recipe, item = Recipe().changed(fields), source("a.tif", (100_000, 100_000))
    make_plan(recipe, [source("a.tif", (500, 500))])  # imports shapely
    tracemalloc.start()
    plan = make_plan(recipe, [item])
    assert plan.images[0].kept.sum() == pytest.approx(500_000, rel=0.01)
    assert len(plan) == pytest.approx(495_000, rel=0.02)
    assert plan.bytes == len(plan) * 100 * 100 * 4
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20


def test_real_files_and_planes(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((3, 50, 50), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    recipe = Recipe.preset("unet", source=tmp_path).changed({"tiling.size_px": 25, "tiling.overlap_px": 0})
    plan = make_plan(recipe.changed({"tiling.exclude_tiles": ["a_005", "a_011"]}))
    assert (len(plan), plan.images[0].rejected, plan.warnings) == (10, {5, 11}, ())
