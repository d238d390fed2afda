"""Converted images, read back by tifffile and zarr, pixel by pixel."""

import subprocess
import sys
import tracemalloc
import zlib
from contextlib import closing

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from PIL import Image

from coordinate_image import coordinate_image
from napari_tiles_creator.engine.convert.convert import convert_steps
from napari_tiles_creator.engine.convert.request import Request
from napari_tiles_creator.engine.steps import Progress, Warned, result_of
from napari_tiles_creator.errors import ExportError, SourceError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.media import Media
from napari_tiles_creator.sources.registry import open_source
from peak_memory import PEAK

AXES = {"YX": (), "ZYX": (3,), "CYX": (2,), "TZCYX": (2, 3, 2), "CZYX": (2, 3), "TCYX": (2, 3)}


def convert(source, target, **changes):
    return result_of(convert_steps(Request(str(source), target, **changes)))


def write_stack(path, axes, dtype="uint16", shape=(130, 210)):
    """Write an image whose every pixel differs, in the given order of axes."""
    pixels = coordinate_image(*shape, *AXES[axes], dtype=dtype)
    metadata = {"axes": axes, "PhysicalSizeY": 0.5, "PhysicalSizeX": 0.25}
    metadata |= {"PhysicalSizeYUnit": "µm", "PhysicalSizeXUnit": "µm"}
    if "C" in axes:
        metadata["Channel"] = {"Name": [f"dye {n}" for n in range(pixels.shape[axes.index("C")])]}
    tifffile.imwrite(path, pixels, ome=True, metadata=metadata, tile=(64, 48), compression="zlib")
    return pixels


def zarr_array(path, level=0):
    group = zarr.open_group(path, mode="r")
    return group[group.attrs["ome"]["multiscales"][0]["datasets"][level]["path"]]


@pytest.mark.parametrize("axes", AXES)
def test_every_plane_and_channel_is_kept_in_tiff(tmp_path, axes):
    pixels = write_stack(tmp_path / "in.ome.tif", axes)
    result = convert(tmp_path / "in.ome.tif", tmp_path / "out.ome.tif")
    with tifffile.TiffFile(tmp_path / "out.ome.tif") as file:
        series = file.series[0]
        assert file.is_bigtiff
        assert file.is_ome
        assert len(file.series) == 1
        assert series.axes == axes
        assert series.keyframe.is_tiled
        assert np.array_equal(series.asarray(), pixels)
        assert series.dtype == pixels.dtype
        for name in result.info.channel_names:
            assert f'Name="{name}"' in file.ome_metadata
    with closing(open_source(tmp_path / "out.ome.tif")) as source:
        assert source.info.pixel_size == PixelSize(0.5, 0.25)


@pytest.mark.parametrize("axes", AXES)
def test_every_plane_and_channel_is_kept_in_zarr(tmp_path, axes):
    pixels = write_stack(tmp_path / "in.ome.tif", axes)
    convert(tmp_path / "in.ome.tif", tmp_path / "out.ome.zarr")
    group = zarr.open_group(tmp_path / "out.ome.zarr", mode="r")
    image = group.attrs["ome"]["multiscales"][0]
    names = "".join(axis["name"] for axis in image["axes"]).upper()
    # OME-Zarr asks for time, channel, space.
    assert names == "".join(axis for axis in "TCZYX" if axis in axes)
    stored = zarr_array(tmp_path / "out.ome.zarr")
    assert np.array_equal(stored[:], pixels.transpose([axes.index(axis) for axis in names]))
    assert [axis.get("unit") for axis in image["axes"]][-2:] == ["micrometer"] * 2
    assert image["datasets"][0]["coordinateTransformations"][0]["scale"][-2:] == [0.5, 0.25]
    if "C" in axes:
        labels = [channel["label"] for channel in group.attrs["ome"]["omero"]["channels"]]
        assert labels == [f"dye {n}" for n in range(stored.shape[names.index("C")])]


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_channels_need_no_names(tmp_path, name):
    pixels = coordinate_image(40, 50, 3, dtype="uint16")
    np.save(tmp_path / "in.npy", pixels)
    convert(tmp_path / "in.npy", tmp_path / name, media=Media(axes="CYX"))
    found = tifffile.imread(tmp_path / name) if name == "out.tif" else zarr_array(tmp_path / name)[:]
    assert np.array_equal(found, pixels)


