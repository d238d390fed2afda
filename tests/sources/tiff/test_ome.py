"""OME metadata: the image it belongs to, companion files, images in several files."""

import logging
import uuid

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source

HEIGHT, WIDTH = 30, 41
HEAD = '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'

SIZES = 'PhysicalSizeX="0.5" PhysicalSizeY="0.5"'


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 60000, (*shape, HEIGHT, WIDTH), np.uint16)


def image_xml(number: int, channels: int, more: str = "", inside: str = "") -> str:
    return (
        f'<Image ID="Image:{number}" Name="field {number}"><Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" '
        f'Type="uint16" SizeX="{WIDTH}" SizeY="{HEIGHT}" SizeC="{channels}" SizeZ="1" SizeT="1" {more}>{inside}'
        f"</Pixels></Image>"
    )


def write_set(folder, planes) -> list[str]:
    """Write an image whose channels lie in files of their own, each of which names all."""
    ids = [f"urn:uuid:{uuid.UUID(int=k)}" for k in range(len(planes))]
    names = [f"part{k}.ome.tif" for k in range(len(planes))]
    data = "".join(
        f'<TiffData FirstC="{k}" IFD="0" PlaneCount="1"><UUID FileName="{name}">{ids[k]}</UUID></TiffData>'
        for k, name in enumerate(names)
    )
    for k, plane in enumerate(planes):
        xml = f'{HEAD} UUID="{ids[k]}">{image_xml(0, len(planes), SIZES, data)}</OME>'
        tifffile.imwrite(folder / names[k], plane, description=xml, metadata=None)
    return names


def test_an_image_in_several_files_says_so_in_each(tmp_path, opened):
    planes = pixels(3)
    names = write_set(tmp_path, planes)
    infos = [opened(tmp_path / name).info for name in names]
    assert infos[0].notes == ("its planes lie in 3 files",)
    for name, info in zip(names[1:], infos[1:], strict=True):
        assert info.notes == (
            "it holds a part of an image in 3 files, which is the same from part0.ome.tif on: "
            "leave this one out (media.exclude)",
        ), name
    assert {info.files for info in infos} == {tuple(tmp_path / name for name in names)}
    assert {info.shape for info in infos} == {planes.shape}
    assert {str(info.pixel_size) for info in infos} == {"0.5"}
    for name in names:
        np.testing.assert_array_equal(opened(tmp_path / name).read(Box(0, 0, HEIGHT, WIDTH)), planes)


def test_a_file_of_the_set_that_is_missing(tmp_path, opened, caplog):
    planes = pixels(3)
    write_set(tmp_path, planes)
    (tmp_path / "part1.ome.tif").unlink()
    with caplog.at_level(logging.CRITICAL, "tifffile"):
        info = opened(tmp_path / "part0.ome.tif").info
    assert "1 of its 3 planes are missing: is a file that belongs to it?" in info.notes
    assert info.files == (tmp_path / "part0.ome.tif", tmp_path / "part2.ome.tif")


def test_each_image_of_a_file_has_its_own_metadata(tmp_path, opened):
    images = [pixels(2), pixels(3)]
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for k, image in enumerate(images):
            size = {"PhysicalSizeX": 0.25 * (k + 1), "PhysicalSizeY": 0.5 * (k + 1)}
            names = {"Name": [f"{k}-{c}" for c in range(len(image))]}
            metadata = {"axes": "CYX", "Channel": names, "Name": f"well {k}", **size}
            file.write(image, metadata=metadata, photometric="minisblack")
    for k, image in enumerate(images):
        source = opened(tmp_path / "a.ome.tif", series=k)
        info = source.info
        assert (info.pixel_size.y_um, info.pixel_size.x_um) == (0.5 * (k + 1), 0.25 * (k + 1))
        assert info.channel_names == tuple(f"{k}-{c}" for c in range(len(image)))
        assert info.notes == ("it holds 2 images (0 well 0, 1 well 1), of which one is taken (media.series)",)
        np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), image)


def binary_only(folder, planes, companion: str) -> None:
    xml = f'{HEAD}><BinaryOnly MetadataFile="{companion}" UUID="urn:uuid:{uuid.UUID(int=9)}"/></OME>'
    tifffile.imwrite(folder / "a.ome.tif", planes, description=xml, metadata=None, photometric="minisblack")


def test_a_companion_file_gives_the_size(tmp_path, opened):
    binary_only(tmp_path, pixels(), "set.companion.ome")
    unit = 'PhysicalSizeX="300" PhysicalSizeXUnit="nm" PhysicalSizeY="0.6"'
    xml = f"{HEAD}>{image_xml(0, 1, unit)}</OME>"
    (tmp_path / "set.companion.ome").write_text(xml)
    info = opened(tmp_path / "a.ome.tif").info
    assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((0.6, 0.3))
    assert info.notes == ("its metadata lies in set.companion.ome, of which the axes and other files are not followed",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("set.companion.ome", None, "set.companion.ome, which is missing"),
        ("C:\\data\\set.companion.ome", None, "set.companion.ome, which is missing"),
        ("set.companion.ome", "<OME", "set.companion.ome, which is damaged"),
    ],
)
def test_a_companion_file_that_is_no_help(tmp_path, opened, name, content, said):
    binary_only(tmp_path, pixels(), name)
    if content:
        (tmp_path / "set.companion.ome").write_text(content)
    source = opened(tmp_path / "a.ome.tif")
    assert source.info.notes == (f"its metadata lies in {said}",)
    assert source.info.pixel_size is None
    np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), pixels())


def test_planes_whose_axes_lie_in_a_companion_are_asked(tmp_path):
    binary_only(tmp_path, pixels(3), "set.companion.ome")
    with pytest.raises(OSError, match=r"a\.ome\.tif: .*say it with --axes, such as ZYX, CYX or TYX"):
        open_source(tmp_path / "a.ome.tif")


@pytest.mark.parametrize("year", ["2008-02", "2013-06", "2016-06"])
def test_schemas_of_all_years(tmp_path, opened, year):
    head = HEAD.replace("2016-06", year)
    xml = f"{head}>{image_xml(0, 1, SIZES)}</OME>"
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels(), description=xml, metadata=None)
    info = opened(tmp_path / "a.ome.tif").info
    assert (str(info.pixel_size), info.pixel_size_from) == ("0.5", "OME")
