"""The table of a folder: every source with its header, or with what is wrong; no pixel is read."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.recipe.media import Media
from napari_tiles_creator.sources.arrays.whole import WholeSource
from napari_tiles_creator.sources.tiff.source import TiffSource


@pytest.fixture
def folder(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((20, 30), np.uint16), imagej=True, resolution=(4, 2), metadata={"unit": "um"}
    )
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((3, 20, 30), np.uint8), imagej=True, metadata={"axes": "CYX"})
    Image.fromarray(np.zeros((9, 8, 3), np.uint8)).save(tmp_path / "c.png")
    (tmp_path / "d.tif").write_bytes(b"II*\0")
    (tmp_path / "e.txt").write_text("no image")
    tifffile.imwrite(
        tmp_path / "f.ome.tif", np.zeros((9, 8), np.float32), metadata={"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    )
    return tmp_path


def test_lines_are_those_of_the_interface(folder):
    lines = [found.to_dict() for found in scan(Media(folder=str(folder)))]
    assert all(
        list(line) == ["path", "axes", "shape", "dtype", "pixel_size_um", "pixel_size_from", "problem"]
        for line in lines
    )
    a, b, c, d, f = lines
    assert tuple(a.values()) == ("a.tif", "YX", [20, 30], "uint16", [0.5, 0.25], "ImageJ", None)
    assert tuple(b.values())[:5] == ("b.tif", "CYX", [3, 20, 30], "uint8", None)
    assert tuple(c.values())[:5] == ("c.png", "YXS", [9, 8, 3], "uint8", None)
    assert tuple(d.values())[:6] == ("d.tif", None, None, None, None, None)
    assert d["problem"].startswith("d.tif")
    assert tuple(f.values()) == ("f.ome.tif", "YX", [9, 8], "float32", 0.5, "OME", None)


def test_scanning_reads_no_pixel(folder, monkeypatch):
    """Bug 12 of the reference: every image was decoded to show its shape."""

    def refuse(*_, **__):
        raise AssertionError("a pixel was read")

    monkeypatch.setattr(TiffSource, "read", refuse)
    monkeypatch.setattr(WholeSource, "read", refuse)
    monkeypatch.setattr(tifffile.TiffPage, "asarray", refuse)
    monkeypatch.setattr(tifffile.FileHandle, "read_segments", refuse)
    monkeypatch.setattr("imagecodecs.png_decode", refuse)
    monkeypatch.setattr(np, "fromfile", refuse)
    assert len(list(scan(Media(folder=str(folder))))) == 5


def test_media_settings_reach_the_files(folder):
    (only,) = scan(Media(folder=str(folder), pattern="b*", rgb=None))
    assert only.found.name == "b.tif"
    (fails,) = scan(Media(folder=str(folder), pattern="a.tif", series=3))
    assert "has no image 3 (media.series)" in fails.problem


def test_a_missing_folder_is_an_error_of_its_own(tmp_path):
    with pytest.raises(SourceError, match="no such folder"):
        list(scan(Media(folder=str(tmp_path / "x"))))


def test_an_ome_image_in_several_files_is_one_source(tmp_path):
    """Each file tells of the whole; written by tifffile as a set whose metadata name all files."""
    planes = np.random.default_rng(0).integers(0, 999, (2, 40, 50), np.uint16)
    blocks = "".join(
        f'<TiffData IFD="0" FirstZ="{z}" FirstT="0" FirstC="0" PlaneCount="1">'
        f'<UUID FileName="set_z{z}.ome.tif">urn:uuid:0000000{z}-0000-4000-8000-000000000000</UUID></TiffData>'
        for z in range(2)
    )
    for z, plane in enumerate(planes):
        xml = (
            '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="urn:uuid:0000000{z}-0000-4000-8000-000000000000"><Image ID="Image:0"><Pixels ID="Pixels:0" '
            'DimensionOrder="XYZCT" Type="uint16" SizeX="50" SizeY="40" SizeZ="2" SizeC="1" SizeT="1">'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{blocks}</Pixels></Image></OME>'
        )
        tifffile.imwrite(tmp_path / f"set_z{z}.ome.tif", plane, description=xml, metadata=None)
    tifffile.imwrite(tmp_path / "set_z2.tif", planes[0])
    items = list(scan(Media(folder=str(tmp_path))))
    assert [item.found.name for item in items] == ["set_z0.ome.tif", "set_z2.tif"]
    assert (items[0].info.axes, items[0].info.shape) == ("ZYX", (2, 40, 50))
    # Alone it is listed, for there is nobody else to stand for it.
    assert [item.found.name for item in scan(Media(folder=str(tmp_path / "set_z1.ome.tif")))] == ["set_z1.ome.tif"]
