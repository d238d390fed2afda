"""Zarr and OME-Zarr as zarr's and ome-zarr's own writers make them: what is meant, its axes, sizes, levels, pixels."""

import json
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor

import dask.array as da
import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source
from source_problems import problem, read_all
from strategies import boxes_in

with warnings.catch_warnings():
    # ome-zarr 0.18 makes use of what it deprecates as it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    from ome_zarr import writer
    from ome_zarr.format import FormatV04, FormatV05

RNG = np.random.default_rng(7)
FORMATS = {"0.4": FormatV04(), "0.5": FormatV05()}
AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


def numbers(*shape, dtype="uint16"):
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def written(path, pixels, **options):
    options.setdefault("chunks", pixels.shape)
    array = zarr.create_array(path, shape=pixels.shape, dtype=pixels.dtype, overwrite=True, **options)
    array[...] = pixels
    return path


def image(path, pixels, version="0.4", **options):
    """Write an image as ome-zarr does."""
    options.setdefault("axes", AXES[-pixels.ndim :])
    group = zarr.open_group(path, mode="w", zarr_format=FORMATS[version].zarr_format)
    writer.write_image(pixels, group, fmt=FORMATS[version], **options)
    return path


FORMS = {
    "2, plain": {"zarr_format": 2, "compressors": None},
    "2, blosc": {"zarr_format": 2, "compressors": numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE)},
    "2, zlib": {"zarr_format": 2, "compressors": numcodecs.Zlib()},
    "2, lz4": {"zarr_format": 2, "compressors": numcodecs.LZ4()},
    "2, columns first": {"zarr_format": 2, "order": "F"},
    "2, differences": {"zarr_format": 2, "filters": [numcodecs.Delta("<u2")], "dtype": "<u2"},
    "2, nested": {"zarr_format": 2, "chunk_key_encoding": {"name": "v2", "separator": "/"}},
    "3, plain": {"zarr_format": 3, "compressors": None},
    "3, zstd": {"zarr_format": 3, "compressors": ZstdCodec()},
    "3, blosc": {"zarr_format": 3, "compressors": BloscCodec(cname="zstd")},
    "3, gzip": {"zarr_format": 3, "compressors": GzipCodec()},
    "3, flat": {"zarr_format": 3, "chunk_key_encoding": {"name": "default", "separator": "."}},
    "3, shards": {"zarr_format": 3, "shards": (64, 96)},
    "3, plain shards": {"zarr_format": 3, "shards": (64, 96), "compressors": None},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i8", "f2", "f4", "?"])
def test_forms(tmp_path, form, dtype):
    options = {"chunks": (32, 48)} | FORMS[form]
    dtype = options.pop("dtype", dtype)
    pixels = (numbers(100, 130) % 2 if dtype == "?" else numbers(100, 130)).astype(dtype)
    source = open_source(written(tmp_path / "a.zarr", pixels, **options))
    assert (source.info.axes, source.info.shape) == ("YX", (100, 130))
    assert (source.info.chunk_rows, source.info.chunk_columns) == (32, 48)
    assert source.info.dtype == np.dtype(dtype).newbyteorder("=")
    for box in (Box(0, 0, 100, 130), Box(30, 40, 20, 60), Box(99, 129, 1, 1)):
        read = source.read(box)
        assert read.dtype.isnative
        assert np.array_equal(read, pixels[box.slices])
    source.close()


