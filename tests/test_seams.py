"""A model that errs near the borders of its tiles: seams without overlap, none with it, in numbers."""

import numpy as np
import pytest
import scipy.ndimage as ndi
import tifffile

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_steps
from napari_tiles_creator.engine.steps import result_of
from small_models import NearBordersWrong

SHAPE, SIZE, REACH = (1280, 1408), 512, 24


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An image whose brightness is the probability that a model without faults would give."""
    values = ndi.gaussian_filter(np.random.default_rng(3).random(SHAPE, np.float32), 12)
    values = np.clip(0.5 + (values - values.mean()) / values.std() * 0.17, 0, 1)
    path = tmp_path_factory.mktemp("image") / "clouds.tif"
    tifffile.imwrite(path, np.rint(values * 65535).astype(np.uint16))
    return path


def truth_of(image):
    pixels = tifffile.imread(image).astype(np.float64)
    return (pixels - pixels.min()) / (pixels.max() - pixels.min())


def segmented(image, overlap, blend, model=None):
    """Return mask and probabilities of the image."""
    recipe = Recipe.preset("unet", source=image).changed({"tiling.size_px": SIZE, "tiling.overlap_px": overlap})
    request = SegmentRequest(model or NearBordersWrong(reach_px=REACH), recipe=recipe, blend=blend, probabilities=True)
    (found,) = result_of(segment_steps(request)).images
    return found.pixels > 0, found.probability


def borders(length, overlap):
    """Return where tiles begin and end, px, the image's own borders left out."""
    stride = SIZE - overlap
    starts = [min(i * stride, length - SIZE) for i in range(-(-(length - overlap) // stride))]
    return sorted({edge for start in starts for edge in (start, start + SIZE)} - {0, length})


def jump(probability, overlap):
    """Return the step from pixel to pixel across the borders of tiles, in steps as they are elsewhere."""
    found = []
    for axis in (0, 1):
        inside = np.moveaxis(probability, axis, 0)[:, REACH:-REACH]
        steps = abs(np.diff(inside, axis=0)).mean(axis=1)
        across = [edge - 1 for edge in borders(probability.shape[axis], overlap)]
        apart = np.delete(steps, across)[REACH:-REACH]
        found.append(max(steps[across]) / np.median(apart))
    return max(found)


def middle(plane):
    """Return the plane without the border that no neighbour can mend."""
    return plane[REACH:-REACH, REACH:-REACH]


def iou(mask, truth):
    return (mask & truth).sum() / (mask | truth).sum()


def test_without_overlap_there_are_seams(image):
    mask, probability = segmented(image, 0, "linear")
    truth = truth_of(image)
    assert jump(probability, 0) > 50
    assert middle(abs(probability - truth)).max() > 0.8
    assert iou(middle(mask), middle(truth > 0.5)) < 0.95


# What the blend leaves of an error of 1 at the border of a tile, which fades over 24 of the 128 px of overlap: along
# one axis at most max (k + ½) / 128 · (1 - k / 24) with linear weights; where four tiles meet both add up.
@pytest.mark.parametrize(("blend", "most_error"), [("linear", 0.1), ("hann", 0.03), ("gaussian", 0.01), ("core", 1e-6)])
def test_with_overlap_there_are_none(image, blend, most_error):
    mask, probability = segmented(image, 128, blend)
    truth = truth_of(image)
    assert jump(probability, 128) < 2
    assert middle(abs(probability - truth)).max() < most_error
    assert middle(abs(probability - truth)).mean() < most_error / 20 + 1e-7
    assert iou(middle(mask), middle(truth > 0.5)) > 0.985


def test_the_plain_mean_shows_seams_even_so(image):
    """What the weights are for: tiles that are averaged as they are keep the step where they end."""
    _, probability = segmented(image, 128, "mean")
    assert jump(probability, 128) > 25
    assert middle(abs(probability - truth_of(image))).max() > 0.4
