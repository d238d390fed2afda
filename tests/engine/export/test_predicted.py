import pytest

from napari_tiles_creator.engine.export.predicted import RECORD, home, names_of, predictions_among

TILES = ["a_000.tif", "a_001.tif", "b.png"]


def test_names_follow_the_tile():
    assert names_of("train/images/a_001.tif") == (
        "masks/train/images/a_001_mask.png",
        "masks/train/images/a_001_mask.tif",
        "probabilities/train/images/a_001.tif",
        "train/images/a_001__labels.json",
        "train/images/a_001.json",
    )


def test_predictions_of_a_dataset_for_people_are_known_by_the_names_of_its_tiles(tmp_path):
    ours = [RECORD, "predictions_coco.json", *(name for tile in TILES for name in names_of(tile))]
    others = [
        "masks/c_mask.png",
        "masks/a_000.png",
        "masks/a_000_mask.jpg",
        "probabilities/a_000.png",
        "c__labels.json",
        "labels/a_000.tif",
        "deep/a_000.json",
        "notes.txt",
    ]
    assert predictions_among(tmp_path, "flat", TILES, ours + others) == set()  # nothing was ever predicted
    (tmp_path / RECORD).touch()
    assert predictions_among(tmp_path, "flat", TILES, ours + others) == set(ours)


@pytest.mark.parametrize("layout", ["pairs", "yolo", "coco"])
def test_a_dataset_for_trainers_has_a_folder_for_them(tmp_path, layout):
    assert home(tmp_path, layout) == tmp_path / "predictions"
    paths = [f"predictions/{RECORD}", "predictions/masks/train/images/a_mask.png", "masks/train/a.png"]
    (tmp_path / RECORD).touch()
    assert predictions_among(tmp_path, layout, TILES, paths) == set()
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / RECORD).touch()
    assert predictions_among(tmp_path, layout, TILES, paths) == set(paths[:2])