@given(data=st.data())
def test_any_axes_chunks_and_box(tmp_path, data):
    axes = "".join(data.draw(st.permutations(data.draw(st.sampled_from(["YX", "ZYX", "CYX", "TZCYX", "YXS"])))))
    shape = tuple(3 if axis == "S" else data.draw(st.integers(1, 9)) for axis in axes)
    size = dict(zip(axes, shape, strict=True))
    chunks = tuple(data.draw(st.integers(1, n)) for n in shape)
    options = {"chunks": chunks}
    if data.draw(st.booleans()):
        options["shards"] = tuple(c * data.draw(st.integers(1, 3)) for c in chunks)
    pixels = numbers(*shape)
    path = written(tmp_path / "a.zarr", pixels, dimension_names=list(axes.lower()), **options)
    source = open_source(path)
    assert (source.info.axes, source.info.shape) == (axes, shape)
    box = data.draw(boxes_in(size["Y"], size["X"]))
    for _ in range(2):  # the second time some chunks are kept
        at = {axis: data.draw(st.integers(0, size.get(axis, 1) - 1)) for axis in "TZC"}
        channel = at["C"] if "C" in axes and data.draw(st.booleans()) else None
        read = source.read(box, z=at["Z"], t=at["T"], channel=channel)
        expected = np.moveaxis(pixels, [axes.index(a) for a in "TZCYXS" if a in axes], range(len(axes)))
        for axis in "TZ":
            expected = expected[at[axis]] if axis in axes else expected
        if channel is not None:
            expected = expected[channel]
        lead = (slice(None),) * ("C" in axes and channel is None)
        assert np.array_equal(read, expected[(*lead, *box.slices)])
    source.close()


@pytest.mark.parametrize(
    ("shape", "attributes", "opening", "axes"),
    [
        ((5, 20, 30), {"_ARRAY_DIMENSIONS": ["time", "y", "x"]}, Opening(), "TYX"),
        ((5, 20, 30), {"_ARRAY_DIMENSIONS": ["band", "row", "col"]}, Opening(axes="CYX"), "CYX"),
        ((1, 20, 30), {"_ARRAY_DIMENSIONS": ["band", "row", "col"]}, Opening(), "YX"),
        ((5, 20, 30), {}, Opening(axes="ZYX"), "ZYX"),
        ((20, 30, 3), {}, Opening(rgb=True), "YXS"),
        ((20, 30), {}, Opening(), "YX"),
    ],
)
def test_axes_of_plain_arrays(tmp_path, shape, attributes, opening, axes):
    path = written(tmp_path / "a.zarr", numbers(*shape), zarr_format=2, attributes=attributes)
    assert open_source(path, opening).info.axes == axes


def test_axes_that_are_not_told_are_a_question(tmp_path):
    message = problem(written(tmp_path / "a.zarr", numbers(5, 20, 30), dimension_names=["band", "y", "x"]))
    assert "--axes" in message
    assert "(5, 20, 30)" in message


def test_pixel_size_of_plain_arrays(tmp_path):
    path = written(tmp_path / "a.zarr", numbers(20, 30), attributes={"pixel_size": [0.5, 0.25], "unit": "micrometer"})
    info = open_source(path).info
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == (0.5, 0.25)
    assert info.pixel_size_from == "attribute pixel_size"


@pytest.mark.parametrize("version", FORMATS)
@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_ome_images(tmp_path, version, count):
    pixels = RNG.integers(0, 60_000, (2, 3, 4, 90, 120)[-count:]).astype("u2")
    units = {"z": "micrometer", "y": "nanometer", "x": "micrometer"}
    path = image(
        tmp_path / "a.ome.zarr",
        pixels,
        version,
        scale={axis: {"y": 250.0, "x": 0.3}.get(axis, 2.0) for axis in "tczyx"[-count:]},
        axes_units={axis: unit for axis, unit in units.items() if axis in "tczyx"[-count:]},
        scale_factors=(2, 4),
    )
    source = open_source(path)
    info = source.info
    axes = "TCZYX"[-count:]
    assert (info.axes, info.shape, info.dtype) == (axes, pixels.shape, np.uint16)
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((0.25, 0.3))
    assert info.pixel_size_from == "OME-Zarr scale"
    assert info.levels == ((90, 120), (45, 60), (22, 30))
    at = {axis: length - 1 for axis, length in zip(axes, pixels.shape, strict=True) if axis in "TZ"}
    kept = {"z": at.get("Z", 0), "t": at.get("T", 0)}
    where = tuple(at.get(axis, slice(None)) for axis in axes[:-2])
    box = Box(3, 5, 17, 21)
    assert np.array_equal(source.read(box, **kept), pixels[(*where, *box.slices)])
    root = zarr.open_group(path, mode="r")
    described = root.attrs["ome"] if version == "0.5" else root.attrs
    for level, told in enumerate(described["multiscales"][0]["datasets"]):
        stored = root[told["path"]][...]
        assert np.array_equal(source.read(box, level=level, **kept), stored[(*where, *box.slices)])
    source.close()


