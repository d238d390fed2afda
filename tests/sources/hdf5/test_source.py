"""HDF5 as h5py writes it: which dataset is meant, its axes and pixel size, and that a read gives the pixels."""

import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import h5py
import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.arrays.uniform_chunks import Stored
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.hdf5.chunks import ChunkedDataset
from napari_tiles_creator.sources.registry import open_source
from source_problems import problem
from strategies import boxes_in

RNG = np.random.default_rng(5)


def numbers(*shape, dtype="uint16"):
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def written(path, pixels, name="image", attributes=None, **options):
    with h5py.File(path, "a") as file:
        dataset = file.create_dataset(name, data=pixels, **options)
        dataset.attrs.update(attributes or {})
    return path


FORMS = {
    "contiguous": {},
    "chunked": {"chunks": (32, 48)},
    "chunks of whole rows": {"chunks": (7, 130)},
    "gzip": {"chunks": (32, 48), "compression": "gzip"},
    "gzip, shuffled": {"chunks": (32, 48), "compression": "gzip", "shuffle": True},
    "shuffled": {"chunks": (32, 48), "shuffle": True},
    "lzf": {"chunks": (32, 48), "compression": "lzf"},
    "szip": {"chunks": (32, 48), "compression": "szip"},
    "checksums": {"chunks": (32, 48), "compression": "gzip", "fletcher32": True},
    "larger than the image": {"chunks": (128, 256), "compression": "gzip", "maxshape": (None, None)},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["u1", "i1", "<u2", ">u2", ">i4", "<u8", "f2", ">f4", "f8", "?"])
def test_forms(tmp_path, form, dtype):
    pixels = (numbers(100, 130) % 2 if dtype == "?" else numbers(100, 130)).astype(dtype)
    path = written(tmp_path / "a.h5", pixels, **FORMS[form])
    source = open_source(path)
    assert (source.info.axes, source.info.shape) == ("YX", (100, 130))
    assert source.info.dtype == np.dtype(dtype).newbyteorder("=")
    for box in (Box(0, 0, 100, 130), Box(30, 40, 20, 60), Box(99, 129, 1, 1)):
        read = source.read(box)
        assert read.dtype.isnative
        assert np.array_equal(read, pixels[box.slices])
    source.close()


@pytest.mark.parametrize(
    ("code", "parameters", "encode"),
    [
        (32015, (3,), lambda raw: imagecodecs.zstd_encode(raw)),
        (32001, (2, 2, 2, 32 * 48 * 2), lambda raw: imagecodecs.blosc_encode(raw, typesize=2)),
        (32004, (), lambda raw: imagecodecs.lz4h5_encode(raw)),
    ],
    ids=["zstd", "blosc", "lz4"],
)
def test_filters_that_the_hdf5_library_has_not(tmp_path, code, parameters, encode):
    pixels = numbers(64, 96)
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((32, 48))
    made.set_filter(code, h5py.h5z.FLAG_OPTIONAL, parameters)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        space = h5py.h5s.create_simple(pixels.shape)
        dataset = h5py.h5d.create(file.id, b"image", h5py.h5t.NATIVE_UINT16, space, made)
        for y in (0, 32):
            for x in (0, 48):
                raw = np.ascontiguousarray(pixels[y : y + 32, x : x + 48]).tobytes()
                dataset.write_direct_chunk((y, x), encode(raw))
    source = open_source(tmp_path / "a.h5")
    assert np.array_equal(source.read(Box(5, 6, 50, 70)), pixels[5:55, 6:76])
    source.close()


def test_a_filter_that_nobody_has(tmp_path):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((32, 48))
    made.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, ())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        space = h5py.h5s.create_simple((64, 96))
        h5py.h5d.create(file.id, b"image", h5py.h5t.NATIVE_UINT16, space, made)
    assert "bitshuffle" in problem(tmp_path / "a.h5")


def test_a_filter_that_was_skipped_for_a_chunk(tmp_path):
    pixels = numbers(32, 96)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("image", pixels.shape, "u2", chunks=(32, 48), compression="gzip", shuffle=True)
        dataset.id.write_direct_chunk((0, 0), np.ascontiguousarray(pixels[:, :48]).tobytes(), filter_mask=0b11)
        dataset[:, 48:] = pixels[:, 48:]
    source = open_source(tmp_path / "a.h5")
    assert np.array_equal(source.read(Box(0, 0, 32, 96)), pixels)
    source.close()


