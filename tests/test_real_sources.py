"""Every real image is opened as the folder's own README describes it: axes, shape, type, pixel size."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import EXTENSIONS, open_source

FOLDER = Path(os.environ.get("TILES_TEST_DATA", ""))
# What stands in the README's tables without being an image.
NO_IMAGES = (".xml", ".txt")
COUNT = 43


@dataclass(frozen=True)
class Stated:
    """One row of the README.

    Axes are in array order; `pixel_um` is None where there is no size that can be believed.
    """

    name: str
    axes: str
    shape: tuple[int, ...]
    dtype: str
    pixel_um: float | None


def stated_images() -> list[Stated]:
    """Read the README's tables: ``| `file` | what | uint16 3x350x350 CYX | 0.13 µm (ImageJ) | origin | licence |``."""
    if "TILES_TEST_DATA" not in os.environ:
        return []
    folder, found = "", []
    for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines():
        heading = re.match(r"## (\w+)/", line)
        if heading:
            folder = heading[1]
        elif line.startswith("## "):
            folder = ""
        row = re.match(r"\| `([^`]+)` \|", line)
        if not (folder and row) or row[1].endswith(NO_IMAGES):
            continue
        _, _, form, size, *_ = (cell.strip() for cell in line.strip("| ").split(" | "))
        dtype, shape, axes = form.split()
        lengths = tuple(int(n) for n in shape.split("x"))
        found.append(Stated(f"{folder}/{row[1]}", axes, lengths, dtype, microns(size, found, row[1])))
    return found


def microns(cell: str, before: list[Stated], name: str) -> float | None:
    """Return the pixel size that a cell states, µm."""
    if cell == "as the image":
        return next(image.pixel_um for image in before if image.name.endswith(name.replace("masks/", "images/")))
    if cell.startswith(("none", "not real")):
        return None
    number = re.search(r"([\d.]+) µm", cell)
    assert number, f"{name}: {cell!r} states no pixel size"
    return float(number[1])


STATED = stated_images()


@pytest.fixture(autouse=True)
def _needs_the_images():
    if not STATED:
        pytest.skip(f"TILES_TEST_DATA names no folder of real images: {COUNT} files are not opened")


def test_the_readme_and_the_folder_name_the_same_files():
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix.lower() in EXTENSIONS}
    others = {path.suffix for path in FOLDER.rglob("*") if path.is_file()} - {".md", ".xml", ".txt"}
    assert {extension.lower() for extension in others} <= {*EXTENSIONS, ""}
    assert {image.name for image in STATED} == there
    assert len(STATED) == len(there) == COUNT


@pytest.mark.parametrize("image", STATED, ids=lambda image: image.name)
def test_it_is_opened_as_it_is_described(image):
    source = open_source(FOLDER / image.name)
    info = source.info
    assert (info.axes, info.shape, info.dtype) == (image.axes, image.shape, np.dtype(image.dtype))
    if image.pixel_um is None:
        assert info.pixel_size is None
        assert info.pixel_size_from.startswith("none in the file")
    else:
        assert info.pixel_size is not None
        assert (info.pixel_size.y_um, info.pixel_size.x_um) == pytest.approx((image.pixel_um,) * 2, rel=1e-5)
        assert not info.pixel_size_from.startswith("none")
    height, width = info.plane_shape
    last = source.read(Box(height - 8, width - 8, 8, 8), z=info.length("Z") - 1, t=info.length("T") - 1)
    assert last.dtype == info.dtype
    channels = (info.length("C"),) if "C" in info.axes else ()
    assert last.shape == (*channels, 8, 8, *((3,) if info.is_rgb else ()))
    source.close()