@pytest.mark.parametrize("version", FORMATS)
def test_a_level_that_is_named(tmp_path, version):
    pixels = numbers(3, 80, 100)
    path = image(
        tmp_path / "a.zarr",
        pixels,
        version,
        scale={"z": 1, "y": 0.5, "x": 0.5},
        axes_units=dict.fromkeys("yx", "micrometer"),
    )
    name = sorted(entry.name for entry in path.iterdir() if entry.is_dir())[1]
    source = open_source(path, Opening(dataset=name))
    assert (source.info.axes, source.info.levels) == ("ZYX", ((40, 50),))
    assert source.info.pixel_size.y_um == pytest.approx(1.0)
    assert np.array_equal(source.read(Box(0, 0, 40, 50), z=1), zarr.open_array(path / name, mode="r")[1])


def described(path, attributes, version="0.4"):
    """Replace what a group says of itself."""
    if version == "0.5":
        text = json.loads((path / "zarr.json").read_text())
        text["attributes"] = {"ome": attributes}
        (path / "zarr.json").write_text(json.dumps(text))
    else:
        (path / ".zattrs").write_text(json.dumps(attributes))
    return path


def multiscale(*paths, axes="yx", units=(), scale=None, all_of_it=None):
    told = {"axes": [{"name": axis} for axis in axes]}
    for axis, unit in zip(told["axes"], units, strict=False):
        axis |= {"unit": unit} if unit else {}
    told["datasets"] = [{"path": path} for path in paths]
    if scale:
        told["datasets"][0]["coordinateTransformations"] = [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": [7.0] * len(axes)},
        ]
    if all_of_it:
        told["coordinateTransformations"] = [{"type": "scale", "scale": all_of_it}]
    return told


@pytest.fixture
def group(tmp_path):
    """Return a group of format 2 with the arrays 0, 1 and other."""
    path = tmp_path / "group.zarr"
    zarr.open_group(path, mode="w", zarr_format=2)
    for name, shape in (("0", (80, 100)), ("1", (40, 50)), ("other", (20, 30))):
        written(path / name, numbers(*shape), zarr_format=2)
    return path


@pytest.mark.parametrize(
    ("told", "size", "source"),
    [
        (multiscale("0"), None, "none in the file"),
        (multiscale("0", units=["nm", "nm"]), None, "none in the file"),
        (multiscale("0", scale=[0.5, 0.25]), None, "none in the file (its scale has no unit)"),
        (multiscale("0", scale=[1, 1], units=["pixel", ""]), None, "none in the file (the unit of its scale is pixel)"),
        (multiscale("0", scale=[0, 1], units=["um", "um"]), None, "none in the file (its scale is 0)"),
        (multiscale("0", scale=[500, 0.25], units=["nanometer", "micrometer"]), (0.5, 0.25), "OME-Zarr scale"),
        (multiscale("0", scale=[2, 4], all_of_it=[0.5, 0.5], units=["µm", "angstrom"]), (1, 2e-4), "OME-Zarr scale"),
        (multiscale("0", all_of_it=[0.5, 0.25], units=["millimeter", "inch"]), (500, 6350), "OME-Zarr scale"),
    ],
)
def test_scale(group, told, size, source):
    info = open_source(described(group, {"multiscales": [told]})).info
    found = (info.pixel_size.y_um, info.pixel_size.x_um) if info.pixel_size else None
    assert found == (pytest.approx(size) if size else None)
    assert info.pixel_size_from == source


def test_axes_of_older_versions(tmp_path):
    path = tmp_path / "a.zarr"
    zarr.open_group(path, mode="w", zarr_format=2)
    written(path / "0", numbers(2, 3, 4, 20, 30), zarr_format=2)
    for told in ({"version": "0.1"}, {"axes": ["t", "c", "z", "y", "x"]}):
        described(path, {"multiscales": [{"datasets": [{"path": "0"}], **told}]})
        assert open_source(path).info.axes == "TCZYX"