def test_a_virtual_dataset(tmp_path):
    pixels = numbers(100, 130)
    written(tmp_path / "part.h5", pixels)
    layout = h5py.VirtualLayout((100, 260), "u2")
    for at in (0, 130):
        layout[:, at : at + 130] = h5py.VirtualSource(str(tmp_path / "part.h5"), "image", shape=(100, 130))
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        file.create_virtual_dataset("image", layout)
    source = open_source(tmp_path / "whole.h5")
    assert np.array_equal(source.read(Box(10, 100, 50, 60)), np.hstack([pixels, pixels])[10:60, 100:160])
    assert source.uniform_value(Box(0, 0, 5, 5)) is None
    source.close()
    (tmp_path / "part.h5").unlink()
    told = problem(tmp_path / "whole.h5")
    assert told == "whole.h5: some of its pixels lie in part.h5, which is missing"


@given(data=st.data())
def test_any_axes_chunks_and_box(tmp_path, data):
    axes = data.draw(st.permutations(data.draw(st.sampled_from(["YX", "ZYX", "CYX", "TZCYX", "TYX", "YXS"]))))
    shape = tuple(3 if axis == "S" else data.draw(st.integers(1, 12)) for axis in axes)
    pixels = RNG.integers(0, 1000, shape).astype(data.draw(st.sampled_from(["u2", ">i4", "f4"])))
    chunks = data.draw(st.one_of(st.none(), st.tuples(*(st.integers(1, n) for n in shape))))
    path = tmp_path / "a.h5"
    path.unlink(missing_ok=True)
    written(path, pixels, chunks=chunks, compression="gzip" if chunks and data.draw(st.booleans()) else None)
    source = open_source(path, Opening(axes="".join(axes)))
    size = dict(zip(axes, shape, strict=True))
    assert source.info.axes == "".join(axes)
    box = data.draw(boxes_in(size["Y"], size["X"]))
    for _ in range(2):  # the second time some chunks are kept
        at = {axis: data.draw(st.integers(0, size[axis] - 1)) for axis in "TZC" if axis in size}
        channel = at["C"] if "C" in at and data.draw(st.booleans()) else None
        read = source.read(box, z=at.get("Z", 0), t=at.get("T", 0), channel=channel)
        ordered = pixels.transpose([axes.index(axis) for axis in "TZCYXS" if axis in axes])
        for axis in "TZ":
            if axis in size:
                ordered = ordered[at[axis]]
        if channel is not None:
            ordered = ordered[channel]
        where = box.slices if "S" in axes or ordered.ndim == 2 else (slice(None), *box.slices)
        assert np.array_equal(read, ordered[where])
    source.close()


def tags(keys, **more):
    return json.dumps({"axes": [{"key": key, "typeFlags": 2, **more} for key in keys]})


@pytest.mark.parametrize(
    ("shape", "attributes", "opening", "axes"),
    [
        ((20, 30), {}, Opening(), "YX"),
        ((1, 20, 30), {}, Opening(), "YX"),
        ((20, 30, 1), {}, Opening(), "YX"),
        ((5, 20, 30, 2), {"axistags": tags("zyxc")}, Opening(), "ZYXC"),
        ((5, 20, 30, 2), {"axistags": tags("zxyc")}, Opening(), "ZXYC"),
        ((20, 30, 3), {"axistags": tags("yxc")}, Opening(rgb=True), "YXS"),
        ((20, 30, 3), {"axistags": tags("yxc")}, Opening(), "YXC"),
        ((2, 1, 20, 30), {"axistags": tags("tzyx")}, Opening(), "TZYX"),
        ((5, 20, 30), {"DIMENSION_LABELS": ["z", "y", "x"]}, Opening(), "ZYX"),
        ((5, 20, 30), {"axes": "zyx"}, Opening(), "ZYX"),
        ((5, 20, 30), {"axes": ["c", "y", "x"]}, Opening(), "CYX"),
        ((5, 20, 30), {"axistags": tags("zyx")}, Opening(axes="TYX"), "TYX"),
        ((5, 20, 30), {"axistags": tags("zyx")}, Opening(axes="YX"), "ZYX"),
        ((20, 30, 3), {"IMAGE_SUBCLASS": b"IMAGE_TRUECOLOR", "INTERLACE_MODE": b"INTERLACE_PIXEL"}, Opening(), "YXS"),
        ((20, 30, 3), {}, Opening(rgb=True), "YXS"),
    ],
)
def test_axes(tmp_path, shape, attributes, opening, axes):
    source = open_source(written(tmp_path / "a.h5", numbers(*shape), attributes=attributes), opening)
    assert source.info.axes == axes
    assert source.info.shape == tuple(n for n in shape if n > 1 or len(shape) == len(axes))
    source.close()


