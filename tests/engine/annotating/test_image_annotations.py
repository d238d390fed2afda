"""Label images are read once, from top to bottom, within a part of the memory for pixels."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from chunked_array import ChunkedArray
from label_images import ALL, EVERY_PIXEL, listed, shown
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.annotating.image_annotations import SHARE_OF_MEMORY, ImageAnnotations
from napari_tiles_creator.engine.planning.scan import Scanned
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.folder import Found
from peak_memory import PEAK


def labels_of(shape):
    """Return discs with a number each, uint32."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    numbers = y // 40 * 1000 + x // 40 + 1
    return np.where((y % 40 - 20) ** 2 + (x % 40 - 20) ** 2 < 300, numbers, 0).astype(np.uint32)


def plan_of(folder, array, **changes):
    """Return the plan of one image whose labels are an open layer."""
    (folder / "images").mkdir()
    tifffile.imwrite(folder / "images" / "a.tif", np.zeros(array.shape, np.uint8))
    source = array_source(Path("labels"), [array])
    recipe = Recipe.preset("unet", source=folder / "images", output=folder / "out").changed(
        {"annotations.labels": OPEN_LAYERS, "export.layout": "pairs"} | changes
    )
    return make_plan(recipe, given={"a.tif": Scanned(Found("labels", source.info.path, "labels"), 0, source.info)})


@pytest.mark.parametrize("chunks", [(256, 256), (8, 3000), (640, 700), (37, 53)])
@pytest.mark.parametrize("scale", [None, 0.5])
def test_each_chunk_is_decoded_once(tmp_path, chunks, scale):
    labels = labels_of((2100, 3000))
    array = ChunkedArray(labels, chunks)
    changes = {} if scale is None else {"calibration.enabled": True, "calibration.scale": scale}
    plan = plan_of(tmp_path, array, **changes)
    drawn = ImageAnnotations(plan, plan.images[0], ALL, SHARE_OF_MEMORY * (24 << 20))  # the plane takes 24 MiB
    drawn.read(0)
    assert array.reads.max() == 1
    assert array.reads.min() == 1
    calibrated = labels if scale is None else labels[1::2, 1::2]
    for box in (Box(0, 0, 100, 90), Box(500, 700, 300, 200)):
        found = drawn.plane(0).cut(box, (0, 0), "constant", ALL, EVERY_PIXEL)
        assert listed(found) == shown(calibrated, box)


@pytest.mark.parametrize("chunks", [(256, 256), (8, 6000)])
def test_rows_of_chunks_are_held_rather_than_the_plane(tmp_path, chunks):
    array = ChunkedArray(labels_of((4000, 6000)), chunks)  # 96 MB, a row of its chunks 6 MB
    plan = plan_of(tmp_path, array)
    drawn = ImageAnnotations(plan, plan.images[0], ALL, SHARE_OF_MEMORY * (8 << 20))
    drawn.read(0)
    assert array.reads.max() == 1


EXPORT = f"""{PEAK}
import sys
import imagecodecs, tifffile, scipy.ndimage, scipy.sparse, skimage.filters, shapely
from napari_tiles_creator import Recipe, make_plan, run
recipe = Recipe.preset("unet", source=sys.argv[1] + "/images", output=sys.argv[2]).changed(eval(sys.argv[3]))
plan = make_plan(recipe)
before = peak()
for event in run(plan, memory_bytes=32 << 20, workers=2): pass
print(event.tiles, before, peak())
"""


@pytest.mark.parametrize(
    ("dtype", "changes"),
    [("uint32", {}), ("uint8", {}), ("uint32", {"calibration.enabled": True, "calibration.scale": 0.5})],
)
def test_a_large_label_image_is_never_held_whole(tmp_path, dtype, changes):
    side, tile = 6144, 256
    disc = labels_of((tile, tile)) > 0
    for name, kind in (("images", "uint16"), ("masks", dtype)):
        (tmp_path / name).mkdir()
        top = np.iinfo(kind).max if kind == "uint8" else 0

        def tiles(kind=kind, top=top):
            for number in range((side // tile) ** 2):
                yield np.where(disc, top or number + 1, 0).astype(kind)

        how = {"tile": (tile, tile), "compression": "zlib"}
        tifffile.imwrite(tmp_path / name / "a.tif", tiles(), shape=(side, side), dtype=kind, **how)
    fields = {"annotations.labels": str(tmp_path / "masks"), "export.layout": "pairs"} | changes
    arguments = [str(tmp_path), str(tmp_path / "out"), repr(fields)]
    done = subprocess.run([sys.executable, "-c", EXPORT, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    count, before, peak = map(int, done.stdout.split())
    length = side * changes.get("calibration.scale", 1)
    assert count == (-(-(length - 128) // 384)) ** 2
    # The planes take 75 and up to 151 MB. What is held, two workers' tiles, and the runs while they are put together.
    assert peak - before < (32 + 72) << 20