def test_axes_by_their_type(tmp_path):
    axes = [{"name": "ch", "type": "channel"}, {"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    path = image(tmp_path / "a.zarr", numbers(2, 20, 30), axes=AXES[1:2] + AXES[3:])
    told = json.loads((path / ".zattrs").read_text())
    told["multiscales"][0]["axes"] = axes
    assert open_source(described(path, told)).info.axes == "CYX"


@pytest.mark.parametrize("version", FORMATS)
def test_channel_names(tmp_path, version):
    omero = {"channels": [{"label": "DAPI"}, {"label": "GFP"}]}
    path = image(tmp_path / "a.zarr", numbers(2, 20, 30), version, axes=AXES[1:2] + AXES[3:], metadata={"omero": omero})
    root = zarr.open_group(path, mode="a")
    attributes = dict(root.attrs["ome"]) if version == "0.5" else dict(root.attrs)
    described(path, attributes | {"omero": omero}, version)
    assert open_source(path).info.channel_names == ("DAPI", "GFP")
    described(path, attributes | {"omero": {"channels": [{"label": "one too few"}]}}, version)
    assert open_source(path).info.channel_names == ()


def test_several_images_in_one_group(group):
    described(group, {"multiscales": [multiscale("0", "1"), multiscale("other")]})
    first, second = open_source(group), open_source(group, Opening(series=1))
    assert (first.info.levels, second.info.levels) == (((80, 100), (40, 50)), ((20, 30),))
    assert first.info.notes == ("it holds 2 images, of which one is taken (media.series)",)
    assert "has no image 2 (media.series): it holds 2, from 0" in problem(group, Opening(series=2))


@pytest.mark.parametrize("version", FORMATS)
@pytest.mark.parametrize("listed", [True, False])
def test_images_side_by_side(tmp_path, version, listed):
    path = tmp_path / "a.zarr"
    root = zarr.open_group(path, mode="w", zarr_format=FORMATS[version].zarr_format)
    described(path, {"bioformats2raw.layout": 3}, version)
    for number in range(11):
        writer.write_image(numbers(20, 30 + number), root.create_group(str(number)), fmt=FORMATS[version], axes="yx")
    order = [str(number) for number in range(11)]
    if listed:
        order = order[::-1]
        root.create_group("OME")
        described(path / "OME", {"series": order}, version)
    for series in (0, 2, 10):
        assert open_source(path, Opening(series=series)).info.shape == (20, 30 + int(order[series]))
    assert "has no image 11 (media.series): it holds 11" in problem(path, Opening(series=11))
    assert open_source(path, Opening(dataset="4")).info.shape == (20, 34)


@pytest.mark.parametrize("version", FORMATS)
def test_plates(tmp_path, version):
    path, form = tmp_path / "plate.zarr", FORMATS[version]
    root = zarr.open_group(path, mode="w", zarr_format=form.zarr_format)
    writer.write_plate_metadata(root, ["A", "B"], ["1"], ["A/1", "B/1"], fmt=form)
    for well, fields in (("A/1", ["0", "1"]), ("B/1", ["0"])):
        group = root.require_group(well)
        writer.write_well_metadata(group, fields, fmt=form)
        for field in fields:
            writer.write_image(numbers(20, 30 + int(field)), group.require_group(field), fmt=form, axes="yx")
    assert "is a plate of 2 wells: choose a field, such as plate.zarr#/A/1/0 (media.dataset)" in problem(path)
    assert "is a well of 2 fields" in problem(path, Opening(dataset="A/1"))
    assert open_source(path, Opening(dataset="/A/1/1")).info.shape == (20, 31)
    assert open_source(path, Opening(dataset="B/1")).info.shape == (20, 30)


@pytest.mark.parametrize("version", FORMATS)
def test_labels(tmp_path, version):
    path = image(tmp_path / "a.zarr", numbers(40, 60), version)
    root = zarr.open_group(path, mode="a")
    for name in ("cells", "nuclei"):
        labels = numbers(40, 60, dtype="i4") + len(name)
        writer.write_labels(labels, root, name=name, axes="yx", fmt=FORMATS[version], scaler=None)
    assert open_source(path).info.dtype == np.uint16
    source = open_source(path, Opening(dataset="/labels/nuclei"))
    assert np.array_equal(source.read(Box(0, 0, 40, 60)), numbers(40, 60) + 6)
    message = problem(path, Opening(dataset="labels"))
    assert "cells, nuclei" in message
    assert "a.zarr#/labels/" in message


def test_groups_of_arrays(group):
    message = problem(group)
    assert "holds 3 images: /0 (80, 100), /1 (40, 50), /other (20, 30): choose one, such as group.zarr#/0" in message
    assert open_source(group, Opening(dataset="other")).info.shape == (20, 30)
    assert "has no nowhere (media.dataset): it holds /0 (80, 100)" in problem(group, Opening(dataset="nowhere"))
    assert "has no ../group.zarr" in problem(group, Opening(dataset="../group.zarr"))
    for name in ("0", "1"):
        shutil.rmtree(group / name)
    assert open_source(group).info.shape == (20, 30)
    shutil.rmtree(group / "other")
    assert "holds no image" in problem(group)


def test_a_store_that_links_to_itself(group):
    for name in ("0", "1"):
        shutil.rmtree(group / name)
    (group / "again").symlink_to(group)
    assert open_source(group).info.shape == (20, 30)


def test_what_dask_writes(tmp_path):
    pixels = numbers(4, 60, 90)
    da.from_array(pixels, chunks=(2, 20, 30)).to_zarr(tmp_path / "a.zarr")
    source = open_source(tmp_path / "a.zarr", Opening(axes="ZYX"))
    assert (source.info.chunk_rows, source.info.chunk_columns) == (20, 30)
    assert np.array_equal(source.read(Box(5, 6, 50, 70), z=3), pixels[3, 5:55, 6:76])


def test_one_image_deep_in_a_store(tmp_path):
    path = tmp_path / "a.zarr"
    zarr.open_group(path, mode="w").create_group("deep/er")
    image(path / "deep/er/picture", numbers(20, 30), "0.5")
    source = open_source(path)
    assert source.info.levels[0] == (20, 30)
    assert np.array_equal(source.read(Box(0, 0, 20, 30)), numbers(20, 30))


@pytest.mark.parametrize("form", ["2, blosc", "3, zstd", "3, shards", "3, plain shards", "2, nested"])
def test_chunks_that_were_never_written_have_the_fill_value(tmp_path, form):
    options = {"chunks": (32, 48)} | FORMS[form]
    array = zarr.create_array(tmp_path / "a.zarr", shape=(200, 300), dtype="u1", fill_value=9, **options)
    array[0:64, 0:96] = 7
    array[0, 299] = 8
    source = open_source(tmp_path / "a.zarr")
    assert source.uniform_value(Box(130, 5, 70, 290)) == 9
    # Equal small chunks are known by their bytes; uncompressed ones are not small.
    assert source.uniform_value(Box(0, 0, 64, 96)) == (None if options.get("compressors", 1) is None else 7)
    assert source.uniform_value(Box(0, 0, 64, 97)) is None
    assert source.uniform_value(Box(0, 260, 1, 40)) is None
    assert np.array_equal(source.read(Box(130, 5, 70, 290)), np.full((70, 290), 9))
    source.close()


@given(data=st.data())
def test_a_uniform_value_is_never_wrong(tmp_path, data):
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    chunks = tuple(data.draw(st.integers(1, n)) for n in shape)
    pixels = np.zeros(shape, data.draw(st.sampled_from(["u1", "?", "f4", ">u2"])))
    for _ in range(data.draw(st.integers(0, 4))):
        pixels[data.draw(boxes_in(*shape)).slices] = data.draw(st.sampled_from([0, 1, 1, 255]))
    options = data.draw(st.sampled_from([{"zarr_format": 2}, {}, {"shards": tuple(2 * c for c in chunks)}]))
    source = open_source(written(tmp_path / "a.zarr", pixels, chunks=chunks, **options))
    for box in data.draw(st.lists(boxes_in(*shape), min_size=1, max_size=6)):
        value = source.uniform_value(box)
        assert value is None or (pixels[box.slices] == value).all()
        assert np.array_equal(source.read(box), pixels[box.slices])
    source.close()


def test_a_store_of_a_hundred_thousand_squared(tmp_path):
    for name, options in (("2", {"zarr_format": 2}), ("3", {"shards": (8192, 8192)})):
        path = tmp_path / f"{name}.zarr"
        array = zarr.create_array(path, shape=(100_000, 100_000), dtype="u1", chunks=(1024, 1024), **options)
        array[70_000, 80_000] = 5
        source = open_source(path)
        assert source.uniform_value(Box(0, 0, 60_000, 100_000)) == 0
        assert source.uniform_value(Box(0, 0, 100_000, 100_000)) is None
        assert source.read(Box(69_999, 79_999, 3, 3)).sum() == 5


def test_many_threads_read_at_once(tmp_path):
    pixels = numbers(4, 256, 256)
    for chunks in ((1, 50, 60), (3, 50, 60)):
        path = written(tmp_path / "a.zarr", pixels, chunks=chunks, dimension_names=["z", "y", "x"])
        source = open_source(path)
        asked = [(Box(y, x, 40, 40), (x // 20) % 4) for y in range(0, 200, 20) for x in range(0, 200, 20)]
        with ThreadPoolExecutor(8) as pool:
            parts = [pool.submit(source.read, box, z=z) for box, z in asked]
            for (box, z), part in zip(asked, (part.result() for part in parts), strict=True):
                assert np.array_equal(part, pixels[z][box.slices])
        source.close()


def test_many_threads_ask_for_the_chunks_of_many_shards(tmp_path):
    """More shards than indexes are remembered: what one thread lets go, another is about to look at."""
    values = np.arange(144, dtype=np.uint8).reshape(12, 12)
    pixels = np.kron(values, np.ones((32, 32), np.uint8))
    path = written(tmp_path / "a.zarr", pixels, chunks=(16, 16), shards=(32, 32))
    source = open_source(path)
    boxes = [Box(32 * y, 32 * x, 32, 32) for y in range(12) for x in range(12)] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(source.uniform_value, boxes))
    assert found == [*values.ravel().tolist()] * 4
    source.close()


def test_the_files_that_tell_it_from_another(tmp_path):
    pixels = RNG.integers(0, 255, (200, 300)).astype("u1")
    path = image(tmp_path / "a.zarr", pixels, storage_options={"chunks": (50, 50)})
    files = open_source(path).info.files
    assert 3 <= len(files) <= 8
    assert all(file.is_file() for file in files)
    assert {".zattrs", ".zarray"} <= {file.name for file in files}
    assert sum(not file.name.startswith(".z") for file in files) >= 3
    copied = tmp_path / "copy" / "a.zarr"
    shutil.copytree(path, copied)
    again = open_source(copied).info.files
    assert [file.relative_to(copied) for file in again] == [file.relative_to(path) for file in files]


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "[" * 100_000, '{"zarr_format": 3}', "\x00\xff"])
@pytest.mark.parametrize("name", ["zarr.json", ".zarray", ".zgroup"])
def test_damaged_metadata(tmp_path, name, text):
    path = tmp_path / "a.zarr"
    path.mkdir()
    (path / name).write_text(text)
    problem(path)


def one_chunk(length):
    return {"name": "regular", "configuration": {"chunk_shape": [length, length]}}


def edited(path, **changes):
    text = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(text))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"codecs": [{"name": "nonsense"}]}, "nonsense"),
        ({"data_type": "quaternion"}, "quaternion"),
        ({"data_type": "complex64", "fill_value": [0, 0]}, "complex64"),
        ({"shape": "wide"}, "a.zarr"),
        ({"shape": [-5, 5]}, "a.zarr"),
        ({"shape": [0, 5]}, "no pixels"),
        ({"shape": [20]}, "a.zarr"),
        ({"shape": [10**6] * 2, "chunk_grid": one_chunk(10**6)}, "TB decoded"),
        ({"chunk_grid": {"name": "irregular"}}, "a.zarr"),
        ({"fill_value": "nonsense"}, "a.zarr"),
        ({"zarr_format": 9}, "a.zarr"),
    ],
)  # fmt: skip
def test_metadata_that_asks_for_what_is_not_there(tmp_path, changes, said):
    path = written(tmp_path / "a.zarr", numbers(20, 30))
    edited(path / "zarr.json", **changes)
    assert said in problem(path)


