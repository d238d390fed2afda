"""A class that a split does not show is named, from boxes and from label images of classes."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan


@pytest.fixture
def root(tmp_path):
    for name in ("images", "masks", "boxes"):
        (tmp_path / name).mkdir()
    for i, classes in enumerate([(1, 2), (1,), (1, 2), (1,)]):
        labels = np.zeros((64, 64), np.uint8)
        for value in classes:
            labels[9 * value : 9 * value + 5, 9:20] = value
        tifffile.imwrite(tmp_path / "images" / f"{i}.tif", labels + np.uint8(i))
        tifffile.imwrite(tmp_path / "masks" / f"{i}.tif", labels)
        rows = "".join(f"{value - 1} 0.5 0.5 0.2 0.2\n" for value in classes)
        (tmp_path / "boxes" / f"{i}.txt").write_text(rows)
    return tmp_path


def warnings(root, split, **annotations):
    fields = {f"annotations.{name}": value for name, value in annotations.items()}
    fields |= {"annotations.classes": ["soma", "axon"], "tiling.size_px": 64, "tiling.overlap_px": 0}
    table = root / "split.csv"
    table.write_text("image,split\n" + "".join(f"{i}.tif,{name}\n" for i, name in enumerate(split)))
    fields["export.split"] = {"by": "table", "table": str(table)}
    plan = make_plan(Recipe.preset("unet", source=root / "images").changed(fields))
    return [text for text in plan.warnings if "shows nothing" in text]


@pytest.mark.parametrize("kind", ["labels", "boxes"])
def test_a_class_that_a_split_does_not_show_is_named(root, kind):
    annotations = {kind: str(root / {"labels": "masks", "boxes": "boxes"}[kind])}
    told = ["val shows nothing of the class axon (export.split)"]
    assert warnings(root, ["train", "val", "train", "val"], **annotations) == told
    assert warnings(root, ["train", "train", "val", "val"], **annotations) == []


def test_a_class_that_nobody_drew_is_missing_nowhere(root):
    for path in (root / "boxes").iterdir():
        path.write_text("0 0.5 0.5 0.2 0.2\n")
    assert warnings(root, ["train", "val", "train", "val"], boxes=str(root / "boxes")) == []
