"""What is told of a TIFF image beside its pixels: what is left out, not converted, not turned."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.geometry.box import Box

HEIGHT, WIDTH = 32, 43
STORED = "the values are tiled as they are stored"


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, *shape), np.uint8)


RAMP = np.broadcast_to(np.arange(256, dtype=np.uint16) * 257, (3, 256))
COLOURS = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)

NOTED = [
    # pixels, how they are written, axes, notes
    pytest.param(noise(), {}, "YX", (), id="grey"),
    pytest.param(
        noise(), {"photometric": "miniswhite"}, "YX", (f"0 is white in it (WhiteIsZero): {STORED}",), id="white is zero"
    ),
    pytest.param(
        noise() > 99, {"photometric": "miniswhite"}, "YX", (f"0 is white in it (WhiteIsZero): {STORED}",), id="one bit"
    ),
    pytest.param(
        noise(), {"photometric": "palette", "colormap": COLOURS}, "YX", (f"its colour table is left out: {STORED}",),
        id="colour table",
    ),
    pytest.param(noise(), {"photometric": "palette", "colormap": RAMP}, "YX", (), id="grey table"),
    pytest.param(
        noise(), {"photometric": "palette", "colormap": COLOURS, "description": "ImageJ=1.54f\nunit=micron\n"},
        "YX", (), id="colour table of ImageJ, which is for the eye",
    ),
    pytest.param(noise(3), {"photometric": "rgb"}, "YXS", (), id="RGB"),
    pytest.param(
        noise(4), {"photometric": "rgb", "extrasamples": ["unassalpha"]}, "YXS", ("its alpha channel is left out",),
        id="RGB and alpha",
    ),
    pytest.param(
        noise(2), {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unassalpha"]}, "YXC",
        ("its last channel is an alpha channel",), id="grey and alpha",
    ),
    pytest.param(noise(2), {"photometric": "minisblack", "planarconfig": "contig"}, "YXC", (), id="two channels"),
    pytest.param(
        noise(4), {"photometric": "separated"}, "YXC",
        (f"its channels are inks (CMYK), not red, green and blue: {STORED}",), id="inks",
    ),
    pytest.param(
        noise(3), {"photometric": "ycbcr"}, "YXC",
        (f"its channels are luminance and colour differences (YCbCr), not red, green and blue: {STORED}",),
        id="YCbCr as it is",
    ),
    pytest.param(
        noise(3), {"photometric": "cielab"}, "YXC",
        (f"its channels are CIE L*a*b*, not red, green and blue: {STORED}",), id="Lab",
    ),
    *(
        pytest.param(
            noise(), {"extratags": [(274, 3, 1, number, True)]}, "YX",
            (f"it wants to be shown {how} (Orientation {number}): it is tiled as it is stored",),
            id=f"orientation {number}",
        )
        for number, how in ((3, "turned by 180°"), (6, "turned by 90° to the right"), (8, "turned by 90° to the left"))
    ),
]  # fmt: skip


@pytest.mark.parametrize(("image", "how", "axes", "notes"), NOTED)
def test_notes(tmp_path, opened, image, how, axes, notes):
    tifffile.imwrite(tmp_path / "a.tif", image, **{"metadata": None, **how})
    source = opened(tmp_path / "a.tif")
    assert (source.info.axes, source.info.notes) == (axes, notes)
    found = source.read(Box(0, 0, HEIGHT, WIDTH))
    expected = np.moveaxis(image, -1, 0) if "C" in axes else image[..., :3] if "S" in axes else image
    np.testing.assert_array_equal(found, expected)  # as stored, whatever the tags say of showing it


@pytest.mark.parametrize("orientation", [0, 1, 99])
def test_upright_images_and_nonsense_are_no_note(tmp_path, opened, orientation):
    tifffile.imwrite(tmp_path / "a.tif", noise(), metadata=None, extratags=[(274, 3, 1, orientation, True)])
    assert opened(tmp_path / "a.tif").info.notes == ()


@pytest.mark.parametrize(("count", "names"), [(2, " (0 main, 1 overview)"), (13, "")])
def test_images_are_named_where_they_have_names(tmp_path, opened, count, names):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for k in range(count):
            image = noise()[: 10 + k]
            file.write(image, contiguous=False, metadata={"name": ["main", "overview"][k % 2]})
    said = f"it holds {count} images{names}, of which one is taken (media.series)"
    for number in (0, 1):
        source = opened(tmp_path / "a.tif", series=number)
        assert source.info.notes == (said,)
        assert source.info.plane_shape == (10 + number, WIDTH)


def test_a_stack_of_channels_keeps_its_word_on_alpha(tmp_path, opened):
    """Five samples of which the last is alpha are five channels."""
    how = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": [0, 0, 0, 2]}
    tifffile.imwrite(tmp_path / "a.tif", noise(5), metadata=None, **how)
    assert opened(tmp_path / "a.tif").info.notes == ("its last channel is an alpha channel",)
