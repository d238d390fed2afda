"""What an export will do, from headers alone: shapes, types, planes, failures, warnings, counts."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.image_plan import Plane
from napari_tiles_creator.engine.planning.scan import Scanned, scan
from napari_tiles_creator.errors import PlanError, SourceError
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.folder import Found
from strategies import grids


def write(path, shape, axes="YX", dtype="uint16", um=None, **metadata):
    image = np.zeros(shape, dtype)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".tif":
        Image.fromarray(image).save(path)
        return
    if um:
        metadata |= {"unit": "micron"}
    how = {"resolution": (1 / um[1], 1 / um[0])} if um else {}
    tifffile.imwrite(
        path, image, imagej=dtype in ("uint8", "uint16", "float32"), metadata={"axes": axes, **metadata}, **how,
        photometric="rgb" if axes == "YXS" else "minisblack",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def plan_of(folder, **fields):
    return make_plan(Recipe.of({"media": {"folder": str(folder)}}).changed(fields))


def reason(plan) -> str:
    (failure,) = plan.failed
    return failure.reason


def test_a_mixed_folder(folder):
    write(folder / "a_grey.tif", (600, 700))
    write(folder / "b_channels.tif", (3, 600, 700), "CYX", "uint8")
    write(folder / "c_colour.png", (600, 700, 3), dtype="uint8")
    write(folder / "d_stack.tif", (2, 4, 512, 512), "TZYX")
    write(folder / "e_float.tif", (512, 512), dtype="float32")
    write(folder / "f_small.tif", (100, 200))
    (folder / "g_broken.tif").write_bytes(b"nonsense")
    (folder / "h_notes.txt").write_text("x")
    plan = plan_of(folder)
    assert [(i.name, i.axes, i.dtype, len(i), len(i.planes), i.channels) for i in plan.images] == [
        ("a_grey.tif", "YX", "float32", 4, 1, 1),
        ("b_channels.tif", "CYX", "float32", 4, 1, 3),
        ("c_colour.png", "YXS", "float32", 4, 1, 3),
        ("d_stack.tif", "YX", "float32", 8, 8, 1),
        ("e_float.tif", "YX", "float32", 1, 1, 1),
        ("f_small.tif", "YX", "float32", 1, 1, 1),
    ]
    assert len(plan) == 22
    assert plan.bytes == 512 * 512 * 4 * (4 + 4 * 3 + 4 * 3 + 8 + 1 + 1)
    assert [failure.source for failure in plan.failed] == ["g_broken.tif"]
    assert plan.warnings == ("smaller than a tile and padded: f_small.tif",)


def test_no_pixel_is_read_and_nothing_written(folder, monkeypatch):
    write(folder / "a.tif", (100, 100))
    write(folder / "b.png", (100, 100), dtype="uint8")

    def refuse(*_, **__):
        raise AssertionError("a pixel was read")

    monkeypatch.setattr(np, "fromfile", refuse)
    monkeypatch.setattr("imagecodecs.png_decode", refuse)
    monkeypatch.setattr(tifffile.FileHandle, "read_segments", refuse)
    before = sorted(path.name for path in folder.rglob("*"))
    plan = plan_of(folder, **{"export.folder": str(folder / "out")})
    assert len(plan) == 2
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_scan_can_be_used_again(folder):
    write(folder / "a.tif", (100, 100))
    recipe = Recipe.of({"media": {"folder": str(folder)}})
    scanned = list(scan(recipe.media))
    (folder / "a.tif").unlink()
    assert make_plan(recipe, scanned).images == make_plan(recipe, iter(scanned)).images
    assert len(make_plan(recipe, scanned)) == 1


CALIBRATIONS = [
    # shape, pixel size (y, x), settings, calibrated shape, pixel size of the tiles
    pytest.param((300, 400), (0.65, 0.65), {}, (600, 800), (0.325, 0.325), id="0.65 to 0.325 enlarges by two (bug 4)"),
    pytest.param((300, 400), (0.1625, 0.1625), {}, (150, 200), (0.325, 0.325), id="finer pixels shrink"),
    pytest.param((301, 403), (0.5, 0.5), {}, (463, 620), (0.5 * 301 / 463, 0.5 * 403 / 620), id="rounded"),
    pytest.param((300, 400), (0.65, 0.325), {}, (600, 400), (0.325, 0.325), id="two axes"),
    pytest.param((300, 400), None, {"pixel_size_um": 0.65}, (600, 800), (0.325, 0.325), id="given"),
    pytest.param((300, 400), (9.0, 9.0), {"pixel_size_um": 0.65}, (600, 800), (0.325, 0.325), id="given overrides"),
    pytest.param((300, 400), (1.0, 1.0), {"target_pixel_size_um": 2}, (150, 200), (2, 2), id="another target"),
    pytest.param((301, 400), None, {"scale": "1/3"}, (100, 133), None, id="a/b rounds down"),
    pytest.param((5, 7), None, {"scale": 0.5}, (2, 4), None, id="numbers round half to even"),
    pytest.param((300, 400), (1.0, 1.0), {"scale": 2}, (600, 800), (0.5, 0.5), id="scale beats the target"),
    pytest.param((300, 400), (0.325, 0.325), {}, (300, 400), (0.325, 0.325), id="nothing to do"),
]


@pytest.mark.parametrize(("shape", "um", "settings", "new", "tile_um"), CALIBRATIONS)
def test_calibrated_shapes(folder, shape, um, settings, new, tile_um):
    write(folder / "a.tif", shape, um=um)
    fields = {f"calibration.{name}": value for name, value in settings.items()}
    (image,) = plan_of(
        folder, **{"calibration.enabled": True, "tiling.size_px": 2, "tiling.overlap_px": 0}, **fields
    ).images
    assert image.shape == new
    assert image.scale == (new[0] / shape[0], new[1] / shape[1])
    assert image.is_calibrated == (new != shape)
    if tile_um is None:
        assert image.tile_pixel_size is None
    else:
        size = image.tile_pixel_size
        assert (size.y_um, size.x_um) == pytest.approx(tile_um, rel=1e-6)
    assert image.tiling.shape == new


def test_without_calibration_a_given_pixel_size_only_overrides_metadata(folder):
    write(folder / "a.tif", (300, 400), um=(0.65, 0.65))
    (image,) = plan_of(folder, **{"calibration.pixel_size_um": 0.5}).images
    assert image.shape == (300, 400)
    assert (image.tile_pixel_size.y_um, image.tile_pixel_size.x_um) == (0.5, 0.5)


def test_an_unknown_pixel_size_fails_that_source_only(folder):
    write(folder / "a.tif", (512, 512))
    write(folder / "b.tif", (512, 512), um=(0.325, 0.325))
    plan = plan_of(folder, **{"calibration.enabled": True})
    assert [image.name for image in plan.images] == ["b.tif"]
    assert reason(plan).startswith("a.tif: no pixel size: give --pixel-size")


def test_an_image_scaled_to_nothing_fails(folder):
    write(folder / "a.tif", (2, 400))
    plan = plan_of(folder, **{"calibration.enabled": True, "calibration.scale": "1/3"})
    assert "rescaling leaves nothing of 2 × 400 px" in reason(plan)


TYPES = [
    # source, scope, dtype, tiles (None: refused)
    *[("uint8", "none", None, "uint8"), ("uint16", "none", None, "uint16"), ("float32", "none", None, "float32")],
    *[("int16", "none", None, "int16"), ("float64", "none", None, "float64"), ("uint32", "none", None, "uint32")],
    *[("uint8", "none", "uint16", "uint16"), ("uint8", "none", "float32", "float32")],
    *[("uint16", "none", "float32", "float32"), ("uint16", "none", "uint8", None), ("int16", "none", "uint16", None)],
    *[("float32", "none", "uint8", None), ("uint32", "none", "float32", None), ("float64", "none", "float32", None)],
    *[("int8", "none", "uint8", None)],
    *[(source, "image", None, "float32") for source in ("uint8", "uint16", "float64")],
    *[(source, "tile", "uint8", "uint8") for source in ("uint8", "uint16", "float32", "int32")],
    *[(source, "image", "uint16", "uint16") for source in ("uint8", "uint16", "float32", "int32")],
]


@pytest.mark.parametrize(("source", "scope", "dtype", "tiles"), TYPES)
def test_types_of_tiles(folder, source, scope, dtype, tiles):
    """Bug 3 of the reference: type and format were ignored. What would not fit is refused, never wrapped."""
    write(folder / "a.tif", (600, 600), dtype=source)
    plan = plan_of(folder, **{"normalization.scope": scope, "normalization.dtype": dtype})
    if tiles is None:
        assert not plan.images
        assert reason(plan).startswith(f"a.tif: {dtype} cannot hold its {source} values as they are")
    else:
        assert [image.dtype for image in plan.images] == [tiles]


FORMATS = [
    # source, shape, axes, format, the reason why not
    ("uint16", (600, 600), "YX", "png", None),
    ("int16", (600, 600), "YX", "png", "png cannot hold int16 tiles"),
    ("float32", (600, 600), "YX", "png", "png cannot hold float32 tiles"),
    ("uint16", (600, 600), "YX", "jpg", "jpg cannot hold uint16 tiles"),
    ("uint8", (2, 600, 600), "CYX", "png", "png cannot hold 2 channels: use tif, or pick one with media.channel"),
    ("uint8", (2, 600, 600), "CYX", "jpg", "jpg cannot hold 2 channels"),
    ("uint8", (2, 600, 600), "CYX", "tif", None),
    ("uint8", (600, 600, 3), "YXS", "jpg", None),
]


@pytest.mark.parametrize(("dtype", "shape", "axes", "fmt", "why_not"), FORMATS)
def test_formats_that_cannot_hold_a_source_fail_it(folder, dtype, shape, axes, fmt, why_not):
    write(folder / "a.tif", shape, axes, dtype)
    fields = {"normalization.scope": "none", "normalization.dtype": None, "export.format": fmt}
    plan = plan_of(folder, **fields)
    if why_not:
        assert reason(plan).startswith(f"a.tif: {why_not}")
    else:
        assert len(plan) == 4


def test_picking_a_channel_makes_grey_tiles(folder):
    write(folder / "a.tif", (3, 600, 600), "CYX", "uint8", Labels=["DAPI", "GFP", "RFP"])
    for wanted, channel in ((0, 0), (2, 2), ("GFP", 1)):
        (image,) = plan_of(folder, **{"media.channel": wanted}).images
        assert (image.channel, image.axes, image.channels) == (channel, "YX", 1)


@pytest.mark.parametrize(
    ("shape", "axes", "channel", "said"),
    [
        ((3, 64, 64), "CYX", 3, "a.tif: has no channel 3 (media.channel): it has 0 to 2"),
        ((3, 64, 64), "CYX", "Cy5", "a.tif: has no channel 'Cy5' (media.channel): it names none; use an index, 0 to 2"),
        ((64, 64), "YX", 1, "a.tif: has no channel 1 (media.channel): its axes are YX"),
        ((64, 64, 3), "YXS", 0, "a.tif: has no channel 0 (media.channel): its axes are YXS"),
    ],
)
def test_channels_that_are_not_there(folder, shape, axes, channel, said):
    write(folder / "a.tif", shape, axes, "uint8")
    assert reason(plan_of(folder, **{"media.channel": channel})) == said


def test_the_first_channel_of_a_grey_image_is_the_image(folder):
    write(folder / "a.tif", (600, 600))
    (image,) = plan_of(folder, **{"media.channel": 0}).images
    assert (image.channel, image.axes) == (None, "YX")


def test_channel_names_of_a_stack_are_those_of_its_first_plane(folder):
    """ImageJ labels every plane: the fourth label is no fourth channel."""
    write(folder / "a.tif", (5, 2, 64, 64), "ZCYX", Labels=[f"{c} {z}" for z in range(5) for c in ("DAPI", "GFP")])
    assert plan_of(folder, **{"media.channel": "GFP 0"}).images[0].channel == 1
    assert "has no channel 'GFP 1'" in reason(plan_of(folder, **{"media.channel": "GFP 1"}))


PLANES = [
    ({}, [(t, z) for t in range(2) for z in range(3)]),
    ({"z": 1}, [(0, 1), (1, 1)]),
    ({"t": 1}, [(1, 0), (1, 1), (1, 2)]),
    ({"t": 0, "z": 2}, [(0, 2)]),
]


@pytest.mark.parametrize(("fields", "planes"), PLANES, ids=str)
def test_planes_are_counted_t_slowest_and_the_index_never_restarts(folder, fields, planes):
    write(folder / "a.tif", (2, 3, 600, 600), "TZYX")
    (image,) = plan_of(folder, **{f"media.{axis}": n for axis, n in fields.items()}).images
    assert image.planes == tuple(Plane(t=t, z=z) for t, z in planes)
    tiles = list(image)
    assert [tile.index for tile in tiles] == list(range(4 * len(planes))) == list(range(len(image)))
    assert [tile.plane for tile in tiles] == [plane for plane in image.planes for _ in range(4)]
    assert [tile.name for tile in tiles] == [f"a_{i:03d}" for i in range(len(image))]
    for number in range(len(planes)):
        for place in image.tiling:
            assert image.in_plane(number, place) == tiles[number * 4 + place.index]
    with pytest.raises(IndexError):
        image[len(image)]


def test_planes_of_what_has_none(folder):
    write(folder / "a.tif", (600, 600))
    (image,) = plan_of(folder, **{"media.z": 7}).images
    assert image.planes == (Plane(None, None),)


@pytest.mark.parametrize(
    ("axis", "said"), [("z", "has no z 3 (media.z): it has 0 to 2"), ("t", "has no t 3 (media.t)")]
)
def test_planes_that_are_not_there(folder, axis, said):
    write(folder / "a.tif", (2, 3, 64, 64), "TZYX")
    assert said in reason(plan_of(folder, **{f"media.{axis}": 3}))


@pytest.mark.parametrize(
    ("policy", "tiles", "failed", "warnings"),
    [
        ("pad", {"big.tif": 4, "small.tif": 2}, [], ("smaller than a tile and padded: small.tif",)),
        ("skip", {"big.tif": 4}, [], ("smaller than a tile and skipped: small.tif",)),
        ("error", {"big.tif": 4}, ["small.tif"], ()),
    ],
)
@pytest.mark.parametrize("sampling", ["grid", "random"])
def test_small_images(folder, sampling, policy, tiles, failed, warnings):
    """Bug 11 of the reference: one small image stopped the batch."""
    write(folder / "big.tif", (600, 600))
    write(folder / "small.tif", (600, 500))
    fields = {"tiling.small_images": policy, "tiling.sampling": sampling, "tiling.count": 4}
    plan = plan_of(folder, **fields)
    if sampling == "random":
        tiles = dict.fromkeys(tiles, 4)
    assert {image.name: len(image) for image in plan.images} == tiles
    assert [failure.source for failure in plan.failed] == failed
    assert plan.warnings == warnings


def test_images_exactly_as_large_as_a_tile_are_not_small(folder):
    write(folder / "a.tif", (512, 512))
    for policy in ("pad", "skip", "error"):
        plan = plan_of(folder, **{"tiling.small_images": policy})
        assert (len(plan), plan.warnings, plan.failed) == (1, (), ())


def test_images_are_drawn_with_the_seed_and_stay_in_order(folder):
    for k in range(12):
        write(folder / f"{k:02}.tif", (64, 64))

    def drawn(**fields):
        return [image.name for image in plan_of(folder, **fields).images]

    some = drawn(**{"tiling.images": 5})
    assert len(some) == 5
    assert some == sorted(some) == drawn(**{"tiling.images": 5})
    assert len({tuple(drawn(**{"tiling.images": 5, "tiling.seed": seed})) for seed in range(8)}) > 4
    assert drawn(**{"tiling.images": 12}) == drawn(**{"tiling.images": 99}) == drawn()


RANDOM = {"tiling.sampling": "random", "tiling.count": 5, "tiling.size_px": 16, "tiling.overlap_px": 0}


def test_random_places_depend_on_the_seed_and_the_source_alone(folder):
    for name in ("b", "d"):
        write(folder / f"{name}.tif", (300, 300))

    def places(**fields):
        return {image.name: image.tiling.boxes for image in plan_of(folder, **RANDOM, **fields).images}

    first = places()
    assert first["b.tif"] != first["d.tif"]
    assert places(**{"tiling.seed": 1})["b.tif"] != first["b.tif"]
    for name in ("a", "c"):
        write(folder / f"{name}.tif", (300, 300))
    more = places()
    assert {name: more[name] for name in first} == first


def test_random_tiles_that_do_not_fit_are_told(folder):
    write(folder / "a.tif", (64, 64))
    plan = plan_of(folder, **{**RANDOM, "tiling.size_px": 40, "tiling.max_random_overlap": 0})
    assert len(plan) == 1
    assert plan.warnings == ("fewer than 5 different tiles fit (tiling.max_random_overlap 0): a.tif",)


def test_jittered_cells_smaller_than_a_tile_fail_that_source(folder):
    write(folder / "a.tif", (100, 100))
    write(folder / "b.tif", (400, 400))
    plan = plan_of(folder, **{**RANDOM, "tiling.sampling": "jittered", "tiling.size_px": 64})
    assert [len(image) for image in plan.images] == [9]
    assert "is smaller than a tile of 64 px (tiling.count)" in reason(plan)


@given(grids(longest=40, largest=16), st.integers(1, 3))
def test_bytes_and_duplicates_by_brute_force(grid, depth):
    info = SourceInfo(Path("a.tif"), "ZYX", (depth, *grid.shape), np.dtype(np.uint8))
    fields = {"size_px": grid.size, "overlap_px": grid.overlap, "edge": grid.edge, "order": grid.order}
    recipe = Recipe.of({"tiling": fields})
    plan = make_plan(recipe, [Scanned(Found("a.tif", info.path, "a"), 0, info)])
    cover = np.zeros(grid.shape, int)
    pixels = 0
    for tile in grid:
        cover[tile.box.slices] += 1
        pixels += tile.shape[0] * tile.shape[1]
    assert len(plan) == depth * len(grid)
    assert plan.bytes == depth * pixels * 4
    assert plan.duplicated_percent == pytest.approx((cover.sum() - (cover > 0).sum()) / (cover > 0).sum() * 100)


def test_duplicates_of_random_tiles(folder):
    write(folder / "a.tif", (100, 100))
    plan = plan_of(folder, **{**RANDOM, "tiling.count": 60})
    cover = np.zeros((100, 100), int)
    for planned in plan.images[0]:
        cover[planned.tile.box.slices] += 1
    assert plan.duplicated_percent == pytest.approx((cover.sum() - (cover > 0).sum()) / (cover > 0).sum() * 100)


def test_names_that_several_images_would_share_are_refused(folder):
    """Tiles of one image overwrote those of another without a word."""
    write(folder / "a.tif", (64, 64))
    write(folder / "b.tif", (64, 64))
    with pytest.raises(PlanError, match=r"export\.name 't_\{index:03d\}' needs \{stem\}: the tiles of 2 images"):
        plan_of(folder, **{"export.name": "t_{index:03d}"})
    assert len(plan_of(folder / "a.tif", **{"export.name": "t_{index:03d}"})) == 1


@pytest.mark.parametrize(
    ("name", "fields", "allowed"),
    [
        ("{stem}_{row}_{column}", {}, False),
        ("{stem}_z{z}_r{row}_c{column}", {}, False),
        ("{stem}_t{t}_z{z}_r{row}_c{column}", {}, True),
        ("{stem}_z{z}_r{row}_c{column}", {"media.t": 1}, True),
        ("{stem}_{index}", {}, True),
    ],
)
def test_names_that_several_planes_would_share_are_refused(folder, name, fields, allowed):
    write(folder / "a.tif", (2, 3, 600, 600), "TZYX")
    plan = plan_of(folder, **{"export.name": name}, **fields)
    names = [tile.name for image in plan.images for tile in image]
    assert len(set(names)) == len(names)
    assert bool(names) == allowed
    if not allowed:
        assert "planes would share names" in reason(plan)


def test_sources_whose_names_differ_little_share_no_tile(folder):
    """Bugs 11 and 18 of the reference: a.tif and a.tiff, and names cut at their first dot."""
    for name in (
        "a.tif",
        "A.png",
        "a.ome.tif",
        "sub/a.tif",
        "a 1.tif",
        "a_1.tif",
        "14-25-23.336.tif",
        "14-25-23.337.tif",
    ):
        write(folder / name, (64, 64), dtype="uint8")
    (folder / "x.tif.bak").write_bytes((folder / "a.tif").read_bytes())
    plan = plan_of(folder, **{"media.recursive": True})
    names = [tile.name.lower() for image in plan.images for tile in image]
    assert len(plan.images) == len(set(names)) == 8


def test_an_image_is_found_by_any_of_its_names(folder):
    write(folder / "sub" / "my cell.tif", (64, 64))
    (folder / "bad.tif").write_bytes(b"x")
    plan = plan_of(folder, **{"media.recursive": True})
    for name in ("sub/my cell.tif", "my cell.tif", "my_cell"):
        assert plan.image(name) is plan.images[0]
    with pytest.raises(PlanError, match=r"bad\.tif cannot be read"):
        plan.image("bad.tif")
    with pytest.raises(PlanError, match=r"no image is called 'x': there are 1, such as sub/my cell\.tif"):
        plan.image("x")


def test_nothing_to_plan(folder):
    with pytest.raises(PlanError, match=r"no image fits media\.pattern '\*'; media\.recursive would look into"):
        plan_of(folder)
    with pytest.raises(SourceError, match="no such folder"):
        plan_of(folder / "gone")


def test_every_source_may_fail_and_is_named(folder):
    for name in ("a.tif", "b.png", "c.jpg", "d.bmp"):
        (folder / name).write_bytes(b"\0" * 100)
    plan = plan_of(folder)
    assert not plan.images
    assert [failure.source for failure in plan.failed] == ["a.tif", "b.png", "c.jpg", "d.bmp"]
    assert all(failure.source in failure.reason for failure in plan.failed)
    assert (len(plan), plan.bytes, plan.duplicated_percent) == (0, 0, 0.0)


def test_what_a_reader_should_know_is_a_warning(folder):
    Image.fromarray(np.zeros((512, 512, 4), np.uint8)).save(folder / "a.png")
    assert plan_of(folder).warnings == ("a.png: its alpha channel is left out",)


def test_excluded_tiles_rename_no_other(folder):
    """Names never depend on filters: the plan keeps the tile, the run leaves it out."""
    write(folder / "a.tif", (600, 600))
    names = [tile.name for tile in plan_of(folder).images[0]]
    assert [tile.name for tile in plan_of(folder, **{"tiling.exclude_tiles": ["a_001"]}).images[0]] == names
