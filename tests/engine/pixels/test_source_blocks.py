"""Each chunk of a file is decoded once a pass, however the file is cut into chunks and however little is held."""

import math
import threading

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.pixels import reading_order, resample, source_blocks
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.reading_order import groups
from napari_tiles_creator.sources.tiff import source as tiff

SIDE = 1024
RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 60000, (SIDE, SIDE), np.uint16)
KINDS = {
    "strips": {"rowsperstrip": 16},
    "tiles": {"tile": (64, 64)},
    "wide tiles": {"tile": (32, 256)},
}
HALF = {"calibration.enabled": True, "calibration.scale": 0.5}
UP = {"calibration.enabled": True, "calibration.scale": 1.5}


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    """An image of a megapixel is to these blocks what a slide is to real ones."""
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 64 * 256)
    monkeypatch.setattr(source_blocks, "MOST_BLOCK_PIXELS", 64 * 1024)
    monkeypatch.setattr(resample, "BLOCK_ROWS", 64)
    monkeypatch.setattr(resample, "BLOCK_COLUMNS", 256)
    monkeypatch.setattr(reading_order, "GROUP_COLUMNS", 256)


@pytest.fixture
def decoded(monkeypatch):
    """Count the segments that are decoded, of all files together."""
    opened = []
    real = tiff.open_file
    monkeypatch.setattr(tiff, "open_file", lambda *arguments: opened.append(real(*arguments)) or opened[-1])
    return lambda: sum(source.decoded_segments for source in opened)


def exported(tmp_path, kind, memory_bytes, workers, **changes):
    """Export the image; return how many segments it has."""
    folder = tmp_path / "in"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", IMAGE, compression="zlib", **KINDS[kind])
    recipe = Recipe.preset("unet", source=folder, output=tmp_path / "out")
    recipe = recipe.changed({"tiling.size_px": 96, "tiling.overlap_px": 24} | changes)
    events = list(run(make_plan(recipe), workers=workers, memory_bytes=memory_bytes))
    assert events[-1].tiles == events[0].tiles > 0
    with tifffile.TiffFile(folder / "a.tif") as file:
        return len(file.pages[0].dataoffsets)


