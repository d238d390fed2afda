"""Opening any file: by extension, one sentence with the file's name whatever is wrong, never another exception."""

import functools
import io
import logging
import os
import re
from pathlib import Path

import h5py
import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import EXTENSIONS, open_source
from source_problems import assert_one_line, problem

IMAGE = np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)


def by_pillow(kind: str):
    return lambda out: Image.fromarray(IMAGE).save(out, kind)


def by_h5py(out) -> None:
    with h5py.File(out, "w") as file:
        file["image"] = IMAGE


# How other programs write a good file of each kind.
WRITE = {
    "tiff": lambda out: tifffile.imwrite(out, IMAGE),
    "png": by_pillow("png"),
    "jpeg": by_pillow("jpeg"),
    "jpeg2000": lambda out: out.write(imagecodecs.jpeg2k_encode(IMAGE, level=0, reversible=True)),
    "webp": by_pillow("webp"),
    "bmp": by_pillow("bmp"),
    "hdf5": by_h5py,
    "npy": lambda out: np.save(out, IMAGE),
    "npz": lambda out: np.savez(out, IMAGE),
}
KIND_OF = {
    **dict.fromkeys((".tif", ".tiff", ".btf", ".tf8", ".lsm", ".svs", ".ndpi", ".scn"), "tiff"),
    ".png": "png",
    **dict.fromkeys((".jpg", ".jpeg"), "jpeg"),
    **dict.fromkeys((".jp2", ".jpx", ".j2k", ".j2c"), "jpeg2000"),
    ".webp": "webp",
    ".bmp": "bmp",
    **dict.fromkeys((".h5", ".hdf5"), "hdf5"),
    ".npy": "npy",
    ".npz": "npz",
}
# Folders, our own format, and what needs an extra: each has these tests in its own file.
ELSEWHERE = {".zarr", ".rle", ".czi", ".lif", ".nd2"}


@functools.cache
def encoded(kind: str) -> bytes:
    """Return a good file of this kind."""
    out = io.BytesIO()
    WRITE[kind](out)
    return out.getvalue()


def test_every_extension_is_tested_here_or_elsewhere():
    assert set(KIND_OF) | ELSEWHERE == set(EXTENSIONS)


def test_every_extension_stands_in_the_reference():
    page = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
    named = re.findall(r"`(\.\w+)`", page.read_text(encoding="utf-8").partition("\n## ")[0])
    named = [name for name in named if name in EXTENSIONS]
    assert set(named) == set(EXTENSIONS)


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """What tifffile logs about damage is its own affair; our sentence is what counts."""
    with caplog.at_level(logging.CRITICAL, "tifffile"):
        yield


# Offsets in NDPI have 64 bits though its header says 32: nothing but the scanner writes that.
@pytest.mark.parametrize("extension", [extension for extension in KIND_OF if extension != ".ndpi"])
def test_a_good_file_is_read_whatever_the_case_of_its_extension(tmp_path, extension):
    path = tmp_path / f"a{extension.upper()}"
    path.write_bytes(encoded(KIND_OF[extension]))
    source = open_source(path)
    expected = ("YXS", (40, 50, 3)) if extension == ".webp" else ("YX", (40, 50))  # WebP knows no grey
    assert (source.info.axes, source.info.shape, source.info.dtype) == (*expected, np.uint8)
    assert source.read(Box(3, 5, 7, 11)).shape == (7, 11, *expected[1][2:])
    source.close()


@pytest.mark.parametrize("extension", KIND_OF)
def test_truncated_files(tmp_path, extension):
    whole = encoded(KIND_OF[extension])
    for length in (1, 4, 8, 20, 33, 60, len(whole) // 2, len(whole) - 20):
        path = tmp_path / f"short{extension}"
        path.write_bytes(whole[:length])
        problem(path)


@pytest.mark.parametrize("extension", KIND_OF)
def test_empty_files(tmp_path, extension):
    (tmp_path / f"void{extension}").touch()
    assert problem(tmp_path / f"void{extension}") == f"void{extension} cannot be read: the file is empty"


@pytest.mark.parametrize(
    ("real", "extension"),
    [(real, extension) for real in (*WRITE, "text") for extension in KIND_OF if KIND_OF[extension] != real],
)
def test_renamed_files(tmp_path, extension, real):
    path = tmp_path / f"disguised{extension}"
    path.write_bytes(b"well, 12 tiles, please\n" * 20 if real == "text" else encoded(real))
    problem(path)


def read_or_refused(path) -> None:
    """Open a file of any bytes and read some of it: pixels, or a source error of one line, nothing else."""
    try:
        source = open_source(path)
    except SourceError as error:
        assert_one_line(str(error), path)
        return
    try:
        height, width = source.info.plane_shape
        source.read(Box(0, 0, min(height, 100), min(width, 100)))
    except SourceError as error:
        assert_one_line(str(error), path)
    finally:
        source.close()


@pytest.mark.parametrize("extension", KIND_OF)
@given(noise=st.binary(min_size=1, max_size=400), genuine=st.integers(0, 400))
def test_random_bytes(tmp_path, extension, noise, genuine):
    """Bytes that begin like the format and go on with anything: read, or a source error, nothing else."""
    path = tmp_path / f"noise{extension}"
    path.write_bytes(encoded(KIND_OF[extension])[:genuine] + noise)
    read_or_refused(path)


@pytest.mark.parametrize("kind", WRITE)
@given(changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=6))
def test_good_files_with_some_bytes_changed(tmp_path, kind, changes):
    """Damage in the middle: pixels, or a source error, nothing else."""
    content = bytearray(encoded(kind))
    for at, value in changes:
        content[at % len(content)] = value
    extension = next(extension for extension, its_kind in KIND_OF.items() if its_kind == kind)
    path = tmp_path / f"damaged{extension}"
    path.write_bytes(content)
    read_or_refused(path)


@pytest.mark.parametrize("name", ["notes.txt", "stack.oir", "bare"])
def test_unknown_extensions_say_which_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    message = problem(tmp_path / name)
    assert message.startswith(name)
    assert message.endswith(f"these are: {', '.join(EXTENSIONS)}")
    assert ".png, .jpg, .jpeg" in message


def test_a_missing_file(tmp_path):
    assert problem(tmp_path / "gone.png") == "gone.png: the file is not there any more"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_might_never_end_is_not_opened(tmp_path, extension):
    os.mkfifo(tmp_path / f"pipe{extension}")
    (tmp_path / f"device{extension}").symlink_to("/dev/zero")
    for name in ("pipe", "device"):
        told = problem(tmp_path / f"{name}{extension}")
        assert told == f"{name}{extension} cannot be read: it is a pipe or a device, not a file"


def test_a_folder_with_the_name_of_an_image(tmp_path):
    (tmp_path / "folder.tif").mkdir()
    problem(tmp_path / "folder.tif")


def test_a_reason_names_no_folder(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(200)))
    (tmp_path / "folder.tif").mkdir()
    for name in ("broken.png", "folder.tif"):
        with pytest.raises(SourceError) as caught:
            open_source(tmp_path / name)
        assert name in str(caught.value)
        assert str(tmp_path) not in str(caught.value)