def test_ome_zarr_is_read_by_its_own_library(tmp_path):
    pixels = write_stack(tmp_path / "in.ome.tif", "CYX", shape=(1300, 2500))
    convert(tmp_path / "in.ome.tif", tmp_path / "out.ome.zarr")
    (node,) = list(Reader(parse_url(tmp_path / "out.ome.zarr"))())
    assert [level.shape for level in node.data] == [(2, 1300, 2500), (2, 650, 1250), (2, 325, 625)]
    assert np.array_equal(node.data[0].compute(), pixels)
    assert node.metadata["channel_names"] == ["dye 0", "dye 1"]


DTYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("compression", ["zlib", "zstd", "lzw", "none"])
def test_every_type_and_compression_is_exact_in_tiff(tmp_path, dtype, compression):
    rng = np.random.default_rng(0)
    pixels = rng.random((700, 530)) < 0.5 if dtype == "bool" else (rng.normal(size=(700, 530)) * 1e3).astype(dtype)
    pixels[:520] = pixels[0, 0]  # whole tiles of one value
    np.save(tmp_path / "in.npy", pixels)
    convert(tmp_path / "in.npy", tmp_path / "out.tif", compression=compression)
    found = tifffile.imread(tmp_path / "out.tif")
    assert found.dtype == pixels.dtype
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("dtype", [*DTYPES, "uint64", "int64", "float16"])
@pytest.mark.parametrize("compression", ["zstd", "zlib", "none"])
def test_every_type_and_compression_is_exact_in_zarr(tmp_path, dtype, compression):
    rng = np.random.default_rng(0)
    pixels = rng.random((70, 53)) < 0.5 if dtype == "bool" else (rng.normal(size=(70, 53)) * 1e3).astype(dtype)
    np.save(tmp_path / "in.npy", pixels)
    convert(tmp_path / "in.npy", tmp_path / "out.zarr", compression=compression)
    found = zarr_array(tmp_path / "out.zarr")
    assert found.dtype == pixels.dtype
    assert np.array_equal(found[:], pixels)


@settings(max_examples=30)
@given(
    plane=st.tuples(st.integers(1, 1400), st.integers(1, 1400)),
    form=st.sampled_from(["strips", "tiles", "plain", "h5", "png"]),
    rows=st.sampled_from([16, 48, 112, 640]),
    memory=st.sampled_from([1 << 20, 1 << 28]),
)
def test_any_form_of_source_gives_the_same_pixels(tmp_path_factory, plane, form, rows, memory):
    folder = tmp_path_factory.mktemp("convert")
    pixels = coordinate_image(*plane, dtype="uint16")
    source = folder / "in.tif"
    if form == "strips":
        tifffile.imwrite(source, pixels, rowsperstrip=rows, compression="zlib")
    elif form == "tiles":
        tifffile.imwrite(source, pixels, tile=(rows, 80), compression="zlib")
    elif form == "plain":
        tifffile.imwrite(source, pixels)
    elif form == "png":
        source = folder / "in.png"
        Image.fromarray(pixels).save(source)
    else:
        source = folder / "in.h5"
        with h5py.File(source, "w") as file:
            file.create_dataset("image", data=pixels, chunks=(min(rows, plane[0]), min(50, plane[1])))
    convert(source, folder / "out.tif", memory_bytes=memory)
    assert np.array_equal(tifffile.imread(folder / "out.tif"), pixels)