@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ((5, 20, 30), {}),
        ((5, 20, 30), {"axes": ["x", "y", "z"]}),  # N5 and its kin list them the other way round
        ((5, 20, 30), {"axistags": tags("?yx")}),
        ((5, 20, 30), {"axistags": "{no JSON"}),
        ((20, 30, 3), {}),
    ],
)
def test_axes_that_are_not_told_are_a_question(tmp_path, shape, attributes):
    message = problem(written(tmp_path / "a.h5", numbers(*shape), attributes=attributes))
    assert "--axes" in message
    assert str(shape) in message


@pytest.mark.parametrize(
    ("attributes", "size", "source"),
    [
        ({}, None, "none in the file"),
        ({"element_size_um": [2.0, 0.5, 0.25]}, (0.5, 0.25), "attribute element_size_um"),
        ({"element_size_um": [0.5, 0.25]}, (0.5, 0.25), "attribute element_size_um"),
        ({"element_size_um": [0.5]}, None, "none in the file (element_size_um is no pixel size)"),
        ({"element_size_um": [1.0, 0.0, 0.0]}, None, "none in the file (element_size_um is no pixel size)"),
        ({"pixel_size": 250.0, "unit": "nm"}, (0.25, 0.25), "attribute pixel_size"),
        ({"pixel_size_nm": [1000.0, 325.0, 250.0]}, (0.325, 0.25), "attribute pixel_size_nm"),
        ({"resolution": [40.0, 4.0, 4.0], "units": "nm"}, (0.004, 0.004), "attribute resolution"),
        ({"resolution": [40.0, 4.0, 4.0]}, None, "none in the file (its resolution has no unit)"),
        ({"spacing": 0.5, "unit": "furlongs"}, None, "none in the file (its spacing has no unit)"),
        (
            {"axistags": tags("zyx", resolution=0.5), "axis_units": json.dumps({"z": "µm", "y": "µm", "x": "nm"})},
            (0.5, 0.0005),
            "ilastik's axistags",
        ),
        ({"axistags": tags("zyx", resolution=0.5)}, None, "none in the file"),
        ({"axistags": tags("zyx", resolution=0), "axis_units": '{"y": "µm", "x": "µm"}'}, None, "none in the file"),
    ],
)
def test_pixel_size(tmp_path, attributes, size, source):
    path = written(tmp_path / "a.h5", numbers(3, 20, 30), attributes=attributes)
    info = open_source(path, Opening(axes="ZYX")).info
    found = (info.pixel_size.y_um, info.pixel_size.x_um) if info.pixel_size else None
    assert found == (pytest.approx(size) if size else None)
    assert info.pixel_size_from == source


def test_attributes_that_cannot_be_read_do_no_harm(tmp_path):
    path = written(tmp_path / "a.h5", numbers(20, 30), attributes={"empty": h5py.Empty("f"), "axes": h5py.Empty("S1")})
    with h5py.File(path, "a") as file:
        file["image"].attrs["self"] = file["image"].ref
        file["image"].attrs["element_size_um"] = "none"
    assert open_source(path).info.axes == "YX"


@pytest.fixture
def several(tmp_path):
    path = tmp_path / "several.h5"
    for name in ("raw", "deep/inside/labels", "deep/z é"):
        written(path, numbers(20, 30) + len(name), name)
    written(path, np.zeros((500, 3)), "points")
    written(path, np.zeros(9), "curve")
    written(path, np.zeros((20, 30), complex), "field")
    written(path, np.zeros((20, 30), [("a", "f4"), ("b", "i2")]), "records")
    written(path, np.array([[b"no", b"pixels"], [b"x", b"y"]]), "texts")
    with h5py.File(path, "a") as file:
        file["link"] = h5py.SoftLink("/raw")
        file["gone"] = h5py.SoftLink("/nowhere")
        file["type"] = np.dtype("f8")
        file["empty"] = h5py.Empty("f8")
        file["number"] = 5
    return path


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("raw", "raw"),
        ("/raw", "raw"),
        ("link", "raw"),
        ("deep/z é", "deep/z é"),
        ("/deep/inside", "deep/inside/labels"),
        ("/deep/inside/labels/", "deep/inside/labels"),
    ],
)
def test_a_dataset_that_is_named(several, dataset, name):
    source = open_source(several, Opening(dataset=dataset))
    assert np.array_equal(source.read(Box(0, 0, 20, 30)), numbers(20, 30) + len(name))
    source.close()


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (None, "holds 4 images: /deep/inside/labels (20, 30) uint16, /deep/z é (20, 30) uint16, /field"),
        (None, "choose one, such as several.h5#/deep/inside/labels (media.dataset)"),
        ("deep", "holds 2 images"),
        ("nowhere", "has no nowhere (media.dataset): it holds /"),
        ("gone", "has no gone"),
        ("type", "is no dataset"),
        ("curve", "at least 2 axes"),
        ("number", "at least 2 axes"),
        ("field", "complex128 pixels cannot be tiled"),
        ("records", "records of a, b"),
        ("texts", "no numbers"),
        ("empty", "no pixels"),
    ],
)
def test_what_cannot_be_opened_is_told(several, dataset, said):
    assert said in problem(several, Opening(dataset=dataset))