def test_a_header_that_claims_a_million_squared_is_read_by_rectangle(tmp_path):
    path = written(tmp_path / "a.zarr", numbers(20, 30), chunks=(10, 10))
    edited(path / "zarr.json", shape=[10**6, 10**6])
    source = open_source(path)
    assert source.read(Box(10**6 - 20, 0, 10, 10)).sum() == 0
    assert np.array_equal(source.read(Box(0, 0, 9, 9)), numbers(20, 30)[:9, :9])


@pytest.mark.parametrize(
    "attributes",
    [
        {"multiscales": []},
        {"multiscales": "one"},
        {"multiscales": [{}]},
        {"multiscales": [5]},
        {"multiscales": [{"datasets": []}]},
        {"multiscales": [multiscale("gone")]},
        {"multiscales": [multiscale("../group.zarr/0")]},
        {"multiscales": [multiscale("0", scale=[1, "wide"], units=["um", "um"])]},
        {"multiscales": [multiscale("0", scale=[1, 2, 3], all_of_it=[1, 2])]},
        {"plate": {}},
        {"plate": {"wells": [{"path": "A/1"}]}},
        {"plate": {"wells": []}},
        {"well": {"images": [{"path": ""}]}},
        {"labels": [""]},
        {"labels": ["gone"]},
        {"bioformats2raw.layout": 3, "series": 5},
    ],
)
def test_descriptions_that_are_not_true(group, attributes):
    shutil.rmtree(group / "1")
    shutil.rmtree(group / "other")
    described(group, attributes)
    if "bioformats2raw.layout" in attributes:
        assert open_source(group).info.shape == (80, 100)
        return
    assert "damaged" in problem(group)


