"""TIFF in all its forms: any rectangle equals tifffile's whole image, and only the segments it touches are decoded."""

import io
import logging
import uuid

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source
from source_problems import read_all
from strategies import boxes_in

HEIGHT, WIDTH = 61, 83


def noise(dtype: str, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind == "f":
        return rng.normal(0, 100, shape).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, kind.newbyteorder("="), endpoint=True).astype(kind)


def smooth(*shape: int) -> np.ndarray:
    """Return 8-bit pixels that JPEG keeps well."""
    y, x = np.indices(shape[:2])
    image = (127 + 60 * np.sin(y / 9) + 60 * np.cos(x / 7)).astype(np.uint8)
    return image if len(shape) == 2 else np.stack([image, 255 - image, image // 2], axis=-1)


GREY = (HEIGHT, WIDTH)
RGB = (HEIGHT, WIDTH, 3)
FORMS = {
    # pixels, how tifffile writes them
    **{
        f"plain {dtype}": (noise(dtype, *GREY), {})
        for dtype in ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64", "uint64")
    },
    "strips of 1": (noise("uint16", *GREY), {"rowsperstrip": 1}),
    "strips of 7": (noise("uint16", *GREY), {"rowsperstrip": 7}),
    "strips, big-endian": (noise(">u2", *GREY), {"rowsperstrip": 7, "byteorder": ">"}),
    "one strip, big-endian": (noise(">f4", *GREY), {"byteorder": ">"}),
    "tiles, big-endian": (noise(">u2", *GREY), {"tile": (16, 32), "byteorder": ">"}),
    "tiles": (noise("uint16", *GREY), {"tile": (16, 32)}),
    "tiles larger than the image": (noise("uint8", *GREY), {"tile": (128, 128)}),
    "tiles, BigTIFF": (noise("uint16", *GREY), {"tile": (32, 16), "bigtiff": True}),
    "strips, BigTIFF": (noise("uint16", *GREY), {"rowsperstrip": 9, "bigtiff": True}),
    "one bit": (noise("bool", *GREY), {}),
    "one bit, strips": (noise("bool", *GREY), {"rowsperstrip": 5}),
    "floats, predictor": (noise("float32", *GREY), {"compression": "zlib", "predictor": 3, "tile": (16, 16)}),
    "integers, predictor": (noise("uint16", *GREY), {"compression": "zlib", "predictor": 2, "rowsperstrip": 8}),
    "lzw, predictor": (noise("uint8", *RGB), {"compression": "lzw", "predictor": 2, "photometric": "rgb"}),
    **{
        f"{codec} {form}": (noise("uint16", *GREY), {"compression": codec, **how})
        for codec in ("zlib", "lzw", "zstd", "packbits", "lzma", "deflate", "lerc", "png", "jpeg2000")
        for form, how in {"strips": {"rowsperstrip": 10}, "tiles": {"tile": (32, 32)}}.items()
    },
    "jpeg tiles": (smooth(*GREY), {"compression": "jpeg", "tile": (16, 32)}),
    "jpeg strips": (smooth(*GREY), {"compression": "jpeg", "rowsperstrip": 16}),
    "jpeg colour tiles": (smooth(*RGB), {"compression": "jpeg", "tile": (32, 32), "photometric": "rgb"}),
    "RGB, pixel by pixel": (noise("uint8", *RGB), {"photometric": "rgb"}),
    "RGB 16 bit, strips": (noise("uint16", *RGB), {"photometric": "rgb", "rowsperstrip": 7}),
    "RGB tiles": (noise("uint8", *RGB), {"photometric": "rgb", "tile": (16, 48)}),
    "RGB zlib": (noise("uint8", *RGB), {"photometric": "rgb", "compression": "zlib", "rowsperstrip": 11}),
}
# Colours in separate planes: the file's array is (s, y, x).
PLANAR = {
    "planes": {},
    "planes, strips": {"rowsperstrip": 7},
    "planes, zlib tiles": {"tile": (16, 32), "compression": "zlib"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All forms as files."""
    folder = tmp_path_factory.mktemp("tiff")
    for number, (image, how) in enumerate(FORMS.values()):
        how = {"photometric": "minisblack", **how}
        tifffile.imwrite(folder / f"{number}.tif", image, **how)
    return folder


@settings(max_examples=8)
@given(st.data())
@pytest.mark.parametrize("form", list(FORMS))
def test_any_rectangle_is_that_of_tifffiles_image(folder, form, data):
    path = folder / f"{list(FORMS).index(form)}.tif"
    expected = tifffile.imread(path)
    source = open_source(path)
    try:
        info = source.info
        assert info.axes == ("YXS" if expected.ndim == 3 else "YX")
        assert info.shape == expected.shape
        assert info.dtype == expected.dtype
        assert info.dtype.isnative
        box = data.draw(boxes_in(HEIGHT, WIDTH))
        found = source.read(box)
        assert found.dtype == info.dtype
        np.testing.assert_array_equal(found, expected[box.slices])
        np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), expected)
    finally:
        source.close()


@pytest.mark.parametrize("form", [form for form in FORMS if "jpeg " not in form])
def test_lossless_forms_give_back_what_was_written(folder, opened, form):
    source = opened(folder / f"{list(FORMS).index(form)}.tif")
    np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), FORMS[form][0])


@pytest.mark.parametrize("how", list(PLANAR))
def test_colours_in_separate_planes(tmp_path, opened, how):
    image = noise("uint8", *RGB)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.moveaxis(image, -1, 0), photometric="rgb", planarconfig="separate", **PLANAR[how])
    source = opened(path)
    assert source.info.is_rgb
    assert source.info.plane_shape == GREY
    for box in (Box(0, 0, *GREY), Box(13, 20, 30, 41)):
        np.testing.assert_array_equal(source.read(box), image[box.slices])


STACKS = {
    # axes, shape
    "TYX": (4,),
    "ZYX": (5,),
    "CYX": (3,),
    "ZCYX": (3, 2),
    "TZYX": (2, 3),
    "TZCYX": (2, 3, 2),
}


@pytest.mark.parametrize("how", ["imagej", "ome", "ome zlib", "ome tiles"])
@pytest.mark.parametrize("axes", list(STACKS))
def test_planes_of_stacks(tmp_path, opened, axes, how):
    image = noise("uint16", *STACKS[axes], *GREY)
    path = tmp_path / ("a.tif" if how == "imagej" else "a.ome.tif")
    form = {"ome zlib": {"compression": "zlib", "rowsperstrip": 9}, "ome tiles": {"tile": (16, 16)}}.get(how, {})
    tifffile.imwrite(path, image, imagej=how == "imagej", photometric="minisblack", metadata={"axes": axes}, **form)
    source = opened(path)
    assert (source.info.axes, source.info.shape) == (axes, image.shape)
    lengths = dict(zip(axes, image.shape, strict=True))
    box = Box(7, 30, 40, 45)
    for t in range(lengths.get("T", 1)):
        for z in range(lengths.get("Z", 1)):
            index = tuple({"T": t, "Z": z}[axis] for axis in axes if axis in "TZ")
            plane = image[index][(..., *box.slices)]
            np.testing.assert_array_equal(source.read(box, z=z, t=t), plane)
            for c in range(lengths.get("C", 0)):
                np.testing.assert_array_equal(source.read(box, z=z, t=t, channel=c), plane[c])


def test_colour_stacks(tmp_path, opened):
    image = noise("uint8", 3, *RGB)
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, photometric="rgb", metadata={"axes": "ZYXS"})
    source = opened(tmp_path / "a.tif")
    assert source.info.axes == "ZYXS"
    np.testing.assert_array_equal(source.read(Box(1, 2, 30, 40), z=2), image[2, 1:31, 2:42])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_samples_that_are_no_colour_are_channels(tmp_path, opened, compression):
    image = noise("uint16", HEIGHT, WIDTH, 5)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, photometric="minisblack", planarconfig="contig", compression=compression)
    source = opened(path)
    assert source.info.axes == "YXC"
    box = Box(3, 4, 20, 30)
    np.testing.assert_array_equal(source.read(box), np.moveaxis(image[box.slices], -1, 0))
    np.testing.assert_array_equal(source.read(box, channel=4), image[box.slices][..., 4])


def test_rgb_overrules_the_files_word(tmp_path, opened):
    image = noise("uint8", *RGB)
    tifffile.imwrite(tmp_path / "colour.tif", image, photometric="rgb")
    tifffile.imwrite(tmp_path / "channels.tif", image, photometric="minisblack", planarconfig="contig")
    channels, colour = opened(tmp_path / "colour.tif", rgb=False), opened(tmp_path / "channels.tif", rgb=True)
    assert (channels.info.axes, colour.info.axes) == ("YXC", "YXS")
    whole = Box(0, 0, *GREY)
    np.testing.assert_array_equal(channels.read(whole), np.moveaxis(image, -1, 0))
    np.testing.assert_array_equal(colour.read(whole), image)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_alpha_is_left_out_and_said_so(tmp_path, opened, compression):
    image = noise("uint8", HEIGHT, WIDTH, 4)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image, photometric="rgb", extrasamples=["unassalpha"], compression=compression)
    source = opened(path)
    assert (source.info.axes, source.info.shape) == ("YXS", RGB)
    assert source.info.notes == ("its alpha channel is left out",)
    np.testing.assert_array_equal(source.read(Box(0, 0, *GREY)), image[..., :3])


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "group4"])
def test_files_written_by_pillow(tmp_path, opened, compression):
    image = noise("bool" if compression == "group4" else "uint8", *GREY)
    Image.fromarray(image).save(tmp_path / "a.tif", compression=compression)
    np.testing.assert_array_equal(opened(tmp_path / "a.tif").read(Box(5, 6, 50, 60)), image[5:55, 6:66])


SEGMENTS = [
    # how it is written, box, strips or tiles that it touches
    pytest.param({"rowsperstrip": 10, "compression": "zlib"}, Box(0, 0, 10, 83), 1, id="first strip"),
    pytest.param({"rowsperstrip": 10, "compression": "zlib"}, Box(9, 40, 2, 2), 2, id="two strips"),
    pytest.param({"rowsperstrip": 10, "compression": "zlib"}, Box(60, 0, 1, 1), 1, id="last short strip"),
    pytest.param({"rowsperstrip": 10, "compression": "zlib"}, Box(0, 0, 61, 83), 7, id="all strips"),
    pytest.param({"tile": (16, 32), "compression": "zlib"}, Box(0, 0, 16, 32), 1, id="one tile"),
    pytest.param({"tile": (16, 32), "compression": "zlib"}, Box(15, 31, 2, 2), 4, id="a corner of four"),
    pytest.param({"tile": (16, 32), "compression": "zlib"}, Box(20, 0, 5, 83), 3, id="one row of tiles"),
    pytest.param({"tile": (16, 32)}, Box(48, 64, 13, 19), 1, id="last tile, not compressed"),
]


@pytest.mark.parametrize(("how", "box", "touched"), SEGMENTS)
def test_only_the_segments_that_a_box_touches_are_decoded(tmp_path, opened, monkeypatch, how, box, touched):
    tifffile.imwrite(tmp_path / "a.tif", noise("uint16", *GREY), **how)
    source = opened(tmp_path / "a.tif")
    assert source.decoded_segments == 0  # a header is no pixel
    asked = []
    read_segments = tifffile.FileHandle.read_segments

    def counted(self, offsets, bytecounts, *args, **settings):
        asked.extend(offsets)
        return read_segments(self, offsets, bytecounts, *args, **settings)

    monkeypatch.setattr(tifffile.FileHandle, "read_segments", counted)
    source.read(box)
    assert len(set(asked)) == len(asked) == touched  # what was fetched from the file
    assert source.decoded_segments == touched


def test_uncompressed_rows_are_read_without_the_rest(tmp_path, opened, monkeypatch):
    pixels = noise("uint16", *GREY)
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    source = opened(tmp_path / "a.tif")
    counts = []
    fromfile = np.fromfile

    def counted(file, dtype, count, **settings):
        counts.append(count)
        return fromfile(file, dtype, count, **settings)

    monkeypatch.setattr(np, "fromfile", counted)
    assert np.array_equal(source.read(Box(30, 0, 4, WIDTH - 1)), pixels[30:34, :-1])
    assert counts == [4 * WIDTH]
    assert np.array_equal(source.read(Box(30, 10, 4, 5)), pixels[30:34, 10:15])  # a few columns: not even the rows
    assert counts == [4 * WIDTH]


def ome_set(folder, planes, **how):
    """Write an OME image whose channels lie in files of their own, each naming all."""
    ids = [f"urn:uuid:{uuid.UUID(int=k)}" for k in range(len(planes))]
    data = "".join(
        f'<TiffData FirstC="{k}" IFD="0" PlaneCount="1"><UUID FileName="part{k}.ome.tif">{ids[k]}</UUID></TiffData>'
        for k in range(len(planes))
    )
    for k, plane in enumerate(planes):
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{ids[k]}"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" '
            f'SizeX="{WIDTH}" SizeY="{HEIGHT}" SizeC="{len(planes)}" SizeZ="1" SizeT="1">{data}</Pixels></Image></OME>'
        )
        tifffile.imwrite(folder / f"part{k}.ome.tif", plane, description=xml, metadata=None, **how)


@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "rowsperstrip": 9}], ids=["plain", "zlib"])
def test_an_ome_image_in_several_files_is_read_from_each_its_own(tmp_path, opened, how):
    planes = noise("uint16", 3, *GREY)
    ome_set(tmp_path, planes, **how)
    for k in range(3):
        source = opened(tmp_path / f"part{k}.ome.tif")
        assert source.info.axes == "CYX"
        for box in (Box(0, 0, *GREY), Box(20, 30, 7, 9)):
            np.testing.assert_array_equal(source.read(box), planes[:, box.y : box.y_stop, box.x : box.x_stop])
            np.testing.assert_array_equal(source.read(box, channel=1), planes[1][box.slices])


def test_a_missing_file_of_a_set_is_no_black_plane(tmp_path, opened, caplog):
    planes = noise("uint16", 2, *GREY)
    ome_set(tmp_path, planes)
    (tmp_path / "part1.ome.tif").unlink()
    with caplog.at_level(logging.CRITICAL, "tifffile"):
        source = opened(tmp_path / "part0.ome.tif")
        np.testing.assert_array_equal(source.read(Box(0, 0, *GREY), channel=0), planes[0])
        with pytest.raises(SourceError, match=r"part0\.ome\.tif: plane 1 is missing"):
            source.read(Box(0, 0, *GREY), channel=1)


def test_several_images_in_a_file(tmp_path, opened):
    images = [noise("uint8", 20, 30), noise("uint16", 40, 50)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for image in images:
            file.write(image, contiguous=False)
    for k, image in enumerate(images):
        source = opened(tmp_path / "a.tif", series=k)
        assert source.info.shape == image.shape
        assert "it holds 2 images, of which one is taken (media.series)" in source.info.notes
        np.testing.assert_array_equal(source.read(Box(2, 3, 15, 20)), image[2:17, 3:23])
    with pytest.raises(SourceError, match=r"a\.tif: has no image 2 \(media\.series\): it holds 2, from 0"):
        open_source(tmp_path / "a.tif", Opening(series=2))


def test_a_pyramids_levels_are_not_images_of_their_own(tmp_path, opened):
    image = noise("uint8", 256, 256)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        file.write(image, subifds=1, tile=(64, 64))
        file.write(image[::2, ::2], subfiletype=1, tile=(64, 64))
    source = opened(tmp_path / "a.ome.tif")
    assert (source.info.shape, source.info.notes) == ((256, 256), ())
    np.testing.assert_array_equal(source.read(Box(100, 100, 50, 60)), image[100:150, 100:160])


def test_threads_read_at_once(tmp_path, opened):
    from concurrent.futures import ThreadPoolExecutor

    image = noise("uint16", 300, 300)
    tifffile.imwrite(tmp_path / "a.tif", image, tile=(32, 32), compression="zlib")
    source = opened(tmp_path / "a.tif")
    boxes = [Box(y, x, 70, 50) for y in range(0, 230, 23) for x in range(0, 250, 25)]
    with ThreadPoolExecutor(8) as pool:
        for box, found in zip(boxes, pool.map(source.read, boxes), strict=True):
            np.testing.assert_array_equal(found, image[box.slices])


@pytest.mark.parametrize(
    ("image", "how", "complaint"),
    [
        pytest.param(
            np.zeros((3, 9, 9), np.uint8),
            {"metadata": None},
            "the file does not tell what its axes are: say it with --axes, such as ZYX, CYX or TYX ",
            id="planes",
        ),
        pytest.param(np.zeros((9, 9), np.complex64), {}, "complex64 pixels cannot be tiled", id="complex"),
        pytest.param(
            np.zeros((2, 9, 9, 3), np.uint8),
            {"imagej": True, "photometric": "rgb", "metadata": {"axes": "CYXS"}},
            "several channels, each in colour",
            id="channels in colour",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused(tmp_path, image, how, complaint):
    """Bug 11 of the reference: a multichannel image raised in the middle of the batch. Here it is told beforehand."""
    tifffile.imwrite(tmp_path / "odd.tif", image, **{"photometric": "minisblack", **how})
    with pytest.raises(SourceError, match=rf"odd\.tif: .*{complaint}"):
        open_source(tmp_path / "odd.tif")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"rowsperstrip": 7},
        {"tile": (16, 16)},
        *({"compression": codec, "rowsperstrip": 7} for codec in ("zlib", "lzw", "zstd", "packbits", "jpeg")),
    ],
    ids=str,
)
def test_a_file_cut_short_fails_instead_of_giving_black_pixels(tmp_path, how, share, caplog):
    out = io.BytesIO()
    tifffile.imwrite(out, smooth(*GREY) if how.get("compression") == "jpeg" else noise("uint8", *GREY), **how)
    whole = out.getvalue()
    path = tmp_path / "short.tif"
    path.write_bytes(whole[: int(len(whole) * share)])
    with caplog.at_level(logging.CRITICAL, "tifffile"), pytest.raises(SourceError, match=r"short\.tif"):
        read_all(path)


def test_damaged_pixels_are_a_source_error(tmp_path, opened):
    path = tmp_path / "bad.tif"
    tifffile.imwrite(path, noise("uint16", *GREY), compression="zlib", rowsperstrip=10)
    with tifffile.TiffFile(path) as file:
        at = file.pages[0].dataoffsets[2]
    data = bytearray(path.read_bytes())
    data[at : at + 200] = b"\xff" * 200
    path.write_bytes(data)
    source = opened(path)
    np.testing.assert_array_equal(source.read(Box(0, 0, 20, 83)), noise("uint16", *GREY)[:20])
    with pytest.raises(SourceError, match=r"^bad\.tif is damaged or cut short: its pixels cannot be decoded \("):
        source.read(Box(20, 0, 5, 83))


def test_channel_names(tmp_path, opened):
    names = ["DAPI", "GFP", "RFP"]
    tifffile.imwrite(
        tmp_path / "ij.tif",
        np.zeros((2, 3, 9, 9), np.uint16),
        imagej=True,
        metadata={"axes": "ZCYX", "Labels": names * 2},
    )
    tifffile.imwrite(
        tmp_path / "ome.ome.tif",
        np.zeros((3, 9, 9), np.uint16),
        photometric="minisblack",
        metadata={"axes": "CYX", "Channel": {"Name": names}},
    )
    for name in ("ij.tif", "ome.ome.tif"):
        assert opened(tmp_path / name).info.channel_names == tuple(names)


def write_pyramid(path, levels, **settings):
    """Write levels as one image whose smaller ones lie in its sub-directories."""
    with tifffile.TiffWriter(path, ome=path.name.endswith(".ome.tif")) as file:
        file.write(levels[0], subifds=len(levels) - 1, **settings)
        settings.pop("metadata", None)
        for level in levels[1:]:
            file.write(level, subfiletype=1, **settings)


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif"])
@pytest.mark.parametrize("settings", [{"tile": (32, 48)}, {"tile": (32, 48), "compression": "zlib"}, {}])
def test_levels_of_a_pyramid(tmp_path, opened, name, settings):
    full = noise("uint16", 201, 150)
    levels = [full, full[:200:2, ::2], full[1:198:4, 1::4]]
    write_pyramid(tmp_path / name, levels, **settings)
    source = opened(tmp_path / name)
    assert source.info.levels == ((201, 150), (100, 75), (50, 38))
    for number, level in enumerate(levels):
        box = Box(7, 3, 31, 29)
        assert np.array_equal(source.read(box, level=number), level[box.slices])
    before = source.decoded_segments
    source.read(Box(0, 0, 50, 38), level=2)
    assert source.decoded_segments - before <= 2


def test_levels_of_a_stack_and_of_colours(tmp_path, opened):
    stack = noise("uint8", 3, 2, 64, 80)
    write_pyramid(
        tmp_path / "stack.ome.tif",
        [stack, stack[..., ::2, ::2]],
        tile=(16, 16),
        photometric="minisblack",
        metadata={"axes": "ZCYX"},
    )
    source = opened(tmp_path / "stack.ome.tif")
    assert source.info.levels == ((64, 80), (32, 40))
    assert np.array_equal(source.read(Box(1, 2, 20, 30), z=2, level=1), stack[2, :, ::2, ::2][:, 1:21, 2:32])
    colours = noise("uint8", 64, 80, 3)
    write_pyramid(tmp_path / "rgb.tif", [colours, colours[::2, ::2]], tile=(16, 16), photometric="rgb")
    source = opened(tmp_path / "rgb.tif")
    assert np.array_equal(source.read(Box(1, 2, 20, 30), level=1), colours[::2, ::2][1:21, 2:32])


def test_without_a_pyramid_there_is_the_full_level_alone(tmp_path, opened):
    tifffile.imwrite(tmp_path / "a.tif", noise("uint16", *GREY))
    assert opened(tmp_path / "a.tif").info.levels == ((opened(tmp_path / "a.tif").info.plane_shape),)
