"""Coverage of pairs of files, against numpy on whole arrays."""

import subprocess
import sys
import zlib

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_tiles_creator.engine.coverage.measure import Request, coverage_steps
from napari_tiles_creator.engine.coverage.pair import MaskFile
from napari_tiles_creator.engine.steps import Progress, Warned, result_of
from napari_tiles_creator.errors import PlanError, SourceError
from peak_memory import PEAK


def write_mask(path, mask, form, dtype="uint8", chunk=(16, 16)):
    """Write a mask in one of several forms; return the file's name."""
    pixels = (mask * 200).astype(dtype) if dtype != "bool" else mask
    if form == "png":
        path = path.with_suffix(".png")
        Image.fromarray((mask * 200).astype(np.uint8)).save(path)
    elif form == "npy":
        path = path.with_suffix(".npy")
        np.save(path, pixels)
    elif form == "h5":
        path = path.with_suffix(".h5")
        with h5py.File(path, "w") as file:
            chunks = tuple(min(pair) for pair in zip(chunk, mask.shape, strict=True))
            file.create_dataset("a/mask", data=pixels, chunks=chunks, compression="gzip")
        return f"{path}#/a/mask"
    elif form == "zarr":
        path = path.with_suffix(".zarr")
        zarr.create_array(path, data=pixels, chunks=chunk, overwrite=True)
    elif form == "tiles":
        path = path.with_suffix(".tif")
        tifffile.imwrite(path, pixels, tile=chunk, compression="zlib")
    elif form == "strips":
        path = path.with_suffix(".tif")
        tifffile.imwrite(path, pixels, rowsperstrip=chunk[0], compression="lzw")
    else:
        path = path.with_suffix(".tif")
        tifffile.imwrite(path, pixels)
    return str(path)


def measured(body, signal, **changes):
    files = MaskFile("body", body), MaskFile("signal", signal)
    return result_of(coverage_steps(Request(*files, **changes)))


forms = st.tuples(
    st.sampled_from(["plain", "strips", "tiles", "png", "npy", "h5", "zarr"]),
    st.sampled_from(["uint8", "uint16", "float32", "int16"]),
    st.tuples(st.sampled_from([16, 32, 48]), st.sampled_from([16, 32, 64])),
)


