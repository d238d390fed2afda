"""Axes of TIFF images: told by the file, told by the user, or asked; never guessed."""

import re

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source

Y, X = 12, 19
BOX = Box(2, 3, 9, 8)


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def plane(image: np.ndarray, axes: str, **at: int) -> np.ndarray:
    """Return a plane as `read` promises it: (y, x), (c, y, x) or (y, x, s); computed from the whole array."""
    index = tuple(at.get(axis.lower(), 0) if axis in "TZ" else slice(None) for axis in axes)
    left = [axis for axis in axes if axis not in "TZ"]
    order = [left.index(axis) for axis in ("CYX" if "C" in left else "YXS" if "S" in left else "YX")]
    part = image[index].transpose(order)
    rows, columns = BOX.slices
    return part[rows, columns] if "C" not in left else part[:, rows, columns]


NAMELESS = {"metadata": None, "photometric": "minisblack"}
RGB = {"metadata": None, "photometric": "rgb"}
SHAPED = {"photometric": "minisblack"}

TOLD = [
    # pixels, how they are written, what the user says, axes of the source
    pytest.param(pixels(5, Y, X), NAMELESS, "ZYX", "ZYX", id="pages as depth"),
    pytest.param(pixels(5, Y, X), NAMELESS, "CYX", "CYX", id="pages as channels"),
    pytest.param(pixels(5, Y, X), NAMELESS, "TYX", "TYX", id="pages as time"),
    pytest.param(pixels(5, Y, X), {**NAMELESS, "compression": "zlib"}, "CYX", "CYX", id="compressed pages"),
    pytest.param(pixels(5, Y, X), {**SHAPED, "compression": "zlib"}, "ZYX", "ZYX", id="pages of tifffile"),
    pytest.param(pixels(2, 3, Y, X), SHAPED, "TCYX", "TCYX", id="two axes"),
    pytest.param(pixels(2, 3, Y, X), SHAPED, "CZYX", "CZYX", id="two axes, channels outside"),
    pytest.param(pixels(2, 1, 3, Y, X), SHAPED, "TZYX", "TZYX", id="an axis of length 1 between them"),
    pytest.param(pixels(2, 3, 4, Y, X), SHAPED, "TZCYX", "TZCYX", id="three axes"),
    pytest.param(pixels(5, Y, X), {"imagej": True, "metadata": {"axes": "ZYX"}}, "TYX", "TYX", id="against the file"),
    pytest.param(pixels(4, Y, X, 3), RGB, "ZYXS", "ZYXS", id="stack of colours"),
    pytest.param(pixels(4, Y, X, 3), RGB, "ZYXC", "ZYXC", id="stack of channels that say they are colours"),
    pytest.param(pixels(Y, X, 3), RGB, "YXC", "YXC", id="channels that say they are colours"),
    pytest.param(
        pixels(Y, X, 3), {**NAMELESS, "planarconfig": "contig"}, "YXS", "YXS", id="colours that say they are channels"
    ),
    pytest.param(pixels(Y, X, 5), SHAPED, "YXC", "YXC", id="channels last, in no page"),
    pytest.param(pixels(Y, X, 5), SHAPED, "XYZ", "XYZ", id="columns first"),
    pytest.param(pixels(Y, 4, X), SHAPED, "YTX", "YTX", id="time between rows and columns"),
    pytest.param(pixels(Y, X, 3), SHAPED, "YXS", "YXS", id="colours last, in no page"),
    pytest.param(pixels(Y, X, 5), {**SHAPED, "byteorder": ">"}, "YXZ", "YXZ", id="depth last, big-endian"),
]  # fmt: skip


@pytest.mark.parametrize(("image", "how", "told", "axes"), TOLD)
def test_what_the_user_says(tmp_path, opened, image, how, told, axes):
    tifffile.imwrite(tmp_path / "a.tif", image, **how)
    source = opened(tmp_path / "a.tif", axes=told)
    image = image.reshape([n for n in image.shape if n > 1])
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, image.shape, np.uint8)
    assert source.info.plane_shape == (image.shape[axes.index("Y")], image.shape[axes.index("X")])
    for z in range(source.info.length("Z")):
        for t in range(source.info.length("T")):
            np.testing.assert_array_equal(source.read(BOX, z=z, t=t), plane(image, axes, z=z, t=t))
    if "C" in axes:
        for channel in range(source.info.length("C")):
            np.testing.assert_array_equal(source.read(BOX, channel=channel), plane(image, axes)[channel])


