"""Whole images segmented in one go: what comes out is what the model says of every pixel."""

import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage as ndi
import tifffile

from image_folder import contents
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.planning.scan import Scanned
from napari_tiles_creator.engine.segmenting.request import SegmentRequest
from napari_tiles_creator.engine.segmenting.segment import segment_plan_steps, segment_steps
from napari_tiles_creator.engine.steps import Progress, Warned, result_of
from napari_tiles_creator.errors import ExportError, ModelError, PlanError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.folder import Found
from napari_tiles_creator.sources.registry import open_source
from small_models import Bright, Pieces, ThreeClasses


def clouds(shape, seed=0):
    """Return a smooth 16-bit image that uses the whole range."""
    values = ndi.gaussian_filter(np.random.default_rng(seed).random(shape), 4)
    values = (values - values.min()) / (values.max() - values.min())
    return np.rint(values * 65535).astype(np.uint16)


def recipe_of(folder, **fields):
    changes = {"tiling.size_px": [96, 128], "tiling.overlap_px": 32, "tiling.edge": "shift"}
    return Recipe.preset("unet", source=folder).changed(changes | fields)


@pytest.fixture
def folder(tmp_path):
    """Two images, smaller and larger than a tile."""
    place = tmp_path / "images"
    place.mkdir()
    tifffile.imwrite(place / "a.tif", clouds((230, 341)))
    tifffile.imwrite(place / "b.tif", clouds((70, 500), 1))
    return place


