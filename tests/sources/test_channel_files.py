"""One file per channel: which files belong together, and that they are read as one image."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.channel_files import grouped, open_channel_files
from napari_tiles_creator.sources.folder import find_sources
from napari_tiles_creator.sources.registry import reopen

RNG = np.random.default_rng(0)


def write(folder, *names, shape=(40, 50), dtype=np.uint16):
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name in names:
        written[name] = RNG.integers(0, 250, shape).astype(dtype)
        (folder / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(folder / name, written[name], photometric="minisblack")
    return written


def groups_in(folder, pattern, **options):
    return {
        found.name: (found.stem, [channel for channel, _ in found.channels], found.problem)
        for found in grouped(find_sources(folder, **options), pattern)
    }


def test_files_that_differ_in_the_channel_are_one_image(tmp_path):
    write(tmp_path, "a_1_DAPI.tif", "a_1_GFP.tif", "a_2_DAPI.tif", "a_2_GFP.tif")
    assert groups_in(tmp_path, "*_{channel}.tif") == {
        "a_1_{channel}.tif": ("a_1", ["DAPI", "GFP"], ""),
        "a_2_{channel}.tif": ("a_2", ["DAPI", "GFP"], ""),
    }


def test_channels_are_in_the_order_of_their_numbers(tmp_path):
    write(tmp_path, "x_w10.tif", "x_w2.tif", "x_w1.tif")
    assert groups_in(tmp_path, "*_w{channel}.tif")["x_w{channel}.tif"][1] == ["1", "2", "10"]


def test_the_channel_may_stand_anywhere(tmp_path):
    write(tmp_path, "c1-well.tif", "c2-well.tif", "c1-other.tif", "c2-other.tif")
    found = groups_in(tmp_path, "c{channel}-*.tif")
    assert {name: channels for name, (_, channels, _) in found.items()} == {
        "c{channel}-well.tif": ["1", "2"],
        "c{channel}-other.tif": ["1", "2"],
    }
    assert len({stem for stem, _, _ in found.values()}) == 2


def test_what_does_not_fit_stays_an_image(tmp_path):
    write(tmp_path, "a_DAPI.tif", "a_GFP.tif", "overview.tif")
    assert groups_in(tmp_path, "*_{channel}.tif")["overview.tif"] == ("overview", [], "")


def test_a_missing_channel_is_told(tmp_path):
    write(tmp_path, "a_DAPI.tif", "a_GFP.tif", "b_DAPI.tif")
    found = groups_in(tmp_path, "*_{channel}.tif")
    assert found["a_{channel}.tif"][2] == ""
    assert found["b_{channel}.tif"][2] == "b_{channel}.tif: no file for channel GFP, which other images have"


def test_folders_are_apart(tmp_path):
    write(tmp_path, "day1/a_1.tif", "day1/a_2.tif", "day2/a_1.tif", "day2/a_2.tif")
    found = groups_in(tmp_path, "*_{channel}.tif", recursive=True)
    assert set(found) == {"day1/a_{channel}.tif", "day2/a_{channel}.tif"}
    assert len({stem for stem, _, _ in found.values()}) == 2


def open_group(folder, *names):
    return open_channel_files(folder / "a_{channel}.tif", tuple((name, folder / name) for name in names))


def test_it_is_read_as_one_image(tmp_path):
    pixels = write(tmp_path, "a_1.tif", "a_2.tif", "a_3.tif")
    source = open_group(tmp_path, *pixels)
    info = source.info
    assert (info.axes, info.shape, info.channel_names) == ("CYX", (3, 40, 50), ("a_1.tif", "a_2.tif", "a_3.tif"))
    assert info.files == tuple(tmp_path / name for name in pixels)
    whole, box = np.stack(list(pixels.values())), Box.between(3, 5, 20, 31)
    np.testing.assert_array_equal(source.read(box), whole[:, 3:20, 5:31])
    np.testing.assert_array_equal(source.read(box, channel=1), whole[1, 3:20, 5:31])
    source.close()
    again = reopen(info)
    np.testing.assert_array_equal(again.read(box), whole[:, 3:20, 5:31])
    assert again.info.opener == info.opener
    again.close()


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [
        ((40, 51), np.uint16, r"a_2\.tif: its shape \(40, 51\) differ from those of a_1\.tif"),
        ((40, 50), np.uint8, r"a_2\.tif: its dtype uint8 differ"),
        ((2, 40, 50), np.uint16, r"a_2\.tif"),
    ],
)
def test_files_that_do_not_go_together_are_named(tmp_path, shape, dtype, said):
    write(tmp_path, "a_1.tif")
    write(tmp_path, "a_2.tif", shape=shape, dtype=dtype)
    with pytest.raises(SourceError, match=said):
        open_group(tmp_path, "a_1.tif", "a_2.tif")


def test_an_export_goes_on_past_a_group_that_is_not_whole(tmp_path):
    pixels = write(tmp_path / "in", "a_1.tif", "a_2.tif", "b_1.tif", shape=(64, 64))
    recipe = Recipe.preset("unet", source=tmp_path / "in", output=tmp_path / "out").changed(
        {"media.channels_from": "*_{channel}.tif", "tiling.size_px": 64, "tiling.overlap_px": 0}
        | {"normalization.scope": "none", "normalization.dtype": None}
    )
    events = list(run(make_plan(recipe)))
    assert events[-1].tiles == 1
    assert [failure["source"] for failure in events[-1].failed] == ["b_{channel}.tif"]
    tile = tifffile.imread(tmp_path / "out" / "a_000.tif")
    np.testing.assert_array_equal(tile, np.stack([pixels["a_1.tif"], pixels["a_2.tif"]]))
    # Resumed, and noticed when one of the files is another one.
    assert list(run(make_plan(recipe)))[-1].skipped == 1


def test_excluded_by_the_name_of_the_whole(tmp_path):
    write(tmp_path, "a_1.tif", "a_2.tif", "b_1.tif", "b_2.tif")
    media = Recipe().changed(
        {"media.folder": str(tmp_path), "media.channels_from": "*_{channel}.tif", "media.exclude": ["b_{channel}.tif"]}
    )
    assert [item.found.name for item in scan(media.media)] == ["a_{channel}.tif"]
