"""Archives of numpy arrays: which one is meant, stored or compressed; bombs and damage in one sentence."""

import io
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source
from source_problems import problem


def numbers(*shape, dtype="uint16"):
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def header(dtype: str, shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", ["u1", ">u2", "f4", "?"])
def test_one_array(tmp_path, save, order, dtype):
    pixels = np.asarray(numbers(40, 50), dtype, order=order)
    save(tmp_path / "a.npz", pixels)
    source = open_source(tmp_path / "a.npz")
    assert (source.info.axes, source.info.shape) == ("YX", (40, 50))
    assert source.info.dtype == np.dtype(dtype).newbyteorder("=")
    # What is stored plain is mapped; what is compressed takes the memory of the whole.
    assert source.info.whole_bytes == (0 if save is np.savez else pixels.nbytes)
    assert np.array_equal(source.read(Box(3, 5, 30, 40)), pixels[3:33, 5:45])
    source.close()
    assert np.array_equal(source.read(Box(0, 0, 2, 2)), pixels[:2, :2])


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_zip(tmp_path, method):
    pixels = numbers(40, 50)
    out = io.BytesIO()
    np.save(out, pixels)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr("image.npy", out.getvalue())
        archive.writestr("read me.txt", "no array")
    assert np.array_equal(open_source(tmp_path / "a.npz").read(Box(0, 0, 40, 50)), pixels)


@pytest.fixture(params=[np.savez, np.savez_compressed])
def several(tmp_path, request):
    path = tmp_path / "several.npz"
    arrays = {"raw": numbers(20, 30), "labels": numbers(20, 30) + 1, "points": np.zeros((99, 2)), "names": ["a", "b"]}
    request.param(path, **arrays, field=np.zeros((20, 30), complex), objects=np.array([None, "x"]))
    return path


@pytest.mark.parametrize(("dataset", "more"), [("raw", 0), ("/labels", 1), ("labels.npy", 1)])
def test_an_array_that_is_named(several, dataset, more):
    source = open_source(several, Opening(dataset=dataset))
    assert np.array_equal(source.read(Box(2, 3, 4, 5)), numbers(20, 30)[2:6, 3:8] + more)


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (None, "holds 2 images: raw (20, 30) uint16, labels (20, 30) uint16: choose one, such as several.npz#raw"),
        ("nowhere", "has no nowhere (media.dataset): it holds raw (20, 30) uint16"),
        ("field", "complex128"),
        ("names", "no numbers"),
        ("objects", "never loaded"),
    ],
)
def test_what_cannot_be_opened_is_told(several, dataset, said):
    assert said in problem(several, Opening(dataset=dataset))


def test_axes_that_are_not_told_are_a_question(tmp_path):
    np.savez(tmp_path / "a.npz", numbers(5, 20, 30))
    assert "--axes" in problem(tmp_path / "a.npz")
    source = open_source(tmp_path / "a.npz", Opening(axes="ZYX"))
    assert np.array_equal(source.read(Box(0, 0, 20, 30), z=3), numbers(5, 20, 30)[3])


def test_an_array_of_pickled_objects(tmp_path):
    np.savez(tmp_path / "a.npz", np.array([[None, "x"]]))
    assert "never loaded" in problem(tmp_path / "a.npz")


def test_many_threads_read_at_once(tmp_path):
    pixels = numbers(256, 256)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", pixels)
        source = open_source(tmp_path / "a.npz")
        boxes = [Box(y, x, 40, 40) for y in range(0, 200, 20) for x in range(0, 200, 20)]
        with ThreadPoolExecutor(8) as pool:
            for box, part in zip(boxes, pool.map(source.read, boxes), strict=True):
                assert np.array_equal(part, pixels[box.slices])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_header_that_claims_more_than_there_is(tmp_path, method):
    for shape in ((10**6, 10**6), (10**12, 10**12)):
        with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
            archive.writestr("image.npy", header("|u1", shape) + bytes(5000))
        problem(tmp_path / "a.npz")


def test_a_directory_that_claims_more_than_there_is(tmp_path):
    """Sizes in the archive's own directory are claims, too."""
    start = header("|u1", (30_000, 30_000))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("image.npy", start + bytes(5000))
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    at = whole.rindex(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", len(start) + 900_000_000)
    (tmp_path / "a.npz").write_bytes(whole)
    assert "damaged" in problem(tmp_path / "a.npz")


def test_an_archive_that_is_encrypted(tmp_path):
    np.savez(tmp_path / "a.npz", numbers(20, 30))
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    whole[6] |= 1
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(whole)
    assert "password" in problem(tmp_path / "a.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damage(tmp_path, save):
    save(tmp_path / "a.npz", numbers(40, 50))
    whole = (tmp_path / "a.npz").read_bytes()
    for length in (1, 20, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "short.npz").write_bytes(whole[:length])
        problem(tmp_path / "short.npz")
    (tmp_path / "text.npz").write_text("no archive " * 50)
    assert "no npz archive" in problem(tmp_path / "text.npz")
    with zipfile.ZipFile(tmp_path / "void.npz", "w") as archive:
        archive.writestr("a.txt", "text")
    assert "holds no image" in problem(tmp_path / "void.npz")


@given(st.data())
def test_damaged_bytes(tmp_path, data):
    """Read, or a source error, nothing else."""
    for save in (np.savez, np.savez_compressed):
        good = tmp_path / f"{save.__name__}.npz"
        if not good.exists():
            save(good, numbers(20, 30))
        damaged = bytearray(good.read_bytes())
        for _ in range(data.draw(st.integers(1, 5))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        (tmp_path / "bad.npz").write_bytes(damaged)
        try:
            source = open_source(tmp_path / "bad.npz")
            source.read(Box(0, 0, 1, 1))
        except SourceError as error:
            told = str(error)
        else:
            told = "bad.npz"
        assert "bad.npz" in told