TOLD_BY_FILE = [
    pytest.param(pixels(Y, X, 5), {**SHAPED, "metadata": {"axes": "YXC"}}, "YXC", id="channels last"),
    pytest.param(pixels(Y, X, 5), {**SHAPED, "metadata": {"axes": "YXZ"}}, "YXZ", id="depth last"),
    pytest.param(pixels(5, Y, X), {**SHAPED, "metadata": {"axes": "CYX"}}, "CYX", id="channels first"),
    pytest.param(
        pixels(3, Y, X), {"photometric": "minisblack", "planarconfig": "separate", "metadata": None}, "CYX",
        id="samples in planes",
    ),
    pytest.param(pixels(3, Y, X), {"photometric": "rgb", "metadata": None}, "SYX", id="colours in planes"),
    pytest.param(
        pixels(32, 48, 64), {"volumetric": True, "tile": (16, 16, 16), "photometric": "minisblack"}, "ZYX",
        id="volume in a page",
    ),
    pytest.param(
        pixels(20, 40, 50), {"volumetric": True, "tile": (16, 16, 32), "compression": "zlib", "metadata": None}, "ZYX",
        id="volume in a page, compressed",
    ),
    pytest.param(
        pixels(20, 40, 50, 3),
        {"volumetric": True, "tile": (16, 16, 32), "photometric": "rgb", "compression": "zlib", "metadata": None},
        "ZYXS",
        id="volume in colour",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("image", "how", "axes"), TOLD_BY_FILE)
def test_what_the_file_says(tmp_path, opened, image, how, axes):
    tifffile.imwrite(tmp_path / "a.tif", image, **how)
    source = opened(tmp_path / "a.tif")
    assert (source.info.axes, source.info.shape) == (axes, image.shape)
    for z in range(source.info.length("Z")):
        np.testing.assert_array_equal(source.read(BOX, z=z), plane(image, axes, z=z))


ASKED = [
    pytest.param((5, Y, X), NAMELESS, "ZYX, CYX or TYX", id="pages"),
    pytest.param((5, Y, X), SHAPED, "ZYX, CYX or TYX", id="pages of tifffile"),
    pytest.param((2, 3, Y, X), SHAPED, "TZYX, ZCYX or TCYX", id="two axes"),
    pytest.param((2, 3, 4, Y, X), SHAPED, "TZCYX", id="three axes"),
    pytest.param((4, Y, X, 3), RGB, "ZYXS or TYXS", id="pages in colour"),
]


@pytest.mark.parametrize(("shape", "how", "may"), ASKED)
def test_what_nobody_says_is_asked_and_each_answer_is_taken(tmp_path, opened, shape, how, may):
    tifffile.imwrite(tmp_path / "a.tif", pixels(*shape), **how)
    text = rf"a\.tif: shape {re.escape(str(shape))}: the file does not tell .* such as {may} \(media\.axes"
    with pytest.raises(SourceError, match=text):
        open_source(tmp_path / "a.tif")
    for axes in re.findall(r"[A-Z]{3,}", may):
        assert opened(tmp_path / "a.tif", axes=axes).info.axes == axes


def test_axes_of_another_number_leave_the_file_its_word(tmp_path, opened):
    """A folder holds stacks and plain images: what is said of the ones does not concern the others."""
    image = pixels(Y, X)
    tifffile.imwrite(tmp_path / "a.tif", image)
    source = opened(tmp_path / "a.tif", axes="ZYX")
    assert source.info.axes == "YX"
    np.testing.assert_array_equal(source.read(BOX), image[BOX.slices])


@pytest.mark.parametrize(
    ("shape", "how", "axes", "complaint"),
    [
        pytest.param((2, 2, 3, 2, Y, X), SHAPED, None, "more axes than time", id="four axes"),
        pytest.param((Y, X, 5), {**SHAPED, "compression": "zlib"}, "YXZ", "its axes are YXZ", id="compressed, unusual"),
        pytest.param((Y, X, 5), SHAPED, "YXS", "its axis S is 5 long, colours are 3 or 4", id="five colours"),
        pytest.param(
            (Y, X, 5), {**NAMELESS, "planarconfig": "contig"}, "YXS", "S is 5 long", id="five samples as colours"
        ),
    ],
)
def test_what_cannot_be(tmp_path, shape, how, axes, complaint):
    tifffile.imwrite(tmp_path / "a.tif", pixels(*shape), **how)
    with pytest.raises(SourceError, match=rf"^a\.tif: .*{complaint}"):
        open_source(tmp_path / "a.tif", Opening(axes=axes))


def test_an_unusual_order_keeps_its_pixel_size(tmp_path, opened):
    how = {"resolution": (40000, 20000), "resolutionunit": "CENTIMETER", "metadata": {"axes": "YXC"}}
    tifffile.imwrite(tmp_path / "a.tif", pixels(Y, X, 5), photometric="minisblack", **how)
    info = opened(tmp_path / "a.tif").info
    assert (info.pixel_size.y_um, info.pixel_size.x_um, info.pixel_size_from) == (0.5, 0.25, "resolution tags")