# Half of the memory that is named is for pixels that are held: a quarter of the image as it is; half as large, neither
# the image fits nor the result, of 8 bytes a pixel.
LITTLE, LITTLE_FOR_HALF = 2 * IMAGE.nbytes // 4, 2 * IMAGE.nbytes * 3 // 4


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"normalization.scope": "none", "normalization.dtype": None}, 1),
        ({"normalization.scope": "tile"}, 1),
        ({"normalization.scope": "image"}, 2),
        ({"normalization.scope": "dataset"}, 2),
        (HALF | {"normalization.scope": "image"}, 2),
        (HALF | {"normalization.scope": "dataset"}, 2),
        # Counted in bins between extremes, which must be known before.
        (HALF | {"normalization.scope": "dataset", "normalization.percentiles": [1, 99]}, 3),
        # Here the result is clipped to the range of the plane, which must be known before the first tile.
        (HALF | {"normalization.scope": "tile"}, 2),
        (HALF | {"normalization.scope": "tile", "calibration.interpolation": "lanczos"}, 1),
    ],
    ids=[
        "none",
        "tile",
        "image",
        "dataset",
        "half, image",
        "half, dataset",
        "half, percentiles",
        "half, tile",
        "half by lanczos, tile",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_decodes_each_chunk_once(tmp_path, decoded, kind, changes, passes, workers):
    memory_bytes = LITTLE_FOR_HALF if "calibration.scale" in changes else LITTLE
    segments = exported(tmp_path, kind, memory_bytes, workers, **changes)
    assert decoded() == passes * segments


@pytest.mark.parametrize("changes", [{}, HALF], ids=["as it is", "half"])
def test_what_fits_into_half_of_the_memory_is_decoded_once(tmp_path, decoded, changes):
    held = 8 * IMAGE.size // 4 if changes else IMAGE.nbytes
    segments = exported(tmp_path, "tiles", 2 * held, 2, **changes)
    assert decoded() == segments


def test_with_hardly_any_memory_stripes_decode_little_twice(tmp_path, decoded):
    """Two rows of chunks do not fit any more: then it is columns of them, one after the other."""
    fields = {"normalization.scope": "none", "normalization.dtype": None}
    segments = exported(tmp_path, "tiles", 2 * 3 * 64 * 512 * 2, 1, **fields)
    assert segments < decoded() <= 1.8 * segments


@pytest.mark.parametrize("hold_bytes", [1 << 12, 1 << 17, 1 << 30])
@pytest.mark.parametrize("order", ["rows", "edges_last"])
@pytest.mark.parametrize("changes", [{}, UP])
def test_groups_hold_every_tile_once(tmp_path, hold_bytes, order, changes):
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, tile=(64, 64))
    recipe = Recipe.of({"media": {"folder": str(tmp_path)}}).changed(
        {"tiling.size_px": 96, "tiling.overlap_px": 24, "tiling.order": order} | changes
    )
    (image,) = make_plan(recipe).images
    pixels = CalibratedImage(image, recipe, hold_bytes)
    stripe = pixels.stripe_columns(96)
    tiles = [tile for group in groups(image, stripe) for tile in group()]
    assert sorted(tile.index for tile in tiles) == list(range(len(image.tiling)))
    assert (stripe < image.shape[1]) == (hold_bytes < 1 << 30)
    # A stripe is finished before the next one begins.
    numbers = [(tile.box.x - tiles[0].box.x) // stripe for tile in tiles]
    assert numbers == sorted(numbers)
    pixels.close()


def test_blocks_hold_whole_chunks(tmp_path):
    for kind, how in KINDS.items():
        tifffile.imwrite(tmp_path / "a.tif", IMAGE, compression="zlib", **how)
        recipe = Recipe.of({"media": {"folder": str(tmp_path)}})
        (image,) = make_plan(recipe).images
        reader = CalibratedImage(image, recipe, 0)
        rows, columns = reader.block_shape
        chunk = how.get("tile", (how.get("rowsperstrip"), SIDE))
        assert (rows % chunk[0], columns % chunk[1]) == (0, 0), kind
        assert math.prod(reader.block_shape) <= 64 * 1024
        reader.close()


@pytest.mark.parametrize("scope", ["tile", "image"])
def test_finding_what_values_are_clipped_to_ends_when_it_is_told_to(tmp_path, monkeypatch, scope):
    """With scope image thresholds of sums of colours are measured, which takes clipped values, too."""
    stop, reads, real = threading.Event(), [], tiff.open_file

    def open_file(*arguments):
        source = real(*arguments)
        read = source.read

        def counted(*of, **at):
            reads.append(of)
            if len(reads) == 3:
                stop.set()
            return read(*of, **at)

        source.read = counted
        return source

    monkeypatch.setattr(tiff, "open_file", open_file)
    tifffile.imwrite(tmp_path / "a.tif", np.stack([IMAGE // 256] * 3, -1).astype(np.uint8), tile=(64, 64))
    recipe = Recipe.preset("unet", source=tmp_path / "a.tif", output=tmp_path / "out").changed(
        HALF | {"normalization.scope": scope, "tiling.min_foreground": 0.1 if scope == "image" else 0}
    )
    events = list(run(make_plan(recipe), workers=1, memory_bytes=1 << 20, stop=stop))
    assert len(events) == 1  # that it began
    assert len(reads) <= 4


def test_blocks_shrink_with_the_memory(tmp_path, decoded, monkeypatch):
    """Of three channels the usual blocks are so large that only two of them could be held, and none for long."""
    monkeypatch.setattr(source_blocks, "LEAST_BLOCK_PIXELS", 64 * 64)
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        np.stack([IMAGE] * 3),
        tile=(64, 64),
        metadata={"axes": "CYX"},
        compression="zlib",
        photometric="minisblack",
    )
    recipe = Recipe.preset("unet", source=tmp_path / "a.ome.tif", output=tmp_path / "out").changed(
        {"tiling.size_px": 96, "tiling.overlap_px": 24, "normalization.scope": "none", "normalization.dtype": None}
    )
    held = 10 * 3 * 64 * 64 * IMAGE.itemsize
    list(run(make_plan(recipe), workers=2, memory_bytes=2 * held))
    assert decoded() <= 3 * 3 * (SIDE // 64) ** 2
