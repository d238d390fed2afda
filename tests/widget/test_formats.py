"""Files of other kinds in the dock: chosen, previewed, shown as exported, and what they cost."""

import h5py
import numpy as np
import pytest
import zarr
from PIL import Image
from qtpy.QtWidgets import QFileDialog

from napari_tiles_creator._widget.memory import Memory
from napari_tiles_creator._widget.panels.media import IMAGE_FILES
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.sources.registry import EXTENSIONS


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 4000, shape, np.uint16)


def write_zarr(path, pixels):
    """Write an OME-Zarr image of two levels, 0.5 µm per pixel."""
    group = zarr.open_group(path, mode="w", zarr_format=2)
    levels = [pixels, pixels[..., ::2, ::2]]
    for number, level in enumerate(levels):
        group.create_array(str(number), data=level, chunks=(1, 32, 32))
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    datasets = [
        {
            "path": str(number),
            "coordinateTransformations": [{"type": "scale", "scale": [1, 0.5 * 2**number, 0.5 * 2**number]}],
        }
        for number in range(2)
    ]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return path


@pytest.fixture
def files(tmp_path):
    """One image of 70 × 64 px in several formats, by the path that is typed, and its pixels."""
    pixels = noise(70, 64)
    np.save(tmp_path / "one.npy", pixels)
    np.savez_compressed(tmp_path / "one.npz", image=pixels)
    with h5py.File(tmp_path / "one.h5", "w") as file:
        file.create_dataset("deep/down", data=pixels, chunks=(16, 16), compression="gzip")
        file["other"] = pixels[:30]
    write_zarr(tmp_path / "one.zarr", pixels[None])
    Image.fromarray((pixels // 16).astype(np.uint8)).save(tmp_path / "one.webp", lossless=True)
    return tmp_path, pixels


@pytest.mark.parametrize("name", ["one.npy", "one.npz", "one.h5#/deep/down", "one.zarr", "one.webp"])
def test_a_file_is_previewed_and_cut(files, name, previewed, viewer, dock, qtbot):
    folder, pixels = files
    changes = {"normalization__scope": "none", "normalization__dtype": None}
    plan = previewed(media__folder=f"{folder}/{name}", **changes)
    assert len(plan.images) == 1
    expected = pixels if name != "one.webp" else np.stack([pixels // 16] * 3, axis=-1)
    assert np.array_equal(viewer.layers["Preview image"].data, expected)
    dock.tiles.show_tile.setChecked(True)
    qtbot.waitUntil(lambda: "Tile as exported" in viewer.layers)
    assert np.array_equal(np.squeeze(viewer.layers["Tile as exported"].data), expected[:32, :32])
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample mosaic" in viewer.layers)


def test_a_file_that_is_larger_than_what_is_held_is_read_where_one_looks(tmp_path, previewed, viewer, dock, qtbot):
    with h5py.File(tmp_path / "large.h5", "w") as file:
        data = file.create_dataset("raw", (30_000, 30_000), np.uint16, chunks=(500, 500), fillvalue=7)
        data[15_000:15_500, 20_000:20_500] = noise(500, 500)
        patch = data[15_100:15_200, 20_100:20_200]
    previewed(media__folder=str(tmp_path / "large.h5"), tiling__size_px=500, tiling__overlap_px=0)
    layer = viewer.layers["Preview image"]
    assert layer.multiscale
    assert np.array_equal(layer.data[0][15_100:15_200, 20_100:20_200], patch)
    assert np.all(layer.data[0][:100, :100] == 7)


def test_the_dialog_offers_every_format_and_takes_zarr_folders(dock, qtbot, tmp_path, monkeypatch):
    assert set(IMAGE_FILES.removeprefix("Images (").removesuffix(")").split()) == {f"*{end}" for end in EXTENSIONS}
    path = write_zarr(tmp_path / "slide.ome.zarr", noise(2, 70, 64))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path))
    actions = {action.text().replace("&", ""): action for action in dock.media.editor("folder").button.menu().actions()}
    actions["Folder…"].trigger()
    qtbot.waitUntil(lambda: dock.plan is not None and [i.name for i in dock.plan.images] == ["slide.ome.zarr"])
    assert dock.plan.images[0].info.axes == "CYX"
    assert "0.5" in dock.calibration.editor("pixel_size_um").line.placeholderText()


def test_what_cannot_be_read_in_parts_is_told_with_what_to_do(dock, planned, qtbot, tmp_path, images):
    planned()
    assert dock.media.costly.isHidden()
    Image.new("L", (20_000, 14_000)).save(tmp_path / "scan.png", compress_level=1)
    planned(media__folder=str(tmp_path / "scan.png"), tiling__size_px=512)
    assert not dock.media.costly.isHidden()
    assert "scan.png cannot be read in parts" in dock.media.costly.text()
    assert "280 MB" in dock.media.costly.text()  # 20,000 × 14,000 bytes
    assert "tiles-creator convert" in dock.media.costly.text()
    planned()
    assert dock.media.costly.isHidden()


def test_a_path_with_an_array_is_remembered(files):
    folder, _ = files
    here, gone = (str(folder / name) for name in ("one.h5#/deep/down", "gone.h5#/deep/down"))
    assert Memory(None, Recipe(media={"folder": here}).to_dict()).last_recipe().media.folder == here
    assert Memory(None, Recipe(media={"folder": gone}).to_dict()).last_recipe().media.folder == ""
