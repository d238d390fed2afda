"""Objects that a model numbers in each tile become objects of the image."""

import numpy as np
import pytest
import scipy.ndimage as ndi
import tifffile

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_steps
from napari_tiles_creator.engine.steps import Progress, result_of
from napari_tiles_creator.errors import ModelError
from small_models import Pieces


def discs(shape, count, radius, seed=0):
    """Return an image of discs that do not touch, and how many there are."""
    rng = np.random.default_rng(seed)
    image, free = np.zeros(shape, np.uint16), np.ones(shape, bool)
    y, x = np.ogrid[: shape[0], : shape[1]]
    found = 0
    for _ in range(count):
        at = rng.integers(0, shape)
        disc = (y - at[0]) ** 2 + (x - at[1]) ** 2 <= radius**2
        if free[disc].all():
            image[disc], found = 50_000, found + 1
            free &= (y - at[0]) ** 2 + (x - at[1]) ** 2 > (2 * radius + 3) ** 2
    return image, found


@pytest.fixture
def image(tmp_path):
    pixels, count = discs((400, 620), 150, 11)
    tifffile.imwrite(tmp_path / "discs.tif", pixels)
    return tmp_path / "discs.tif", pixels, count


def recipe_of(path, overlap, **fields):
    return Recipe.preset("unet", source=path).changed({"tiling.size_px": 128, "tiling.overlap_px": overlap} | fields)


@pytest.mark.parametrize("overlap", [8, 40])
def test_each_object_has_one_number(image, overlap, tmp_path):
    path, pixels, count = image
    request = SegmentRequest(Pieces(), tmp_path / "out", recipe=recipe_of(path, overlap), workers=2)
    steps, seen = segment_steps(request), []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            (found,) = end.value.images
            break
    labels = tifffile.imread(found.files[0])
    expected, _ = ndi.label(pixels > 0)
    assert found.objects == count == labels.max()
    assert (found.kind, found.dtype, labels.dtype) == ("labels", "uint16", np.uint16)
    # The same partition: each of our numbers goes with one of the expected.
    pairs = np.unique(np.stack([labels.ravel(), expected.ravel()]), axis=1)
    assert pairs.shape[1] == count + 1
    assert found.inside_px == (pixels > 0).sum()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["discs.tif"]
    done = [step.done_px for step in seen if isinstance(step, Progress)]
    assert done == sorted(done)
    assert done[-1] == pixels.size


def test_rules_for_objects(image):
    path, pixels, count = image
    expected, _ = ndi.label(pixels > 0)
    whole = (np.bincount(expected.ravel())[1:] >= 370).sum()
    assert 0 < whole < count
    request = SegmentRequest(Pieces(), recipe=recipe_of(path, 40), rule=StitchRule(min_area_px=370))
    assert result_of(segment_steps(request)).images[0].objects == whole


def test_at_source_labels_are_as_they_are(image):
    path, pixels, count = image
    recipe = recipe_of(path, 40, **{"calibration.enabled": True, "calibration.scale": 0.5})
    (found,) = result_of(segment_steps(SegmentRequest(Pieces(), recipe=recipe, at="source"))).images
    assert found.pixels.shape == pixels.shape
    assert set(np.unique(found.pixels)) == set(range(found.objects + 1))
    assert abs(found.objects - count) <= 1
    assert ((found.pixels > 0) & (pixels > 0)).sum() / ((found.pixels > 0) | (pixels > 0)).sum() > 0.9


def test_planes_are_numbered_apart(tmp_path):
    stack = np.stack([discs((150, 200), 30, 9, seed)[0] for seed in range(3)])
    counts = [ndi.label(plane)[1] for plane in stack]
    tifffile.imwrite(tmp_path / "s.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    (found,) = result_of(segment_steps(SegmentRequest(Pieces(), recipe=recipe_of(tmp_path / "s.tif", 30)))).images
    assert [plane.max() for plane in found.pixels] == counts
    assert found.objects == sum(counts)


def test_probabilities_of_objects_there_are_none(image):
    path, _, _ = image
    request = SegmentRequest(Pieces(), recipe=recipe_of(path, 40), probabilities=True)
    report = result_of(segment_steps(request))
    assert (len(report.images), report.images[0].probability, report.failed) == (1, None, ())


def test_a_failure_leaves_nothing(image, tmp_path):
    class Tired(Pieces):
        calls = 0

        def predict(self, tiles, form):
            self.calls += 1
            if self.calls > 3:
                raise ModelError("tired")
            return super().predict(tiles, form)

    report = result_of(segment_steps(SegmentRequest(Tired(), tmp_path / "out", recipe=recipe_of(image[0], 40))))
    assert [failure.reason for failure in report.failed] == ["tired"]
    assert not list((tmp_path / "out").iterdir())
