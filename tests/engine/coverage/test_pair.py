"""Which plane of a file is the mask."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.coverage.measure import Request, coverage_steps
from napari_tiles_creator.engine.coverage.pair import MaskFile
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.errors import PlanError


@pytest.fixture
def stack(tmp_path):
    """Return a file of 2 time points, 3 planes and 2 named channels, each plane with another number of pixels."""
    pixels = np.zeros((2, 3, 2, 20, 20), np.uint8)
    for number, plane in enumerate(pixels.reshape(-1, 400)):
        plane[: 10 + number] = 1
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, pixels, metadata={"axes": "TZCYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    return str(path)


def body_px(name, **plane):
    file = MaskFile("body", name, plane=plane)
    return result_of(coverage_steps(Request(file, file))).body_px


def test_a_plane_is_picked_by_its_numbers_and_a_channel_by_its_name(stack):
    assert body_px(stack, t=0, z=0, channel=0) == 10
    assert body_px(stack, t=1, z=2, channel=1) == 21
    assert body_px(stack, t=1, z=0, channel="GFP") == 17


@pytest.mark.parametrize(
    ("plane", "words"),
    [
        ({}, "holds 2 time points, a mask is one plane: pick one with --body-plane t=0"),
        ({"t": 0, "channel": 0}, "holds 3 planes, .*--body-plane z=0"),
        ({"t": 0, "z": 0}, "holds 2 channels, .*--body-plane channel=0"),
        ({"t": 0, "z": 3, "channel": 0}, "has no z 3 .*it holds 3 planes, from 0"),
        ({"t": 0, "z": 0, "channel": "RFP"}, r"has no channel RFP .*2 channels \(DAPI, GFP\)"),
    ],
)
def test_a_plane_that_is_not_clear_is_asked_for(stack, plane, words):
    with pytest.raises(PlanError, match=words):
        body_px(stack, **plane)


def test_of_a_picture_in_colour_one_colour_is_picked(tmp_path):
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:5, :, 1] = 255
    path = str(tmp_path / "colour.tif")
    tifffile.imwrite(path, pixels, photometric="rgb")
    with pytest.raises(PlanError, match=r"is in colour, .*--body-plane channel=0, 1 or 2"):
        body_px(path)
    assert body_px(path, channel=1) == 200
    assert body_px(path, channel=2) == 0
    with pytest.raises(PlanError, match="has no channel 3"):
        body_px(path, channel=3)


def test_an_axis_of_length_one_needs_no_choice(tmp_path):
    path = str(tmp_path / "one.ome.tif")
    tifffile.imwrite(path, np.ones((1, 1, 1, 20, 20), np.uint8), metadata={"axes": "TCZYX"})
    assert body_px(path) == 400
    assert body_px(path, z=0, channel=0) == 400
