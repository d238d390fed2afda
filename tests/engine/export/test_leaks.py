"""Tiles of two splits that are made from the same pixel are found from the manifest alone."""

from pathlib import Path

import pytest

from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export.leaks import leaks
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.export.verify import verify

SHARES = {"train": 0.6, "val": 0.4}


def exported(tmp_path: Path, **changes: object) -> Path:
    images = make_folder(tmp_path / "images", count=1)
    recipe = Recipe.preset("unet", source=images, output=tmp_path / "out")
    fields = {"tiling.size_px": 64, "tiling.overlap_px": 16, "export.split": SHARES}
    list(run(make_plan(recipe.changed(fields | {name.replace("__", "."): value for name, value in changes.items()}))))
    return tmp_path / "out"


@pytest.mark.parametrize("scale", [None, 2, 0.5, 1.3])
@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "lanczos"])
def test_what_an_export_writes_never_leaks(tmp_path, scale, interpolation):
    rescaled = {"calibration__enabled": True, "calibration__scale": scale, "calibration__interpolation": interpolation}
    out = exported(tmp_path, **(rescaled if scale else {}))
    manifest = Manifest.read(out)
    assert {row.split for row in manifest.rows.values()} == {"train", "val"}
    assert verify(out).leaks == ()


def moved(out: Path, tile: str, split: str) -> None:
    """Give one tile another split, as somebody who edits the table would."""
    lines = (out / "tiles.csv").read_bytes().decode().split("\r\n")
    other = {"train": "val", "val": "train"}[split]
    lines = [line.replace(f",{other},", f",{split},") if line.startswith(tile) else line for line in lines]
    (out / "tiles.csv").write_bytes("\r\n".join(lines).encode())


def test_a_tile_in_the_wrong_split_is_named_with_its_neighbour(tmp_path):
    out = exported(tmp_path)
    rows = list(Manifest.read(out).rows.values())
    inner = next(row for row in rows if row.split == "train")
    moved(out, inner.tile, "val")
    (found,) = leaks(Manifest.read(out))
    assert inner.tile in found
    assert "made from the same pixels of cell_0.tif" in found
    verdict = verify(out)
    assert verdict.leaks == (found,)
    assert not verdict.ok


def test_tiles_that_only_touch_leak_where_they_are_interpolated(tmp_path):
    """Side by side without an overlap: nothing is shared as long as pixels are as they are."""
    plain = exported(tmp_path / "plain", tiling__overlap_px=0, tiling__edge="drop", export__split=None)
    cubic = exported(
        tmp_path / "cubic", tiling__overlap_px=0, tiling__edge="drop", export__split=None,
        calibration__enabled=True, calibration__scale=2,
    )  # fmt: skip
    for out, leaking in ((plain, False), (cubic, True)):
        lines = (out / "tiles.csv").read_bytes().decode().split("\r\n")
        at = lines[0].split(",").index("split")
        for number, line in enumerate(lines[1:], start=1):
            if line:
                fields = line.split(",")
                fields[at] = "train" if number % 2 else "val"
                lines[number] = ",".join(fields)
        (out / "tiles.csv").write_bytes("\r\n".join(lines).encode())
        assert bool(leaks(Manifest.read(out))) == leaking