@pytest.mark.parametrize("edge", ["shift", "spread", "pad", "drop", "ragged"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_mask_is_that_of_the_whole_image(folder, edge, workers):
    request = SegmentRequest(Bright(), recipe=recipe_of(folder, **{"tiling.edge": edge}), workers=workers)
    report = result_of(segment_steps(request))
    assert [image.source for image in report.images] == ["a.tif", "b.tif"]
    for image in report.images:
        pixels = tifffile.imread(folder / image.source).astype(float)
        inside = (pixels - pixels.min()) / (pixels.max() - pixels.min()) > 0.5
        assert image.pixels.dtype == np.uint8
        # But for pixels at the threshold itself, whose sums may be rounded either way.
        doubtful = abs((pixels - pixels.min()) / (pixels.max() - pixels.min()) - 0.5) < 1e-6
        np.testing.assert_array_equal((image.pixels == 255)[~doubtful], inside[~doubtful])
        assert set(np.unique(image.pixels)) == {0, 255}
        assert (image.kind, image.axes, image.scale, image.inside_px) == ("mask", "YX", (1, 1), inside.sum())


def test_files_hold_what_memory_does(folder, tmp_path):
    how = {"recipe": recipe_of(folder), "probabilities": True}
    kept = result_of(segment_steps(SegmentRequest(Bright(), **how))).images
    for kind in ("tif", "zarr", "h5", "png"):
        output = tmp_path / kind
        report = result_of(segment_steps(SegmentRequest(Bright(), output, format=kind, **how)))
        for image, in_memory in zip(report.images, kept, strict=True):
            ending = "tif" if kind == "png" else kind
            assert [path.name for path in image.files] == [f"{image.stem}.{kind}", f"{image.stem}_probability.{ending}"]
            for path, pixels in zip(image.files, (in_memory.pixels, in_memory.probability), strict=True):
                with closing(open_source(path)) as source:
                    np.testing.assert_array_equal(source.read(Box(0, 0, *pixels.shape)), pixels)
        # Nothing that was needed on the way is left.
        assert sorted(path.name for path in output.iterdir()) == sorted(p.name for i in report.images for p in i.files)


def test_classes_are_the_likeliest(folder):
    request = SegmentRequest(ThreeClasses(), recipe=recipe_of(folder), wanted=None, probabilities=True)
    for image in result_of(segment_steps(request)).images:
        pixels = tifffile.imread(folder / image.source).astype(float)
        share = (pixels - pixels.min()) / (pixels.max() - pixels.min())
        assert image.kind == "classes"
        assert image.probability.shape == (3, *pixels.shape)
        np.testing.assert_allclose(image.probability.sum(axis=0), 1, atol=1e-5)
        sure = abs(share - 0.25) + abs(share - 0.75) > 0.5 + 1e-5
        np.testing.assert_array_equal(image.pixels[sure], ThreeClasses.of(share)[sure])
        np.testing.assert_array_equal(image.pixels, image.probability.argmax(axis=0))


def test_one_class_of_several(folder):
    request = SegmentRequest(ThreeClasses(), recipe=recipe_of(folder), wanted=2, threshold=0.4, probabilities=True)
    for image in result_of(segment_steps(request)).images:
        np.testing.assert_array_equal(image.pixels, np.where(image.probability > 0.4, 255, 0))


@pytest.mark.parametrize("scale", [0.5, 1.7])
def test_at_source_has_the_size_of_the_source(folder, tmp_path, scale):
    recipe = recipe_of(
        folder, **{"calibration.enabled": True, "calibration.scale": scale, "calibration.pixel_size_um": 0.4}
    )
    request = SegmentRequest(Bright(), tmp_path / "out", recipe=recipe, at="source", probabilities=True)
    for image in result_of(segment_steps(request)).images:
        pixels = tifffile.imread(folder / image.source).astype(float)
        share = (pixels - pixels.min()) / (pixels.max() - pixels.min())
        mask, probability = (tifffile.imread(path) for path in image.files)
        assert mask.shape == probability.shape == pixels.shape
        assert abs(probability - share).mean() < 0.02
        np.testing.assert_array_equal(mask, np.where(probability > 0.5, 255, 0))
        assert (image.scale, image.pixel_size.y_um) == ((1, 1), 0.4)
    calibrated = result_of(segment_steps(SegmentRequest(Bright(), recipe=recipe))).images[0]
    assert calibrated.shape == (round(230 * scale), round(341 * scale))
    assert calibrated.pixel_size.x_um == pytest.approx(0.4 / scale, rel=0.01)


def test_planes_of_a_stack(tmp_path):
    stack = np.stack([clouds((100, 150), seed) for seed in range(6)]).reshape(2, 3, 100, 150)
    tifffile.imwrite(tmp_path / "s.tif", stack, imagej=True, metadata={"axes": "TZYX"})
    request = SegmentRequest(Bright(), tmp_path / "out", recipe=recipe_of(tmp_path / "s.tif"))
    image = result_of(segment_steps(request)).images[0]
    assert (image.axes, image.shape) == ("TZYX", (2, 3, 100, 150))
    low, high = int(stack.min()), int(stack.max())
    expected = (stack.astype(float) - low) / (high - low) > 0.5
    np.testing.assert_array_equal(tifffile.imread(image.files[0]) > 0, expected)
    one = SegmentRequest(Bright(), recipe=recipe_of(tmp_path / "s.tif", **{"media.t": 1, "media.z": 2}))
    assert result_of(segment_steps(one)).images[0].axes == "YX"


def test_a_layer_is_segmented_in_memory():
    """A plan of arrays, as the widget makes it, with filters that are left aside."""
    pixels = clouds((180, 260))
    info = array_source(Path("layer"), [pixels]).info
    item = Scanned(Found("layer", Path("layer"), "layer"), 0, info)
    fields = {"tiling.roi": [0, 0, 90, 90], "tiling.min_foreground": 0.5, "tiling.exclude_tiles": ["layer_000"]}
    plan = make_plan(recipe_of("napari:layers", **fields), [item])
    steps = segment_plan_steps(plan, SegmentRequest(Bright()))
    seen, report = [], None
    while report is None:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            report = end.value
    warned = [step.message for step in seen if isinstance(step, Warned)]
    assert warned == [
        "whole images are segmented: tiling.roi, tiling.min_foreground, tiling.exclude_tiles are left aside"
    ]
    progress = [step for step in seen if isinstance(step, Progress)]
    assert {step.total_px for step in progress} == {180 * 260}
    assert [step.done_px for step in progress] == sorted(step.done_px for step in progress)
    assert progress[-1].done_px == 180 * 260
    low, high = int(pixels.min()), int(pixels.max())
    np.testing.assert_array_equal(report.images[0].pixels > 0, (pixels.astype(float) - low) / (high - low) > 0.5)


def test_an_image_that_fails_is_named_and_the_others_go_on(folder, tmp_path):
    tifffile.imwrite(folder / "c.tif", clouds((2, 90, 90)), imagej=True, metadata={"axes": "CYX"})
    (folder / "d.tif").write_bytes((folder / "a.tif").read_bytes()[:60_000])
    report = result_of(segment_steps(SegmentRequest(Bright(), tmp_path / "out", recipe=recipe_of(folder))))
    assert [image.source for image in report.images] == ["a.tif", "b.tif"]
    reasons = {failure.source: failure.reason for failure in report.failed}
    assert sorted(reasons) == ["c.tif", "d.tif"]
    assert "2 channels" in reasons["c.tif"]
    assert "d.tif" in reasons["d.tif"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.tif", "b.tif"]


def test_nothing_is_overwritten(folder, tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    (output / "b.tif").write_text("mine")
    with pytest.raises(ExportError, match=r"b\.tif is there already"):
        result_of(segment_steps(SegmentRequest(Bright(), output, recipe=recipe_of(folder))))
    assert [path.name for path in output.iterdir()] == ["b.tif"]
    assert (output / "b.tif").read_text() == "mine"


def test_two_results_never_share_a_name(folder, tmp_path):
    tifffile.imwrite(folder / "a_probability.tif", clouds((90, 90)))
    request = SegmentRequest(Bright(), tmp_path / "out", recipe=recipe_of(folder), probabilities=True)
    with pytest.raises(ExportError, match=r"a\.tif and a_probability\.tif would both give a_probability\.tif"):
        result_of(segment_steps(request))


def test_png_holds_one_plane(tmp_path):
    stack = np.stack([clouds((100, 150), seed) for seed in range(3)])
    tifffile.imwrite(tmp_path / "s.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    request = SegmentRequest(Bright(), tmp_path / "out", recipe=recipe_of(tmp_path / "s.tif"), format="png")
    with pytest.raises(PlanError, match=r"s\.tif: PNG holds one grey or RGB plane, not 3 planes: use --format tif"):
        result_of(segment_steps(request))
    tifffile.imwrite(tmp_path / "t.tif", stack[0])
    recipe = recipe_of(tmp_path, **{"media.pattern": "*.tif"})
    report = result_of(segment_steps(SegmentRequest(Bright(), tmp_path.parent / "out", recipe=recipe, format="png")))
    assert [image.source for image in report.images] == ["t.tif"]
    assert [failure.source for failure in report.failed] == ["s.tif"]


def test_results_that_are_there_are_passed_over_if_that_is_wished(folder, tmp_path):
    def request(model, **how):
        return SegmentRequest(model, tmp_path / "out", recipe=recipe_of(folder), probabilities=True, **how)

    assert len(result_of(segment_steps(request(Bright()))).images) == 2
    before = contents(tmp_path / "out")
    mask = tifffile.imread(tmp_path / "out" / "b.tif")
    (tmp_path / "out" / "b.tif").unlink()
    (tmp_path / "out" / "b_probability.tif").unlink()
    with pytest.raises(ExportError, match=r"a\.tif is there already .* --skip-existing"):
        result_of(segment_steps(request(Bright())))
    report = result_of(segment_steps(request(Bright(), skip_existing=True)))
    assert ([image.source for image in report.images], report.skipped) == (["b.tif"], ("a.tif",))
    after = contents(tmp_path / "out")
    assert {name: after[name] for name in ("a.tif", "a_probability.tif")}.items() <= before.items()
    assert after.keys() == before.keys()
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "b.tif"), mask)
    # Nothing is left to do: not even the model is needed.
    report = result_of(segment_steps(request("gone.onnx", skip_existing=True)))
    assert (report.images, report.skipped) == ((), ("a.tif", "b.tif"))
    (tmp_path / "out" / "a.tif").unlink()
    with pytest.raises(ExportError, match=r"a_probability\.tif is there already and is never overwritten: choose"):
        result_of(segment_steps(request(Bright(), skip_existing=True)))


def notes_of(request):
    notes = [step.message for step in segment_steps(request) if isinstance(step, Warned)]
    return [note for note in notes if "padded" not in note]  # of the images


def test_what_has_no_effect_or_is_not_expected_is_told_once(folder, tmp_path):
    recipe = recipe_of(folder)
    (note,) = notes_of(SegmentRequest(Bright(), recipe=recipe, rule=StitchRule(min_area_px=5)))
    assert note == "bright gives no numbered objects: --min-area, --hull and --smooth have no effect"
    (note,) = notes_of(SegmentRequest(Pieces(), tmp_path / "out", recipe=recipe, probabilities=True))
    assert "gives numbered objects and no probabilities" in note
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.tif", "b.tif"]
    images = tmp_path / "more"
    images.mkdir()
    colours = np.random.default_rng(0).integers(0, 255, (2, 90, 120, 3), np.uint8)
    for number, pixels in enumerate(colours):
        tifffile.imwrite(images / f"{number}.tif", pixels, photometric="rgb")
    (note,) = notes_of(SegmentRequest("otsu", recipe=recipe_of(images)))
    assert "the sum of red, green and blue" in note


def test_a_model_that_looks_at_the_whole_image_first_sees_each_pixel_once(folder):
    class Looking(Bright):
        def fitted(self, tiles):
            self.values = np.concatenate([tile.ravel() for tile in tiles])
            return self

    model = Looking()
    recipe = recipe_of(folder / "a.tif")
    steps = segment_steps(SegmentRequest(model, recipe=recipe))
    done = [step.done_px for step in steps if isinstance(step, Progress)]
    assert done == sorted(done)
    pixels = tifffile.imread(folder / "a.tif").astype(float)
    expected = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    np.testing.assert_allclose(np.sort(model.values), np.sort(expected.ravel()), atol=1e-6)


class Slow(Bright):
    """Takes its time with every tile."""

    def predict(self, tiles, form):
        self.calls = getattr(self, "calls", 0) + 1
        time.sleep(0.1)
        return super().predict(tiles, form)


@pytest.mark.parametrize("output", ["out", None], ids=["file", "memory"])
def test_a_stop_amid_a_row_of_tiles_leaves_nothing(tmp_path, output):
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images/wide.tif", clouds((90, 4000)))  # one row of 42 tiles
    model, out = Slow(batch=1), output and tmp_path / output
    steps = segment_steps(SegmentRequest(model, out, recipe=recipe_of(tmp_path / "images"), workers=2))
    threads = threading.active_count()
    for step in steps:
        if isinstance(step, Progress) and step.done_px:
            break
    assert 0 < step.done_px < step.total_px
    steps.close()
    # But for the tile that it was at, nothing is predicted after a stop.
    assert model.calls < 21
    assert threading.active_count() == threads
    assert out is None or not list(out.iterdir())


def test_what_cannot_be(folder, tmp_path):
    random = recipe_of(folder, **{"tiling.sampling": "random", "tiling.count": 5})
    with pytest.raises(PlanError, match="such tiles do not cover an image"):
        result_of(segment_steps(SegmentRequest(Bright(), recipe=random)))
    with pytest.raises(ModelError, match="--threshold 1"):
        SegmentRequest(Bright(), threshold=1)
    with pytest.raises(ExportError, match="--at above is not known: use calibrated, source"):
        SegmentRequest(Bright(), at="above")
    with pytest.raises(ExportError, match="--blend glue is not known: use linear"):
        SegmentRequest(Bright(), blend="glue")
    with pytest.raises(ExportError, match="--format bmp is not known"):
        result_of(segment_steps(SegmentRequest(Bright(), tmp_path, recipe=recipe_of(folder), format="bmp")))
    # What is wrong with all images is told once, not of each.
    with pytest.raises(ModelError, match="--class 2: the model bright tells 2 classes apart: give 0 to 1"):
        result_of(segment_steps(SegmentRequest(Bright(), recipe=recipe_of(folder), wanted=2)))
    nested = tmp_path / "out.txt" / "masks"
    nested.parent.write_text("mine")
    places = {
        folder: "is the folder of the images",
        folder / "masks": "lies inside the folder of the images",
        folder / "a.tif": "is a file",
        nested: "out.txt is a file",
    }
    for output, words in places.items():
        with pytest.raises(ExportError, match=words):
            result_of(segment_steps(SegmentRequest("gone.onnx", output, recipe=recipe_of(folder))))
    with pytest.raises(ExportError, match="is the folder of the images"):
        result_of(segment_steps(SegmentRequest(Bright(), folder, recipe=recipe_of(folder / "a.tif"))))
