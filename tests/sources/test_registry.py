"""Opening any file: by extension, one sentence with the file's name whatever is wrong, never another exception."""

import io
import logging

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import EXTENSIONS, open_source


def encoded(extension: str) -> bytes:
    """Return a good file of this kind, written by another program."""
    out = io.BytesIO()
    image = np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)
    if extension.startswith(".tif"):
        tifffile.imwrite(out, image)
    else:
        Image.fromarray(image).save(out, {".jpg": "jpeg"}.get(extension, extension[1:]))
    return out.getvalue()


def problem(path) -> str:
    """Open and read a bad file; return what is said about it."""
    with pytest.raises(SourceError) as caught:
        read_all(path)
    return str(caught.value)


def read_all(path) -> None:
    source = open_source(path)
    try:
        source.read(Box(0, 0, *source.info.plane_shape))
    finally:
        source.close()


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """What tifffile logs about damage is its own affair; our sentence is what counts."""
    with caplog.at_level(logging.CRITICAL, "tifffile"):
        yield


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_good_file_is_read_whatever_the_case_of_its_extension(tmp_path, extension):
    path = tmp_path / f"a{extension.upper()}"
    path.write_bytes(encoded(extension))
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == ("YX", (40, 50), np.uint8)
    source.close()


def assert_one_sentence(message: str, name: str) -> None:
    assert name in message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_truncated_files(tmp_path, extension):
    whole = encoded(extension)
    for length in (1, 4, 8, 20, 33, 60, len(whole) // 2, len(whole) - 20):
        path = tmp_path / f"short{extension}"
        path.write_bytes(whole[:length])
        assert_one_sentence(problem(path), path.name)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_empty_files(tmp_path, extension):
    (tmp_path / f"void{extension}").touch()
    assert problem(tmp_path / f"void{extension}") == f"void{extension} cannot be read: the file is empty"


@pytest.mark.parametrize(
    ("real", "extension"),
    [
        (real, extension)
        for real in (".tif", ".png", ".jpg", ".bmp", "text")
        for extension in EXTENSIONS
        if real[:3] != extension[:3]
    ],
)
def test_renamed_files(tmp_path, extension, real):
    path = tmp_path / f"disguised{extension}"
    path.write_bytes(b"well, 12 tiles, please\n" * 20 if real == "text" else encoded(real))
    assert_one_sentence(problem(path), path.name)


@pytest.mark.parametrize("extension", EXTENSIONS)
@given(noise=st.binary(min_size=1, max_size=400), genuine=st.integers(0, 60))
def test_random_bytes(tmp_path, extension, noise, genuine):
    """Bytes that begin like the format and go on with anything: read, or a source error, nothing else."""
    path = tmp_path / f"noise{extension}"
    path.write_bytes(encoded(extension)[:genuine] + noise)
    try:
        source = open_source(path)
    except SourceError as error:
        assert_one_sentence(str(error), path.name)
        return
    try:
        height, width = source.info.plane_shape
        source.read(Box(0, 0, min(height, 100), min(width, 100)))
    except SourceError as error:
        assert_one_sentence(str(error), path.name)
    finally:
        source.close()


@pytest.mark.parametrize("name", ["notes.txt", "stack.czi", "bare"])
def test_unknown_extensions_say_which_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    message = problem(tmp_path / name)
    assert message.startswith(name)
    assert message.endswith("these are: .tif, .tiff, .png, .jpg, .jpeg, .bmp")


def test_a_missing_file(tmp_path):
    assert problem(tmp_path / "gone.png") == "gone.png: the file is not there any more"


def test_a_folder_with_the_name_of_an_image(tmp_path):
    (tmp_path / "folder.tif").mkdir()
    assert_one_sentence(problem(tmp_path / "folder.tif"), "folder.tif")


def test_a_reason_names_no_folder(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(200)))
    (tmp_path / "folder.tif").mkdir()
    for name in ("broken.png", "folder.tif"):
        with pytest.raises(SourceError) as caught:
            open_source(tmp_path / name)
        assert name in str(caught.value)
        assert str(tmp_path) not in str(caught.value)
