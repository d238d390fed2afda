"""numpy's own files: mapped, in either order, never unpickled; what is wrong with them in one sentence."""

import io
import struct
import sys
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
from strategies import boxes_in


def numbers(*shape, dtype="uint16"):
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def written(path, pixels):
    np.save(path, pixels)
    return path


def header(text: str, version=(1, 0)) -> bytes:
    body = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(body)) + body


@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", ">i4", "<u8", "f2", ">f4", "f8", "?"])
@pytest.mark.parametrize("order", "CF")
def test_types_and_orders(tmp_path, dtype, order):
    pixels = np.asarray(numbers(40, 50), dtype, order=order)
    source = open_source(written(tmp_path / "a.npy", pixels))
    assert (source.info.axes, source.info.shape) == ("YX", (40, 50))
    assert source.info.dtype == np.dtype(dtype).newbyteorder("=")
    read = source.read(Box(3, 5, 30, 40))
    assert read.dtype.isnative
    assert np.array_equal(read, pixels[3:33, 5:45])
    assert source.uniform_value(Box(0, 0, 1, 1)) is None
    source.close()


@given(data=st.data())
def test_any_axes_and_box(tmp_path, data):
    axes = "".join(data.draw(st.permutations(data.draw(st.sampled_from(["YX", "ZYX", "CYX", "TZCYX", "YXS"])))))
    shape = tuple(3 if axis == "S" else data.draw(st.integers(1, 9)) for axis in axes)
    pixels = np.asarray(numbers(*shape), order=data.draw(st.sampled_from("CF")))
    source = open_source(written(tmp_path / "a.npy", pixels), Opening(axes=axes))
    size = dict(zip(axes, shape, strict=True))
    box = data.draw(boxes_in(size["Y"], size["X"]))
    at = {axis: data.draw(st.integers(0, size.get(axis, 1) - 1)) for axis in "TZ"}
    read = source.read(box, z=at["Z"], t=at["T"])
    rest = [axis for axis in "CYXS" if axis in axes]
    expected = np.einsum(pixels, list(range(len(axes))), [axes.index(axis) for axis in [*"TZ", *rest] if axis in axes])
    for axis in "TZ":
        if axis in axes:
            expected = expected[at[axis]]
    assert np.array_equal(read, expected[(slice(None),) * (rest[0] == "C") + box.slices])


def test_formats_of_the_header(tmp_path):
    pixels = numbers(20, 30)
    for version in ((1, 0), (2, 0)):
        with (tmp_path / "a.npy").open("wb") as file:
            np.lib.format.write_array(file, pixels, version)
        assert np.array_equal(open_source(tmp_path / "a.npy").read(Box(0, 0, 20, 30)), pixels)


def test_a_large_file_is_read_by_rectangle(tmp_path):
    """Ten gigabytes, of which the disk holds what was written alone; in either order."""
    for fortran in (False, True):
        path = tmp_path / f"large{fortran}.npy"
        start = header(f"{{'descr': '|u1', 'fortran_order': {fortran}, 'shape': (100000, 100000), }}")
        y, x = 70_001, 99_990
        with path.open("wb") as file:
            file.write(start)
            file.truncate(len(start) + 10**10)
            file.seek(len(start) + (x * 100_000 + y if fortran else y * 100_000 + x))
            file.write(b"\x07")
        source = open_source(path)
        read = source.read(Box(70_000, 99_000, 3, 1000))
        assert read[1, 990] == 7
        assert read.sum() == 7
        rows = source.read(Box(70_000, 0, 3, 100_000))
        assert rows[1, x] == 7
        assert rows.sum() == 7


@pytest.mark.skipif(sys.platform != "linux", reason="reads how much memory is in use from /proc")
@pytest.mark.parametrize("order", "CF")
def test_what_was_mapped_is_let_go(tmp_path, order):
    path = tmp_path / "a.npy"
    mapped = np.lib.format.open_memmap(path, "w+", "u1", (20_000, 10_000), order == "F")
    mapped[:] = 1
    del mapped
    source = open_source(path)
    before = resident()
    for y in range(0, 20_000, 500):
        assert source.read(Box(y, 0, 500, 10_000)).min() == 1
        assert resident() - before < 100e6
    source.close()


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_many_threads_read_at_once(tmp_path):
    pixels = numbers(256, 256)
    source = open_source(written(tmp_path / "a.npy", pixels))
    boxes = [Box(y, x, 40, 40) for y in range(0, 200, 20) for x in range(0, 200, 20)]
    with ThreadPoolExecutor(8) as pool:
        for box, part in zip(boxes, pool.map(source.read, boxes), strict=True):
            assert np.array_equal(part, pixels[box.slices])


class Trap:
    """Does harm when it is unpickled."""

    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (numbers(5, 20, 30), "--axes"),
        (numbers(30), "at least 2 axes"),
        (np.zeros((0, 30)), "no pixels"),
        (np.zeros((20, 30), complex), "complex128"),
        (np.zeros((20, 30), [("a", "u1"), ("b", "f4")]), "records of a, b"),
        (np.zeros((20, 30), "U4"), "no numbers"),
        (np.zeros((20, 30), "datetime64[s]"), "no numbers"),
        (np.array([[Trap(), None]]), "never loaded"),
    ],
)
def test_what_is_no_image(tmp_path, array, said):
    assert said in problem(written(tmp_path / "a.npy", array))


@pytest.mark.parametrize(
    "start",
    [
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000), }"),
        header("{'descr': '<f8', 'fortran_order': True, 'shape': (99999999999999999999, 1000000), }"),
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (-4, 5), }"),
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 5.5), }"),
        header("{'descr': '|u1', 'shape': (4, 5), }"),
        header("{'descr': 'nonsense', 'fortran_order': False, 'shape': (4, 5), }"),
        header("__import__('os').abort()"),
        header("(" * 5000),
        header("{}", (7, 3)),
        header("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 5), }", (3, 0)),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    ],
)
def test_headers_that_cannot_be_true(tmp_path, start):
    (tmp_path / "a.npy").write_bytes(start + bytes(10))
    problem(tmp_path / "a.npy")


def test_truncated_files(tmp_path):
    whole = written(tmp_path / "a.npy", numbers(40, 50)).read_bytes()
    for length in (1, 6, 8, 10, 60, 128, len(whole) - 1):
        (tmp_path / "short.npy").write_bytes(whole[:length])
        problem(tmp_path / "short.npy")
    (tmp_path / "cut.npy").write_bytes(whole)
    source = open_source(tmp_path / "cut.npy")
    (tmp_path / "cut.npy").write_bytes(whole[:-9])
    with pytest.raises(SourceError, match=r"cut\.npy is cut short"):
        source.read(Box(0, 0, 2, 2))


@given(noise=st.binary(min_size=1, max_size=300), genuine=st.integers(0, 140))
def test_random_bytes(tmp_path, noise, genuine):
    out = io.BytesIO()
    np.save(out, numbers(9, 9))
    (tmp_path / "a.npy").write_bytes(out.getvalue()[:genuine] + noise)
    try:
        source = open_source(tmp_path / "a.npy")
        source.read(Box(0, 0, 1, 1))
    except SourceError as error:
        told = str(error)
    else:
        told = "a.npy"
    assert "a.npy" in told