def test_a_smaller_level_that_is_missing_costs_itself_alone(group):
    described(group, {"multiscales": [multiscale("0", "gone", "1")]})
    info = open_source(group).info
    assert info.levels == ((80, 100),)
    assert info.notes[0].startswith("its smaller levels are left out: ")


@pytest.mark.parametrize("form", ["2, blosc", "2, zlib", "3, zstd", "3, gzip", "3, blosc", "3, shards"])
def test_damaged_chunks(tmp_path, form):
    path = written(tmp_path / "a.zarr", numbers(20, 30), **{**FORMS[form], "shards": None, "chunks": (20, 30)})
    [chunk] = [file for file in path.rglob("*") if file.is_file() and not file.name.startswith((".z", "zarr"))]
    whole = chunk.read_bytes()
    for bad in (b"", whole[: len(whole) // 2], b"\x55" * len(whole), whole[:-9] + bytes(9)):
        chunk.write_bytes(bad)
        try:
            read_all(path, Opening())
        except SourceError as error:
            told = str(error)
        else:
            told = "a.zarr"
        assert "a.zarr" in told
    chunk.write_bytes(b"\x55" * len(whole))
    assert "cannot be decoded" in problem(path)


def test_what_is_no_store(tmp_path):
    (tmp_path / "file.zarr").write_text("text")
    assert "a Zarr store is a folder" in problem(tmp_path / "file.zarr")
    (tmp_path / "void.zarr").mkdir()
    assert "is no Zarr store" in problem(tmp_path / "void.zarr")
    assert "not there any more" in problem(tmp_path / "gone.zarr")


def test_a_structured_array(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", shape=(9, 9), dtype=[("a", "u1"), ("b", "f4")], chunks=(9, 9), zarr_format=2)
    assert "records of a, b" in problem(tmp_path / "a.zarr")
