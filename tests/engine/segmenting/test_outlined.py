"""Results as outlines: drawn again, they are the pixels they come from."""

import json

import numpy as np
import pytest
import scipy.ndimage as ndi
import shapely
import tifffile
from shapely.geometry import shape

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_steps
from napari_tiles_creator.engine.steps import result_of
from small_models import Bright, Pieces, ThreeClasses


@pytest.fixture
def image(tmp_path):
    """Blobs, some of them with holes."""
    values = ndi.gaussian_filter(np.random.default_rng(1).random((150, 210)), 3)
    values = (values - values.min()) / (values.max() - values.min())
    tifffile.imwrite(tmp_path / "blobs.tif", np.rint(values * 65535).astype(np.uint16))
    return tmp_path / "blobs.tif"


def recipe_of(path):
    return Recipe.preset("unet", source=path).changed({"tiling.size_px": 64, "tiling.overlap_px": 20})


def features(path):
    return json.loads(path.read_text())["features"]


def drawn(outlines, shape_px):
    """Return which pixels have their centre in each outline, array (n, y, x)."""
    y, x = np.mgrid[: shape_px[0], : shape_px[1]] + 0.5
    return np.array([shapely.contains_xy(one, x, y) for one in outlines])


def both(image, tmp_path, model, **how):
    """Return the pixels of the result, and its features."""
    request = {"recipe": recipe_of(image), **how}
    (pixels,) = result_of(segment_steps(SegmentRequest(model, **request))).images
    (written,) = result_of(segment_steps(SegmentRequest(model, tmp_path / "out", format="geojson", **request))).images
    assert written.files == (tmp_path / "out" / "blobs.geojson",)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["blobs.geojson"]
    return pixels.pixels, features(written.files[0])


def test_pieces_of_a_mask(image, tmp_path):
    pixels, found = both(image, tmp_path, Bright())
    outlines = [shape(feature["geometry"]) for feature in found]
    planes = drawn(outlines, pixels.shape)
    np.testing.assert_array_equal(planes.sum(axis=0), pixels // 255)
    assert len(found) == ndi.label(pixels)[1]
    assert any(one.interiors for one in outlines if one.geom_type == "Polygon")
    assert {feature["properties"]["classification"]["name"] for feature in found} == {"object"}


def test_pieces_of_classes(image, tmp_path):
    pixels, found = both(image, tmp_path, ThreeClasses(), wanted=None)
    planes = drawn([shape(feature["geometry"]) for feature in found], pixels.shape)
    number = {"object": 1, "class_2": 2}
    numbers = np.array([number[feature["properties"]["classification"]["name"]] for feature in found])
    np.testing.assert_array_equal((planes * numbers[:, None, None]).sum(axis=0), pixels)


def test_objects_of_labels(image, tmp_path):
    pixels, found = both(image, tmp_path, Pieces())
    planes = drawn([shape(feature["geometry"]) for feature in found], pixels.shape)
    assert len(found) == pixels.max()
    np.testing.assert_array_equal((planes * np.arange(1, len(found) + 1)[:, None, None]).sum(axis=0), pixels)


def test_planes_are_told_apart(tmp_path):
    stack = np.zeros((2, 90, 90), np.uint16)
    stack[0, 10:20, 10:20] = stack[1, 40:80, 40:60] = 60_000
    tifffile.imwrite(tmp_path / "s.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    request = SegmentRequest(Bright(), tmp_path / "out", recipe=recipe_of(tmp_path / "s.tif"), format="geojson")
    found = features(result_of(segment_steps(request)).images[0].files[0])
    assert [(feature["geometry"]["plane"]["z"], shape(feature["geometry"]).area) for feature in found] == [
        (0, 100),
        (1, 800),
    ]