def reference_levels(pixels, labels):
    """Halve again and again with plain numpy, padding by the border."""
    levels = [pixels]
    while max(levels[-1].shape) > 1024:
        last = levels[-1]
        if labels:
            levels.append(last[::2, ::2])
            continue
        padded = np.pad(last, [(0, n % 2) for n in last.shape], mode="edge").astype(np.int64)
        blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
        levels.append(((blocks.sum(axis=(1, 3)) + 2) // 4).astype(pixels.dtype))
    return levels


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("shape", [(2049, 1025), (1100, 4500), (3333, 1), (1024, 1024)])
def test_the_levels_are_halves_of_halves(tmp_path, shape, labels):
    pixels = np.random.default_rng(3).integers(0, 2**16, shape, np.uint16)
    np.save(tmp_path / "in.npy", pixels)
    result = convert(tmp_path / "in.npy", tmp_path / "out.tif", labels=labels)
    convert(tmp_path / "in.npy", tmp_path / "out.zarr", labels=labels)
    expected = reference_levels(pixels, labels)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        levels = file.series[0].levels
        assert len(levels) == len(expected)
        for number, (level, wanted) in enumerate(zip(levels, expected, strict=True)):
            assert np.array_equal(level.asarray(), wanted)
            assert np.array_equal(zarr_array(tmp_path / "out.zarr", number)[:], wanted)
    assert list(result.levels) == [level.shape for level in expected]
    convert(tmp_path / "in.npy", tmp_path / "flat.tif", pyramid=False)
    with tifffile.TiffFile(tmp_path / "flat.tif") as file:
        assert len(file.series[0].levels) == 1


def test_a_mask_of_bits_keeps_its_bits_at_every_level(tmp_path):
    mask = np.random.default_rng(0).random((1500, 1200)) < 0.5
    np.save(tmp_path / "in.npy", mask)
    convert(tmp_path / "in.npy", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert np.array_equal(file.series[0].levels[1].asarray(), mask[::2, ::2])
        assert file.pages.first.bitspersample == 1


def test_colour_stays_colour_in_tiff_and_becomes_channels_in_zarr(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (1100, 700, 3), np.uint8)
    tifffile.imwrite(tmp_path / "in.tif", pixels, photometric="rgb")
    convert(tmp_path / "in.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.series[0].axes == "YXS"
        assert file.pages.first.photometric == tifffile.PHOTOMETRIC.RGB
        assert np.array_equal(file.asarray(), pixels)
    steps = list(convert_steps(Request(str(tmp_path / "in.tif"), tmp_path / "out.zarr")))
    assert [step for step in steps if isinstance(step, Warned)]
    assert np.array_equal(zarr_array(tmp_path / "out.zarr")[:], pixels.transpose(2, 0, 1))
    channels = zarr.open_group(tmp_path / "out.zarr", mode="r").attrs["ome"]["omero"]["channels"]
    assert [channel["color"] for channel in channels] == ["FF0000", "00FF00", "0000FF"]
    assert [channel["window"]["end"] for channel in channels] == [255.0] * 3


def test_equal_tiles_of_one_value_are_stored_once(tmp_path):
    pixels = np.full((4096, 4096), 7, np.uint16)
    pixels[:512, :512] = coordinate_image(512, 512, dtype="uint16")
    np.save(tmp_path / "in.npy", pixels)
    convert(tmp_path / "in.npy", tmp_path / "out.tif", pyramid=False)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages.first
        assert len(page.dataoffsets) == 64
        assert len(set(page.dataoffsets)) == 2
        assert np.array_equal(page.asarray(), pixels)


def test_the_size_of_a_pixel_grows_with_the_levels(tmp_path):
    write_stack(tmp_path / "in.ome.tif", "YX", shape=(3000, 2000))
    convert(tmp_path / "in.ome.tif", tmp_path / "out.zarr")
    (image,) = zarr.open_group(tmp_path / "out.zarr", mode="r").attrs["ome"]["multiscales"]
    scales = [dataset["coordinateTransformations"][0]["scale"] for dataset in image["datasets"]]
    assert scales == [[0.5, 0.25], [1.0, 0.5], [2.0, 1.0]]
    shifts = [dataset["coordinateTransformations"][1:] for dataset in image["datasets"]]
    # The middle of the first pixel of a level, seen from the middle of the full image's first.
    assert shifts[0] == []
    assert shifts[2] == [{"type": "translation", "translation": [0.75, 0.375]}]
    with tifffile.TiffFile(tmp_path / "in.ome.tif") as file:
        assert file.is_ome
    convert(tmp_path / "in.ome.tif", tmp_path / "out.tif")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        x_resolutions = [level.keyframe.tags["XResolution"].value for level in file.series[0].levels]
        assert [a / b for a, b in x_resolutions] == pytest.approx([40_000, 20_000, 10_000])


def test_axes_that_the_file_does_not_tell_are_taken_from_the_user(tmp_path):
    pixels = coordinate_image(60, 70, 3, dtype="uint16")
    np.save(tmp_path / "in.npy", pixels)
    with pytest.raises(SourceError, match="axes"):
        convert(tmp_path / "in.npy", tmp_path / "out.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["in.npy"]
    convert(tmp_path / "in.npy", tmp_path / "out.tif", media=Media(axes="ZYX"))
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.series[0].axes == "ZYX"
        assert np.array_equal(file.asarray(), pixels)


def test_nothing_is_overwritten_and_nothing_left_behind(tmp_path):
    np.save(tmp_path / "in.npy", coordinate_image(40, 50, dtype="uint16"))
    (tmp_path / "out.tif").write_bytes(b"mine")
    (tmp_path / "out.zarr").mkdir()
    for name, words in (
        ("out.tif", "is there already"),
        ("out.zarr", "is there already"),
        ("out.jpg", "ends so"),
        ("none/out.tif", "there is no folder"),
    ):
        with pytest.raises(ExportError, match=words):
            convert(tmp_path / "in.npy", tmp_path / name)
    with pytest.raises(ExportError, match="zlib, zstd, lzw, none"):
        convert(tmp_path / "in.npy", tmp_path / "new.tif", compression="jpeg")
    np.save(tmp_path / "wide.npy", np.zeros((20, 20), np.int64))
    with pytest.raises(ExportError, match="OME-TIFF holds no int64"):
        convert(tmp_path / "wide.npy", tmp_path / "new.tif")
    assert (tmp_path / "out.tif").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npy", "out.tif", "out.zarr", "wide.npy"]


@pytest.mark.parametrize("name", ["out.tif", "out.zarr", "out.rle"])
def test_a_source_that_breaks_off_leaves_nothing(tmp_path, name):
    pixels = np.random.default_rng(0).integers(0, 2**16, (1500, 1500), np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", pixels, tile=(256, 256), compression="zlib")
    data = bytearray((tmp_path / "in.tif").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200_000] = bytes(200_000)
    (tmp_path / "in.tif").write_bytes(data)
    with pytest.raises(SourceError, match=r"in\.tif"):
        convert(tmp_path / "in.tif", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_stopped_midway_it_leaves_nothing(tmp_path, name):
    np.save(tmp_path / "in.npy", coordinate_image(3000, 600, dtype="uint16"))
    steps = convert_steps(Request(str(tmp_path / "in.npy"), tmp_path / name))
    assert next(steps) == Progress(512 * 600, 3000 * 600)
    steps.close()
    assert [path.name for path in tmp_path.iterdir()] == ["in.npy"]


def test_without_a_pyramid_the_range_of_values_comes_from_some_chunks(tmp_path):
    """No plane of it, here 100 MB, is in memory for that, nor what is computed from it."""
    side = 10_000
    group = zarr.create_group(tmp_path / "in.zarr", zarr_format=3)
    data = group.create_array("0", shape=(2, side, side), chunks=(1, 512, 512), dtype="uint8", fill_value=0)
    data[0, :512, :512], data[1, -200:, -200:] = 90, 250
    scale = {"type": "scale", "scale": [1, 1, 1]}
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [
            {
                "axes": [{"name": "c", "type": "channel"}, *({"name": n, "type": "space"} for n in "yx")],
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
            }
        ],
        "omero": {"channels": [{"label": "low"}, {"label": "high"}]},
    }
    tracemalloc.start()
    try:
        convert(tmp_path / "in.zarr", tmp_path / "out.zarr", pyramid=False, workers=1, memory_bytes=32 << 20)
        assert tracemalloc.get_traced_memory()[1] < 90e6
    finally:
        tracemalloc.stop()
    channels = zarr.open_group(tmp_path / "out.zarr", mode="r").attrs["ome"]["omero"]["channels"]
    windows = {channel["label"]: channel["window"] for channel in channels}
    assert [(windows[name]["start"], windows[name]["end"]) for name in ("low", "high")] == [(0, 90), (0, 250)]


MEMORY = f"""{PEAK}
import sys
from pathlib import Path
import tifffile, imagecodecs, zarr
from napari_tiles_creator.engine.convert.convert import convert_steps
from napari_tiles_creator.engine.convert.request import Request
before = peak()
for step in convert_steps(Request(sys.argv[1], Path(sys.argv[2]), memory_bytes=int(sys.argv[3]) << 20)): pass
print((peak() - before) / (1 << 20))
"""


def write_strips(path, side):
    """Write a compressed strip TIFF of noise, strip by strip; every row tells its number."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 200, (64, side + 999), np.uint16)

    def strips():
        for y in range(0, side, 64):
            start = int(rng.integers(0, 999))
            strip = noise[: min(64, side - y), start : start + side] + np.arange(y, min(y + 64, side))[:, None]
            yield zlib.compress(strip.astype(np.uint16), 1)

    tifffile.imwrite(path, strips(), shape=(side, side), dtype=np.uint16, rowsperstrip=64, compression="zlib")


def peak_of(tmp_path, name, memory):
    arguments = [sys.executable, "-c", MEMORY, str(tmp_path / "in.tif"), str(tmp_path / name), str(memory)]
    return float(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_peak_memory_is_bounded(tmp_path, name):
    """An image of 69 MiB in strips, in a part of that."""
    write_strips(tmp_path / "in.tif", 6000)
    assert peak_of(tmp_path, name, 32) < 48
    wanted = tifffile.imread(tmp_path / "in.tif")
    found = tifffile.imread(tmp_path / name) if name == "out.tif" else zarr_array(tmp_path / name)[:]
    assert np.array_equal(found, wanted)


@pytest.mark.large
@pytest.mark.parametrize("name", ["out.tif", "out.zarr"])
def test_an_image_of_20_000_pixels_a_side(tmp_path, name):
    write_strips(tmp_path / "in.tif", 20_000)
    assert peak_of(tmp_path, name, 512) < 300
