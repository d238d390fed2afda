"""Images written band by band: whole or not there, in every format the same pixels."""

import re
import subprocess
import sys
from contextlib import closing

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS, ImageForm, written
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.registry import open_source

SIZE = PixelSize(0.5, 0.25)


def write(folder, file_format, image, lengths=(), is_rgb=False, **more):
    """Write an image of axes (…, y, x[, c]) in bands of 100 rows; return the file."""
    plane = image.shape[len(lengths) :]
    channels = plane[2] if len(plane) == 3 and not is_rgb else 0
    form = ImageForm(plane[:2], image.dtype, lengths, channels, is_rgb, SIZE, **more)
    path = folder / f"a{ENDINGS[file_format]}"
    with written(path, file_format, form, workers=2) as output:
        for at in np.ndindex(*(length for _, length in lengths)):
            *_, rows = output.plane((image[at][y : y + 100] for y in range(0, plane[0], 100)), at)
            assert rows == plane[0]
    assert [each.name for each in folder.iterdir()] == [path.name]
    return path


def pixels(dtype, *shape):
    values = np.random.default_rng(0).integers(0, 2**16, shape)
    return (values / 7).astype(dtype) if np.dtype(dtype).kind == "f" else values.astype(dtype)


FORMS = {
    "a plane": ((), (700, 901), False),
    "channels": ((), (600, 520, 3), False),
    "colours": ((), (600, 520, 3), True),
    "a stack of channels": ((("T", 2), ("Z", 3)), (2, 3, 150, 170, 2), False),
    "a stack of colours": ((("Z", 2),), (2, 150, 170, 3), True),
}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("file_format", ["tif", "zarr", "h5"])
def test_everything_comes_back(tmp_path, file_format, form, dtype):
    lengths, shape, is_rgb = FORMS[form]
    image = pixels(dtype, *shape)
    path = write(tmp_path, file_format, image, lengths, is_rgb)
    with closing(open_source(path)) as source:
        info = source.info
        assert info.pixel_size == SIZE
        assert {axis: info.length(axis) for axis, _ in lengths} == dict(lengths)
        assert info.is_rgb == (is_rgb and file_format != "zarr")
        for at in np.ndindex(*(length for _, length in lengths)):
            where = {axis.lower(): place for (axis, _), place in zip(lengths, at, strict=True)}
            plane = source.read(Box(0, 0, *info.plane_shape), **where)
            plane = np.moveaxis(plane, 0, -1) if info.has_channels else plane
            np.testing.assert_array_equal(plane, image[at])


def test_other_programs_read_the_same(tmp_path):
    image = pixels("uint16", 2, 600, 700)
    for name, read in {
        "tif": tifffile.imread,
        "zarr": lambda path: zarr.open_group(path, mode="r")["0"][:],
        "h5": lambda path: h5py.File(path)["data"][:],
    }.items():
        (tmp_path / name).mkdir()
        np.testing.assert_array_equal(read(write(tmp_path / name, name, image, (("Z", 2),))), image)
    with h5py.File(tmp_path / "h5" / "a.h5") as file:
        assert file["data"].chunks == (1, 512, 512)
        assert file["data"].compression == "gzip"
        np.testing.assert_array_equal(file["data"].attrs["element_size_um"], [1, 0.5, 0.25])


@pytest.mark.parametrize(("dtype", "shape"), [("uint8", ()), ("uint16", ()), ("uint8", (3,)), ("uint16", (3,))])
def test_a_png_is_what_every_viewer_reads(tmp_path, dtype, shape):
    image = pixels(dtype, 430, 517, *shape)
    path = write(tmp_path, "png", image, is_rgb=bool(shape))
    with Image.open(path) as picture:
        picture.load()
        assert picture.size == (517, 430)
        assert picture.info["dpi"] == pytest.approx((25.4 / 0.25e-3, 25.4 / 0.5e-3), rel=1e-4)
        if not (shape and dtype == "uint16"):  # Pillow shows 8 bits of those
            np.testing.assert_array_equal(np.asarray(picture), image)
    with closing(open_source(path)) as source:
        np.testing.assert_array_equal(source.read(Box(0, 0, 430, 517)), image)


def test_levels_of_labels_hold_no_new_ids(tmp_path):
    ids = np.random.default_rng(0).integers(0, 9, (12, 14)).astype(np.uint16) * 7
    image = np.kron(ids, np.ones((150, 150), np.uint16))[1:1651, 1:1951]
    for nearest, name in ((True, "labels"), (False, "values")):
        (tmp_path / name).mkdir()
        with tifffile.TiffFile(write(tmp_path / name, "tif", image, nearest=nearest)) as file:
            levels = [level.asarray() for level in file.series[0].levels]
        assert [level.shape for level in levels] == [(1650, 1950), (825, 975)]
        assert np.isin(levels[1], image).all() == nearest


@pytest.mark.parametrize(
    ("file_format", "form", "words"),
    [
        ("png", ImageForm((9, 9), np.dtype("float32")), "PNG holds no float32 pixels, only uint8 and uint16"),
        ("png", ImageForm((9, 9), np.dtype("uint8"), (("Z", 4),)), "not 4 planes: use --format tif, zarr or h5"),
        ("png", ImageForm((9, 9), np.dtype("uint8"), (), 2), "not 2 channels"),
        ("tif", ImageForm((9, 9), np.dtype("uint64")), "OME-TIFF holds no uint64 pixels: use --format zarr or h5"),
    ],
)
def test_a_format_that_cannot_hold_an_image_names_those_that_can(tmp_path, file_format, form, words):
    path = tmp_path / "new" / f"a.{file_format}"
    with pytest.raises(ExportError, match=re.escape(words)), written(path, file_format, form):
        raise AssertionError("it was opened")
    assert not path.parent.exists()


def interrupted(path, file_format, image, then):
    """Begin an image, and do something before it is whole."""
    with written(path, file_format, ImageForm(image.shape, image.dtype)) as output:
        list(output.plane([image]))
        then()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("file_format", ENDINGS)
def test_what_fails_or_is_stopped_leaves_nothing_behind(tmp_path, file_format, error):
    def stop():
        assert len(list(tmp_path.iterdir())) == 1
        raise error

    with pytest.raises(error):
        interrupted(tmp_path / f"a{ENDINGS[file_format]}", file_format, pixels("uint8", 600, 700), stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file_format", ENDINGS)
def test_what_has_come_to_be_there_meanwhile_is_kept(tmp_path, file_format):
    path = tmp_path / f"a{ENDINGS[file_format]}"
    with pytest.raises(ExportError, match="never overwritten"):
        interrupted(path, file_format, pixels("uint8", 60, 70), lambda: path.write_text("mine"))
    assert path.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


FULL = """
import resource, sys
import numpy as np
from pathlib import Path
from napari_tiles_creator.engine.back.outputs.image_output import ENDINGS, ImageForm, written
from napari_tiles_creator.errors import ExportError
noise = np.random.default_rng(0).integers(0, 2**16, (500, 1500), np.uint16)
import h5py, zarr, tifffile, imagecodecs
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
for name, ending in ENDINGS.items():
    try:
        with written(Path(sys.argv[1]) / f"a{ending}", name, ImageForm((1500, 1500), noise.dtype)) as output:
            for _ in output.plane([noise] * 3):
                pass
    except ExportError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, check=True)
    assert not done.stderr
    told = done.stdout.splitlines()
    assert [line.split(": ")[0] for line in told] == [
        f"cannot write {tmp_path / f'a{end}'}" for end in ENDINGS.values()
    ]
    assert not list(tmp_path.iterdir())
