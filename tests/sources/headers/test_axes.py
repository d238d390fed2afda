"""What axes are taken for: what the user says, what the file says, what is plain; and the question else."""

import pytest

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.headers.axes import axes_of_array, told_axes


@pytest.mark.parametrize(
    ("shape", "opening", "axes"),
    [
        ((8, 9), Opening(), "YX"),
        ((1, 8, 1, 9), Opening(), "-Y-X"),
        ((8, 1), Opening(), "YX"),
        ((1, 1, 8), Opening(), "-YX"),
        ((5, 8, 9), Opening(axes="ZYX"), "ZYX"),
        ((5, 1, 8, 9), Opening(axes="CYX"), "C-YX"),
        ((9, 8), Opening(axes="XY"), "XY"),
        ((8, 9, 3), Opening(rgb=True), "YXS"),
        ((1, 8, 9, 4), Opening(rgb=True), "-YXS"),
    ],
)
def test_axes_that_are_told(shape, opening, axes):
    assert told_axes("a.npy", shape, opening) == axes


@pytest.mark.parametrize(
    ("shape", "opening", "said"),
    [
        ((5, 8, 9), Opening(), "such as ZYX, CYX or TYX"),
        ((5, 8, 9), Opening(axes="TZYX"), "such as ZYX, CYX or TYX"),
        ((8, 9, 3), Opening(), "such as YXS, YXC, ZYX"),
        ((8, 9, 2), Opening(), "such as YXC, ZYX"),
        ((2, 5, 8, 9), Opening(), "such as TZYX, ZCYX or TCYX"),
        ((2, 2, 5, 8, 9), Opening(), "such as TZCYX"),
        ((9,), Opening(), "at least 2 axes"),
    ],
)
def test_axes_that_are_not_clear_are_a_question(shape, opening, said):
    with pytest.raises(SourceError, match=r"^a\.npy: ") as asked:
        told_axes("a.npy", shape, opening)
    assert said in str(asked.value)


def test_more_axes_than_have_a_meaning_are_told():
    with pytest.raises(SourceError, match=r"^a\.npy: shape \(2, 2, 2, 2, 8, 9\): has more axes than time, channels"):
        told_axes("a.npy", (2, 2, 2, 2, 8, 9), Opening())


@pytest.mark.parametrize(
    ("shape", "names", "opening", "axes"),
    [
        ((5, 8, 9), "zyx", Opening(), "ZYX"),
        ((5, 8, 9), "zyx", Opening(axes="TYX"), "TYX"),
        ((5, 8, 9), "zyx", Opening(axes="TZYX"), "ZYX"),
        ((1, 5, 1, 8, 9), "tczyx", Opening(), "TCZYX"),
        ((1, 5, 1, 8, 9), "tczyx", Opening(axes="ZYX"), "-Z-YX"),
        ((1, 5, 1, 8, 9), "tczyx", Opening(axes="TCZYX"), "TCZYX"),
        ((8, 9, 3), "yxc", Opening(rgb=True), "YXS"),
        ((8, 9, 2), "yxc", Opening(rgb=True), "YXC"),
        ((3, 8, 9), "cyx", Opening(rgb=True), "CYX"),
        ((8, 9, 3), "yxs", Opening(rgb=False), "YXC"),
    ],
)
def test_what_the_user_says_goes_before_what_the_file_says(shape, names, opening, axes):
    assert axes_of_array("a.zarr", shape, names, opening) == axes


@pytest.mark.parametrize(("shape", "names"), [((2, 50, 60, 3), "cyxs"), ((1, 2, 1, 50, 60, 3), "tczyxs")])
def test_several_channels_each_in_colour_are_refused(shape, names):
    with pytest.raises(SourceError, match=r"a\.czi: axes .*: several channels, each in colour, are not read"):
        axes_of_array("a.czi", shape, names, Opening())