@settings(max_examples=40)
@given(
    plane=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    first=forms,
    second=forms,
    size=st.tuples(st.integers(1, 100), st.integers(1, 100)),
    inverted=st.tuples(st.booleans(), st.booleans()),
    density=st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    seed=st.integers(0, 999),
)
def test_counts_are_those_of_the_whole_arrays(tmp_path, plane, first, second, size, inverted, density, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random(plane) < density, rng.random(plane) < 0.4]
    masks[1][: plane[0] // 2] = False
    names = [
        write_mask(tmp_path / name, mask, *form)
        for name, mask, form in zip(("body", "signal"), masks, (first, second), strict=True)
    ]
    body, signal = (~mask if invert else mask for mask, invert in zip(masks, inverted, strict=True))
    files = [
        MaskFile(role, name, invert) for role, name, invert in zip(("body", "signal"), names, inverted, strict=True)
    ]
    found = result_of(coverage_steps(Request(*files, size=size, threshold=0.3, workers=2)))
    for (row, column), count in np.ndenumerate(found.inside):
        tile = np.s_[row * size[0] : (row + 1) * size[0], column * size[1] : (column + 1) * size[1]]
        assert count == (body & signal)[tile].sum()
        assert found.body[row, column] == body[tile].sum()
        assert found.signal[row, column] == signal[tile].sum()
    assert found.body.shape == (-(-plane[0] // size[0]), -(-plane[1] // size[1]))
    share = (body & signal).sum() / body.sum() if body.any() else None
    assert found.to_dict() == {
        "coverage": share,
        "positive": None if share is None else share >= 0.3,
        "body_px": body.sum(),
        "signal_px": signal.sum(),
        "inside_px": (body & signal).sum(),
    }


@pytest.mark.parametrize(("covered", "positive"), [(9, False), (10, True), (11, True)])
def test_the_threshold_itself_is_positive(tmp_path, covered, positive):
    mask = np.zeros((10, 10), bool)
    mask.flat[:covered] = True
    body = write_mask(tmp_path / "body", np.ones((10, 10), bool), "plain")
    found = measured(body, write_mask(tmp_path / "signal", mask, "tiles"))
    assert found.coverage == covered / 100
    assert found.positive is positive


def test_one_file_may_be_both(tmp_path):
    mask = write_mask(tmp_path / "mask", np.random.default_rng(0).random((70, 50)) < 0.5, "tiles")
    assert measured(mask, mask).coverage == 1.0


def test_the_outline_is_the_middle_of_what_each_of_its_pixels_stands_for(tmp_path):
    mask = np.random.default_rng(1).random((300, 200)) < 0.5
    name = write_mask(tmp_path / "mask", mask, "tiles")
    found = measured(name, name, outline_px=75)
    assert found.outline.shape == (75, 50)
    assert np.array_equal(found.outline, mask[2::4, 2::4])
    assert np.array_equal(measured(name, name, outline_px=1000).outline, mask)


def test_progress_comes_to_its_end(tmp_path):
    name = write_mask(tmp_path / "mask", np.ones((3000, 1500), bool), "tiles", chunk=(512, 512))
    steps = list(coverage_steps(Request(MaskFile("body", name), MaskFile("signal", name))))
    assert all(isinstance(step, Progress) for step in steps)
    assert len(steps) > 3
    assert steps[-1] == Progress(3000 * 1500, 3000 * 1500)
    assert [step.done_px for step in steps] == sorted({step.done_px for step in steps})


def test_two_pixel_sizes_are_told(tmp_path):
    names = []
    for per_um in (1, 2):
        path = tmp_path / f"{per_um}.tif"
        resolution = {"resolution": (per_um * 1e4, per_um * 1e4), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(path, np.ones((8, 8), np.uint8), **resolution)
        names.append(str(path))
    steps = coverage_steps(Request(MaskFile("body", names[0]), MaskFile("signal", names[1])))
    warned = [step.message for step in steps if isinstance(step, Warned)]
    assert len(warned) == 1
    assert "1.tif" in warned[0]
    assert "0.5" in warned[0]
    assert measured(*names).pixel_size.y_um == pytest.approx(1)


def test_what_cannot_be_compared_is_one_sentence(tmp_path):
    small = write_mask(tmp_path / "small", np.ones((10, 20), bool), "plain")
    large = write_mask(tmp_path / "large", np.ones((20, 10), bool), "plain")
    with pytest.raises(PlanError, match=r"small.tif is 10 × 20 px and .*large.tif 20 × 10 px"):
        measured(small, large)
    with pytest.raises(SourceError, match=r"none.tif: no such folder or file"):
        measured(str(tmp_path / "none.tif"), large)
    with pytest.raises(SourceError, match="is a folder: name one file"):
        measured(str(tmp_path), large)
    with pytest.raises(PlanError, match="larger --size"):
        measured(*[write_mask(tmp_path / "many", np.ones((3000, 3000), bool), "plain")] * 2, size=(1, 1))


MEMORY = f"""{PEAK}
import sys
import tifffile, imagecodecs
from napari_tiles_creator.engine.coverage.measure import Request, coverage_steps
from napari_tiles_creator.engine.coverage.pair import MaskFile
from napari_tiles_creator.engine.steps import Progress, Warned, result_of
before = peak()
found = result_of(coverage_steps(Request(MaskFile("body", sys.argv[1]), MaskFile("signal", sys.argv[2]))))
print(found.body_px, found.inside_px, (peak() - before) / (1 << 20))
"""


def square_pair(folder, side, body_form, signal_form):
    """Write a square body over the middle and a signal over the upper half of all, tile by tile or strip by strip."""

    def piece(y, x, height, width, name):
        rows, columns = np.arange(y, y + height)[:, None], np.arange(x, x + width)[None]
        if name == "signal":
            return np.broadcast_to(rows < side // 2, (height, width))
        low, high = side // 4, side // 4 + side // 2
        return (rows >= low) & (rows < high) & (columns >= low) & (columns < high)

    for name, form in (("body", body_form), ("signal", signal_form)):
        height, width = form
        tiled = width < side
        pieces = (
            zlib.compress(piece(y, x, height if tiled else min(height, side - y), width, name).astype(np.uint8), 1)
            for y in range(0, side, height)
            for x in range(0, side, width)
        )
        kind = {"tile": form} if tiled else {"rowsperstrip": height}
        tifffile.imwrite(
            folder / f"{name}.tif", pieces, shape=(side, side), dtype=np.uint8, compression="zlib", bigtiff=True, **kind
        )
    return folder / "body.tif", folder / "signal.tif"


def test_peak_memory_is_bounded_for_tiles_against_strips(tmp_path):
    """Two images of 144 MB each, in chunks of different shape, in a small part of that."""
    side = 12_000
    body, signal = square_pair(tmp_path, side, (512, 512), (64, side))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(body), str(signal)], capture_output=True, text=True, check=True
    )
    body_px, inside_px, mebibytes = done.stdout.split()
    assert (int(body_px), int(inside_px)) == (side * side // 4, side * side // 8)
    assert float(mebibytes) < 70


def test_what_is_decoded_whole_is_counted_in_parts(tmp_path):
    """A PNG has no parts to read, and yet nothing else of its size is made of it, here 36 MB each."""
    body = write_mask(tmp_path / "body", np.ones((6000, 6000), bool), "png")
    signal = write_mask(tmp_path / "signal", np.arange(6000) % 2 * np.ones((6000, 1), bool) == 1, "png")
    done = subprocess.run([sys.executable, "-c", MEMORY, body, signal], capture_output=True, text=True, check=True)
    body_px, inside_px, mebibytes = done.stdout.split()
    assert (int(body_px), int(inside_px)) == (6000 * 6000, 6000 * 3000)
    assert float(mebibytes) < 72 + 40


@pytest.mark.large
@pytest.mark.parametrize("strips", [False, True], ids=["tiles", "tiles against strips"])
def test_a_pair_of_100_000_pixels_a_side(tmp_path, strips):
    side = 100_000
    body, signal = square_pair(tmp_path, side, (512, 512), (64, side) if strips else (512, 512))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(body), str(signal)], capture_output=True, text=True, check=True
    )
    body_px, inside_px, mebibytes = done.stdout.split()
    assert (int(body_px), int(inside_px)) == (side * side // 4, side * side // 8)
    assert float(mebibytes) < 200