def test_the_one_image_beside_tables(tmp_path):
    path = written(tmp_path / "a.h5", numbers(20, 30), "g/only")
    written(path, np.zeros((500, 2)), "points")
    written(path, np.zeros(100), "curve")
    assert open_source(path).info.shape == (20, 30)


def test_a_file_whose_groups_go_in_circles(tmp_path):
    path = written(tmp_path / "a.h5", numbers(20, 30), "g/only")
    with h5py.File(path, "a") as file:
        file["g/self"] = file["g"]
        file["g/root"] = file["/"]
        file["g/soft"] = h5py.SoftLink("/g")
        file["g/elsewhere"] = h5py.ExternalLink("gone.h5", "/")
    assert open_source(path).info.shape == (20, 30)
    assert open_source(path, Opening(dataset="g/self/self/only")).info.shape == (20, 30)


def test_a_file_without_datasets(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("nothing")
    assert "holds no image" in problem(tmp_path / "a.h5")


def test_many_threads_read_at_once(tmp_path):
    pixels = numbers(4, 256, 256)
    path = written(tmp_path / "a.h5", pixels, chunks=(3, 50, 60), compression="gzip")
    written(path, pixels, "plain", chunks=(3, 50, 60), compression="lzf")
    for name in ("image", "plain"):
        source = open_source(path, Opening(axes="ZYX", dataset=name))
        asked = [(Box(y, x, 40, 40), (x // 10) % 4) for y in range(0, 200, 20) for x in range(0, 200, 10)]
        with ThreadPoolExecutor(8) as pool:
            parts = [pool.submit(source.read, box, z=z) for box, z in asked]
            for (box, z), part in zip(asked, (part.result() for part in parts), strict=True):
                assert np.array_equal(part, pixels[z][box.slices])
        source.close()


@pytest.mark.parametrize("fill", [0, 9])
@pytest.mark.parametrize("compression", ["gzip", "lzf"])
def test_chunks_that_were_never_written_have_the_fill_value(tmp_path, fill, compression):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("m", (200, 300), "u1", chunks=(64, 64), compression=compression, fillvalue=fill)
        dataset[64:128, :128] = 7
        dataset[0, 299] = 8
    source = open_source(tmp_path / "a.h5")
    assert source.uniform_value(Box(130, 5, 70, 290)) == fill
    # Small enough to be taken for uniform, and looked at once.
    assert source.uniform_value(Box(64, 0, 64, 128)) == 7
    assert source.uniform_value(Box(64, 0, 64, 129)) is None
    assert source.uniform_value(Box(0, 260, 5, 5)) is None
    assert np.array_equal(source.read(Box(130, 5, 70, 290)), np.full((70, 290), fill))
    source.close()


def test_datasets_that_were_never_written(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("plain", (100_000, 100_000), "u1", fillvalue=4)
        file.create_dataset("chunked", (100_000, 100_000), "f4", chunks=(1024, 1024), fillvalue=0.5)
    assert (tmp_path / "a.h5").stat().st_size < 10_000
    for name, value in (("plain", 4), ("chunked", 0.5)):
        source = open_source(tmp_path / "a.h5", Opening(dataset=name))
        assert source.info.shape == (100_000, 100_000)
        assert source.uniform_value(Box(0, 0, 100_000, 100_000)) == value
        assert (source.read(Box(99_000, 98_000, 100, 200)) == value).all()
        source.close()


@given(data=st.data())
def test_a_uniform_value_is_never_wrong(tmp_path, data):
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    chunks = tuple(data.draw(st.integers(1, n)) for n in shape)
    pixels = np.zeros(shape, data.draw(st.sampled_from(["u1", "?", "f4", ">u2"])))
    for _ in range(data.draw(st.integers(0, 4))):
        pixels[data.draw(boxes_in(*shape)).slices] = data.draw(st.sampled_from([0, 1, 1, 255]))
    path = tmp_path / "a.h5"
    path.unlink(missing_ok=True)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("m", shape, pixels.dtype, chunks=chunks, compression="gzip")
        for y in range(0, shape[0], chunks[0]):
            for x in range(0, shape[1], chunks[1]):
                part = slice(y, y + chunks[0]), slice(x, x + chunks[1])
                if pixels[part].any():
                    dataset[part] = pixels[part]
    source = open_source(path)
    for box in data.draw(st.lists(boxes_in(*shape), min_size=1, max_size=6)):
        value = source.uniform_value(box)
        assert value is None or (pixels[box.slices] == value).all()
        assert np.array_equal(source.read(box), pixels[box.slices])
    source.close()


def test_bytes_of_a_chunk_at_the_end_say_nothing_of_one_inside(tmp_path):
    held = np.full((64, 64), 7, np.uint8)
    held[40:] = 9  # beyond the end of the array, in the last chunk
    stored = zlib.compress(held.tobytes())
    for first in ("end", "inside"):
        with h5py.File(tmp_path / f"{first}.h5", "w") as file:
            dataset = file.create_dataset("m", (100, 64), "u1", chunks=(64, 64), compression="gzip")
            for y in (0, 64):
                dataset.id.write_direct_chunk((y, 0), stored)
        source = open_source(tmp_path / f"{first}.h5")
        end, inside = Box(64, 0, 36, 64), Box(0, 0, 64, 64)
        for box in (end, inside, end) if first == "end" else (inside, end, inside):
            assert source.uniform_value(box) == (7 if box == end else None)
        assert np.array_equal(source.read(Box(0, 0, 100, 64)), np.vstack([held, held[:36]]))
        source.close()


def test_more_chunks_than_are_looked_up(tmp_path):
    pixels = numbers(100, 130)
    pixels[32:64] = 0
    path = written(tmp_path / "a.h5", pixels, chunks=(32, 48), compression="gzip")
    with h5py.File(path) as file:
        for most in (11, 12):  # it has 12
            array = ChunkedDataset(file["image"], (0, 1), most)
            assert np.array_equal(array[10:90, 20:], pixels[10:90, 20:])
            assert (array.stored((1, 1)) is Stored.LARGE) == (most == 11)


def test_a_text_file(tmp_path):
    (tmp_path / "a.h5").write_text("not at all\n" * 100)
    assert problem(tmp_path / "a.h5") == "a.h5 cannot be read: it is no HDF5 file, whatever its name says"


def test_a_file_that_another_program_writes(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    path = written(tmp_path / "a.h5", numbers(20, 30))
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another program" in problem(path)
    open_source(path).close()


def test_truncated_files(tmp_path):
    whole = written(tmp_path / "a.h5", numbers(100, 130), chunks=(32, 48), compression="gzip").read_bytes()
    for length in (9, 40, 100, 700, 2000, len(whole) // 2, len(whole) - 1):
        (tmp_path / "short.h5").write_bytes(whole[:length])
        problem(tmp_path / "short.h5")


@given(st.data())
def test_damaged_files(tmp_path, data):
    """Read, or a source error, nothing else."""
    path = tmp_path / "good.h5"
    if not path.exists():
        written(path, numbers(64, 64), chunks=(32, 32), compression="gzip", attributes={"axistags": tags("yx")})
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad.h5").write_bytes(damaged)
    try:
        source = open_source(tmp_path / "bad.h5")
    except SourceError:
        return
    try:
        height, width = source.info.plane_shape
        source.uniform_value(Box(0, 0, min(height, 64), min(width, 64)))
        source.read(Box(0, 0, min(height, 64), min(width, 64)))
    except SourceError:
        pass
    finally:
        source.close()


def test_a_chunk_that_inflates_to_more_than_it_may(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("m", (64, 64), "u1", chunks=(64, 64), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(50_000_000)))
    assert "cannot be decoded" in problem(tmp_path / "a.h5")


def test_a_chunk_that_is_too_short(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("m", (64, 64), "u1", chunks=(64, 64), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(64)))
    assert "cannot be decoded" in problem(tmp_path / "a.h5")


def test_a_chunk_that_fits_no_memory(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("m", (60_000, 60_000), "u1", chunks=(60_000, 60_000), compression="gzip")
    assert "smaller chunks" in problem(tmp_path / "a.h5")
