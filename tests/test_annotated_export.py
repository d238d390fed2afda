"""Whole exports with annotations: exact, resumable, told in the manifest, removed without a trace."""

import csv
import json
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import tifffile
from skimage.measure import regionprops

from annotated_folder import label_image, make_annotated
from image_folder import contents, starts
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.cli import main
from napari_tiles_creator.engine.export.events import Finished, ItemFailed, TileLeftOut, TileSkipped, TileWritten
from napari_tiles_creator.engine.export.survey import survey
from napari_tiles_creator.engine.export.verify import plan_emptying, verify
from napari_tiles_creator.errors import ExportError, PlanError

SIZE, OVERLAP = 64, 16


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return make_annotated(tmp_path_factory.mktemp("cells"))


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory):
    return make_annotated(tmp_path_factory.mktemp("classes"), classes=3)


@pytest.fixture(scope="module")
def with_empty(tmp_path_factory):
    return make_annotated(tmp_path_factory.mktemp("empty"), count=6, empty=3)


def recipe_of(folder: Path, output: Path, layout: str, preset: str = "unet", **changes: object) -> Recipe:
    fields = {"annotations.labels": str(folder / "masks"), "export.layout": layout, "tiling.size_px": SIZE}
    fields |= {"tiling.overlap_px": OVERLAP} | {name.replace("__", "."): value for name, value in changes.items()}
    return Recipe.preset(preset, source=folder / "images", output=output).changed(fields)


def exported(recipe: Recipe, **how: object) -> list:
    return list(run(make_plan(recipe), **how))


def table(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def objects_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in table(folder / "objects.csv"):
        found[row["tile"]].append(row)
    return found


def crop(labels: np.ndarray, row: dict[str, str]) -> np.ndarray:
    y, x, height, width = (int(row[name]) for name in ("y", "x", "height", "width"))
    return labels[y : y + height, x : x + width]


# ---- exact ----


@pytest.mark.parametrize("workers", [1, 3])
def test_instances_are_renumbered_and_lead_back_to_the_labels(cells, tmp_path, workers):
    exported(recipe_of(cells, tmp_path / "out", "flat", annotations__min_visible=0), workers=workers)
    objects = objects_of(tmp_path / "out")
    back = {f"cell_{i}.tif": np.zeros((150, 190), np.uint16) for i in range(3)}
    rows = table(tmp_path / "out" / "tiles.csv")
    assert len(rows) == 3 * len(starts(150, SIZE, OVERLAP)) * len(starts(190, SIZE, OVERLAP))
    for row in rows:
        listed = objects[row["tile"]]
        assert row["objects"] == str(len(listed))
        if not listed:
            assert not row["mask"]
            continue
        mask = tifffile.imread(tmp_path / "out" / row["mask"])
        assert (
            [int(one["object"]) for one in listed]
            == list(range(1, len(listed) + 1))
            == np.unique(mask)[-len(listed) :].tolist()
        )
        source = np.array([0, *(int(one["source_object"]) for one in listed)], np.uint16)
        part = crop(back[row["source"]], row)
        part[...] = np.maximum(part, source[mask])
    for name, labels in back.items():
        assert np.array_equal(labels, tifffile.imread(cells / "masks" / name))


def test_listed_objects_are_those_of_the_cropped_labels(cells, tmp_path):
    exported(recipe_of(cells, tmp_path / "out", "flat", annotations__at_border="mark", annotations__min_visible=0.25))
    whole = {f"cell_{i}.tif": label_image(i) for i in range(3)}
    objects = objects_of(tmp_path / "out")
    for row in table(tmp_path / "out" / "tiles.csv"):
        labels = whole[row["source"]]
        expected = []
        for region in regionprops(crop(labels, row)):
            share = region.area / np.count_nonzero(labels == region.label)
            if share >= 0.25:
                top, left, bottom, right = region.bbox
                expected.append((region.label, top, left, bottom - top, right - left, region.area, share, share < 1))
        found = [
            (
                int(one["source_object"]),
                *(float(one[k]) for k in ("y", "x", "height", "width", "area", "visible")),
                one["truncated"] == "1",
            )
            for one in objects[row["tile"]]
        ]
        assert found == [pytest.approx(one) for one in expected]


def test_class_masks_show_every_annotated_pixel(three_classes, tmp_path):
    recipe = recipe_of(three_classes, tmp_path / "out", "pairs", annotations__classes=["a", "b", "c"])
    exported(recipe)
    for row in table(tmp_path / "out" / "tiles.csv"):
        mask = tifffile.imread(tmp_path / "out" / row["mask"])
        assert mask.dtype == np.uint8
        assert np.array_equal(mask, crop(tifffile.imread(three_classes / "masks" / row["source"]), row))


@pytest.mark.parametrize(("scale", "shape"), [(2, (300, 380)), ("1/2", (75, 95)), (0.7, (105, 133))])
def test_labels_are_rescaled_to_the_nearest_pixel(three_classes, tmp_path, scale, shape):
    recipe = recipe_of(
        three_classes, tmp_path / "out", "pairs", annotations__classes=["a", "b", "c"],
        calibration__enabled=True, calibration__scale=scale,
    )  # fmt: skip
    exported(recipe)
    rows, columns = (((2 * np.arange(new) + 1) * old) // (2 * new) for new, old in zip(shape, (150, 190), strict=True))
    for row in table(tmp_path / "out" / "tiles.csv"):
        labels = tifffile.imread(three_classes / "masks" / row["source"])[np.ix_(rows, columns)]
        assert np.array_equal(tifffile.imread(tmp_path / "out" / row["mask"]), crop(labels, row))


def test_objects_that_a_border_cuts_are_dropped_from_masks_too(cells, tmp_path):
    exported(recipe_of(cells, tmp_path / "out", "pairs", annotations__at_border="drop"))
    for row in table(tmp_path / "out" / "tiles.csv"):
        labels = label_image(int(row["source"][5]))
        part = crop(labels, row)
        whole = [n for n in np.unique(part) if n and np.count_nonzero(part == n) == np.count_nonzero(labels == n)]
        assert np.array_equal(tifffile.imread(tmp_path / "out" / row["mask"]) > 0, np.isin(part, whole))


def test_the_foreground_is_what_is_labelled(cells, tmp_path):
    events = exported(recipe_of(cells, tmp_path / "out", "pairs", tiling__min_foreground=0.2))
    kept = {(event.source, event.index) for event in events if isinstance(event, TileWritten)}
    expected = set()
    for i in range(3):
        labels = label_image(i)
        places = [(y, x) for y in starts(150, SIZE, OVERLAP) for x in starts(190, SIZE, OVERLAP)]
        for index, (y, x) in enumerate(places):
            if np.count_nonzero(labels[y : y + SIZE, x : x + SIZE]) >= 0.2 * SIZE * SIZE:
                expected.add((f"cell_{i}.tif", index))
    assert kept == expected
    assert 0 < len(kept) < 3 * len(places)


# ---- tiles without an object ----


def empty_and_others(folder: Path, count: int) -> tuple[int, int]:
    """Return how many tiles show nothing and how many do, by plain numpy."""
    shares = [
        tifffile.imread(folder / "masks" / f"cell_{i}.tif")[y : y + SIZE, x : x + SIZE].any()
        for i in range(count)
        for y in starts(150, SIZE, OVERLAP)
        for x in starts(190, SIZE, OVERLAP)
    ]
    return shares.count(False), shares.count(True)


@pytest.mark.parametrize("told", ["auto", "keep", "drop", 0.0, 0.25, 100.0])
def test_tiles_without_an_object(with_empty, tmp_path, told):
    empty, others = empty_and_others(with_empty, 6)
    events = exported(recipe_of(with_empty, tmp_path / "out", "pairs", annotations__empty_tiles=told))
    written = table(tmp_path / "out" / "tiles.csv")
    wanted = (
        {"auto": empty, "keep": empty, "drop": 0}.get(told)
        if isinstance(told, str)
        else min(empty, round(told * others))
    )
    found = sum(not tifffile.imread(tmp_path / "out" / row["mask"]).any() for row in written)
    assert (found, len(written) - found) == (wanted, others)
    assert sum(isinstance(event, TileLeftOut) for event in events) == empty - wanted


def test_which_empty_tiles_are_drawn_depends_on_the_seed_alone(with_empty, tmp_path):
    def drawn(name: str, seed: int, workers: int) -> set[str]:
        recipe = recipe_of(with_empty, tmp_path / name, "pairs", annotations__empty_tiles=0.25, tiling__seed=seed)
        exported(recipe, workers=workers)
        return {row["tile"] for row in table(tmp_path / name / "tiles.csv")}

    assert drawn("a", 1, 1) == drawn("b", 1, 4) != drawn("c", 2, 1)


def test_a_layout_without_empty_tiles_leaves_them_out(with_empty, tmp_path):
    exported(recipe_of(with_empty, tmp_path / "out", "microglia-unet"))
    masks = [tifffile.imread(path) for path in (tmp_path / "out" / "tiles-masks").iterdir()]
    assert len(masks) == empty_and_others(with_empty, 6)[1]
    assert all(np.unique(mask).tolist() == [0, 255] for mask in masks)


# ---- resumed, verified, removed ----

LAYOUTS = [("flat", "unet"), ("pairs", "unet"), ("yolo-segment", "yolo"), ("yolo-classify", "yolo"), ("coco", "yolo")]


@pytest.mark.parametrize(("layout", "preset"), LAYOUTS)
def test_interrupted_anywhere_it_ends_the_same(three_classes, tmp_path, layout, preset):
    def recipe(name: str) -> Recipe:
        return recipe_of(
            three_classes, tmp_path / name, layout, preset, annotations__classes=["a", "b", "c"],
            export__split={"train": 0.6, "val": 0.4},
        )  # fmt: skip

    exported(recipe("whole"), workers=2)
    whole = contents(tmp_path / "whole")
    for number, stops in enumerate(([3], [1, 9], [5, 6, 7])):
        for stop in stops:
            events = run(make_plan(recipe(f"part{number}")), workers=2)
            written = 0
            for event in events:
                written += isinstance(event, TileWritten)
                if written == stop:
                    break
            events.close()
        last = exported(recipe(f"part{number}"), workers=1)[-1]
        assert isinstance(last, Finished)
        assert last.skipped >= sum(stops)
        assert contents(tmp_path / f"part{number}") == whole


KILLED = """
import json, sys
from napari_tiles_creator import Recipe, make_plan, run
for event in run(make_plan(Recipe.of(json.loads(sys.argv[1]))), workers=int(sys.argv[2])):
    print(flush=True)
"""


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(("layout", "preset"), LAYOUTS)
def test_killed_at_random_moments_it_ends_the_same(three_classes, tmp_path, layout, preset, workers):
    def recipe(name: str) -> Recipe:
        return recipe_of(
            three_classes, tmp_path / name, layout, preset, annotations__classes=["a", "b", "c"],
            annotations__empty_tiles=0.5, export__split={"train": 0.6, "val": 0.4},
        )  # fmt: skip

    events = len(exported(recipe("whole"), workers=5 - workers))
    whole = contents(tmp_path / "whole")
    rng = random.Random(f"{layout} {workers}")
    # Once while tiles are cut, and once at the end, when the files that tell of all tiles are written.
    for seen in (rng.randrange(2, events - 2), events - 1):
        arguments = [json.dumps(recipe("part").to_dict()), str(workers)]
        process = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(seen):
            process.stdout.readline()
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()
        assert list((tmp_path / "part").iterdir())
    last = exported(recipe("part"), workers=workers)[-1]
    assert last.skipped > 0
    assert contents(tmp_path / "part") == whole


@pytest.mark.parametrize(("layout", "preset"), LAYOUTS)
def test_a_finished_dataset_is_checked_and_left_as_it_is(three_classes, tmp_path, layout, preset):
    recipe = recipe_of(
        three_classes, tmp_path / "out", layout, preset, annotations__classes=["a", "b", "c"],
        export__split={"train": 0.6, "val": 0.4},
    )  # fmt: skip
    exported(recipe)
    before = contents(tmp_path / "out")
    assert verify(tmp_path / "out").ok
    events = exported(recipe)
    assert not any(isinstance(event, TileWritten) for event in events)
    assert any(isinstance(event, TileSkipped) for event in events)
    assert contents(tmp_path / "out") == before


def test_an_image_that_can_be_read_later_joins_the_others(three_classes, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(three_classes, folder)
    whole = (folder / "masks" / "cell_1.tif").read_bytes()

    def recipe(name: str) -> Recipe:
        return recipe_of(folder, tmp_path / name, "coco", "yolo", annotations__classes=["a", "b", "c"])

    (folder / "masks" / "cell_1.tif").write_bytes(whole[: len(whole) // 2])
    failed = [event for event in exported(recipe("out")) if isinstance(event, ItemFailed)]
    assert [event.source for event in failed] == ["cell_1.tif"]
    assert "cell_1.tif" in failed[0].reason
    assert {row["source"] for row in table(tmp_path / "out" / "tiles.csv")} == {"cell_0.tif", "cell_2.tif"}
    (folder / "masks" / "cell_1.tif").write_bytes(whole)
    exported(recipe("out"))
    exported(recipe("fresh"))
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_what_is_missing_or_changed_beside_the_tiles_is_named(cells, tmp_path):
    out = tmp_path / "out"
    exported(recipe_of(cells, out, "yolo-segment", "yolo", export__split={"train": 0.6, "val": 0.4}))
    texts = sorted((out / "labels" / "train").iterdir())
    texts[0].unlink()
    texts[1].write_text("0 0.5 0.5 0.6 0.5 0.6 0.6\n")
    (out / "data.yaml").write_text("names: {0: other}\n")
    (out / "objects.csv").unlink()
    (out / "labels" / "train" / "mine.txt").write_text("")
    verdict = verify(out)
    assert not verdict.ok
    assert set(verdict.missing) == {f"labels/train/{texts[0].name}", "objects.csv"}
    assert set(verdict.changed) == {f"labels/train/{texts[1].name}", "data.yaml"}
    assert verdict.extra == ("labels/train/mine.txt",)
    (out / ".tiles-creator").mkdir()
    (out / ".tiles-creator" / "objects.csv.part").write_text("of a run that was killed")
    emptying = plan_emptying(out)
    emptying.carry_out()
    left = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert left == sorted(["data.yaml", f"labels/train/{texts[1].name}", "labels/train/mine.txt"])


def test_a_missing_mask_is_made_again(cells, tmp_path):
    out = tmp_path / "out"
    exported(recipe_of(cells, out, "pairs"))
    before = contents(out)
    next((out / "masks").iterdir()).unlink()
    events = exported(recipe_of(cells, out, "pairs"))
    assert sum(isinstance(event, TileWritten) for event in events) == 1
    assert contents(out) == before


def test_other_annotations_are_another_export(cells, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(cells, folder)
    exported(recipe_of(folder, tmp_path / "out", "pairs"))
    labels = tifffile.imread(folder / "masks" / "cell_0.tif")
    labels[:9, :9] = 500
    tifffile.imwrite(folder / "masks" / "cell_0.tif", labels)
    with pytest.raises(ExportError, match=r"cell_0\.tif has changed since"):
        exported(recipe_of(folder, tmp_path / "out", "pairs"))


def test_a_foreign_file_with_a_masks_name_is_in_the_way(cells, tmp_path):
    out = tmp_path / "out"
    (out / "masks").mkdir(parents=True)
    (out / "masks" / "cell_1_003.tif").write_text("mine")
    with pytest.raises(ExportError, match=r"masks/cell_1_003\.tif is in the way"):
        exported(recipe_of(cells, out, "pairs"), allow_foreign=True)
    assert (out / "masks" / "cell_1_003.tif").read_text() == "mine"


# ---- what goes wrong ----


def test_a_value_beyond_the_classes_fails_its_image_alone(three_classes, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(three_classes, folder)
    labels = tifffile.imread(folder / "masks" / "cell_1.tif")
    labels[5:20, 5:20] = 9
    tifffile.imwrite(folder / "masks" / "cell_1.tif", labels)
    events = exported(recipe_of(folder, tmp_path / "out", "pairs", annotations__classes=["a", "b", "c"]))
    failed = [event for event in events if isinstance(event, ItemFailed)]
    assert [event.source for event in failed] == ["cell_1.tif"]
    assert "holds the value 9, 3 classes are named (a, b, c)" in failed[0].reason
    assert {row["source"] for row in table(tmp_path / "out" / "tiles.csv")} == {"cell_0.tif", "cell_2.tif"}
    assert verify(tmp_path / "out").ok


def test_what_a_layout_cannot_hold_is_told_before_anything_is_written(cells, tmp_path):
    with pytest.raises(PlanError, match="yolo: tif tiles cannot be read") as caught:
        make_plan(recipe_of(cells, tmp_path / "out", "yolo"))
    assert caught.value.field == "export.format"
    with pytest.raises(PlanError, match="pairs: nothing is annotated"):
        make_plan(recipe_of(cells, tmp_path / "out", "pairs").changed({"annotations.labels": None}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--labels", ""], "annotations.labels: '': names nothing"),
        (["--boxes", ""], "annotations.boxes: '': names nothing"),
        (["--labels", "nowhere"], "annotations.labels: nowhere: no such folder"),
        (["--boxes", "nowhere"], "annotations.boxes: nowhere: no such folder"),
        (["--classes", ""], "annotations.classes: '': names nothing"),
        (["--classes", "a,,b"], "annotations.classes: ['a', '', 'b']: holds a name that is empty"),
        (["--classes", "a,a"], "names a twice"),
        (["--classes", "names.txt"], "'names.txt': there is no such file"),
        (["--split", "train"], "write shares, such as train=0.8,val=0.2"),
        (["--split", "train=0.8"], "add up to 0.8: they must add up to 1"),
        (["--split", "train=0.8,train=0.2,val=0.2"], "names train twice"),
        (["--split", "train=0.8,val=much"], "val: 'much': must be a number from 0 to 1"),
        (["--split", "train=0.8,val=0.2,colour=red"], "colour: no such field"),
        (["--split", "train=0.8,val=0.2,by=table,table=nowhere.csv"], "nowhere.csv cannot be read"),
    ],
)
def test_wrong_flags_are_told_in_one_sentence(cells, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["export", str(cells / "images"), "out", "--labels", str(cells / "masks"), "--layout", "pairs", *words])
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    (sentence,) = [line for line in err.splitlines() if line.lower().startswith("error")]
    assert said in sentence
    assert not (tmp_path / "out").exists()


def test_what_left_every_tile_out_is_named(tmp_path, capsys):
    folder = make_annotated(tmp_path, count=2, empty=2)
    small = ["--size", "64", "--overlap", "16", "--layout", "microglia-unet"]
    with pytest.raises(SystemExit) as caught:
        main(["export", str(folder / "images"), str(tmp_path / "out"), "--labels", str(folder / "masks"), *small])
    assert caught.value.code == 2
    assert "left out by a filter (annotations.empty_tiles" in capsys.readouterr().err


def test_the_head_names_no_place_on_this_machine(cells, tmp_path):
    exported(recipe_of(cells, tmp_path / "out", "pairs"))
    text = (tmp_path / "out" / "tiles.json").read_text(encoding="utf-8")
    head = json.loads(text)
    assert str(tmp_path) not in text
    assert str(cells) not in text
    assert Recipe.of(head["recipe"]).annotations.labels == "masks"
    assert head["classes"] == ["object"]
    assert [file["path"] for file in head["files"]] == ["objects.csv"]
    assert all(source["annotations"] for source in head["sources"])


@pytest.mark.parametrize(
    ("layout", "changes"),
    [
        ("pairs", {"annotations.empty_tiles": "drop"}),
        ("pairs", {"annotations.empty_tiles": 0.25}),
        ("pairs", {"tiling.min_foreground": 0.1}),
        ("microglia-unet", {}),
    ],
)
def test_a_measured_plan_counts_the_tiles_that_an_export_writes(with_empty, tmp_path, layout, changes):
    recipe = recipe_of(with_empty, tmp_path / "out", layout).changed(changes)
    written = [event for event in exported(recipe) if isinstance(event, TileWritten)]
    surveyed = {one.image.name: one.tiles for one in survey(make_plan(recipe))}
    assert surveyed == {name: sum(event.source == name for event in written) for name in surveyed}
    assert sum(surveyed.values()) == len(written) < len(make_plan(recipe))


@pytest.mark.parametrize("layout", ["yolo-classify", "microglia-yolo"])
def test_a_sliver_is_no_object_whatever_else_is_asked(cells, tmp_path, layout):
    """The foreground of a tile counts every labelled pixel; whether it shows an object is asked of the objects."""
    split = {"train": 0.6, "val": 0.4} if layout == "yolo-classify" else None
    plain = recipe_of(cells, tmp_path / "plain", layout, "yolo", annotations__min_visible=0.9, export__split=split)
    exported(plain)
    exported(plain.changed({"export.folder": str(tmp_path / "filtered"), "tiling.min_foreground": 1e-6}))
    written = {row["tile"] for row in table(tmp_path / "plain" / "tiles.csv")}
    assert {row["tile"] for row in table(tmp_path / "filtered" / "tiles.csv")} == written
    assert not any("background" in tile for tile in written)


def test_an_object_much_larger_than_a_tile_counts_in_each(tmp_path):
    """No tile shows a tenth of it, but it fills some of them."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    labels = np.zeros((640, 640), np.uint8)
    labels[20:620, 20:620] = 9
    tifffile.imwrite(tmp_path / "images" / "a.tif", np.random.default_rng(0).integers(0, 99, labels.shape, np.uint8))
    tifffile.imwrite(tmp_path / "masks" / "a.tif", labels)
    exported(recipe_of(tmp_path, tmp_path / "out", "flat"))
    for row in table(tmp_path / "out" / "tiles.csv"):
        covered = np.count_nonzero(crop(labels, row)) / SIZE**2
        assert row["objects"] == str(int(covered >= 0.1))


# ---- what is told ----


def test_the_end_tells_objects_and_splits_without_a_tile(cells, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(cells, folder)
    recipe = recipe_of(folder, tmp_path / "out", "pairs", export__split={"train": 0.6, "val": 0.4})
    of_split = {image.split: image.name for image in make_plan(recipe).images if image.split == "val"}
    (folder / "masks" / of_split["val"]).write_bytes(b"II*\0nonsense")
    plan = make_plan(recipe)
    assert [failure.source for failure in plan.failed] == [of_split["val"]]
    shutil.copy(cells / "masks" / of_split["val"], folder / "masks")
    labels = tifffile.imread(folder / "masks" / of_split["val"])
    tifffile.imwrite(folder / "masks" / of_split["val"], labels.astype(np.int32) - 1)  # a value below 0, seen when read
    last = exported(recipe)[-1]
    assert [failure["source"] for failure in last.failed] == [of_split["val"]]
    assert last.empty_splits == ("val",)
    assert last.objects == len(table(tmp_path / "out" / "objects.csv")) > 0


def test_what_another_export_differs_in_is_named(cells, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(cells, folder)
    shares = {"train": 0.6, "val": 0.4}
    recipe = recipe_of(folder, tmp_path / "out", "pairs", export__split=shares)
    exported(recipe)
    with pytest.raises(ExportError, match=r"its export\.split\.seed is 0, not 1"):
        exported(recipe.changed({"export.split": {**shares, "seed": 1}}))
    labels = tifffile.imread(folder / "masks" / "cell_2.tif")
    labels[:3, :3] = 999
    tifffile.imwrite(folder / "masks" / "cell_2.tif", labels)
    with pytest.raises(ExportError, match=r"what is drawn on cell_2\.tif has changed since"):
        exported(recipe)


def test_boxes_are_not_continued_into_padding(cells, tmp_path):
    recipe = recipe_of(
        cells, tmp_path / "out", "yolo", "yolo", export__split={"train": 0.6, "val": 0.4}, tiling__edge="pad",
        tiling__pad_mode="reflect",
    )  # fmt: skip
    with pytest.raises(PlanError, match="boxes and outlines are not continued into padding") as caught:
        make_plan(recipe)
    assert caught.value.field == "tiling.pad_mode"
    assert make_plan(recipe.changed({"tiling.edge": "shift"})).images
    assert make_plan(recipe.changed({"tiling.pad_mode": "constant"})).images


def test_the_folder_of_the_labels_takes_no_tiles(cells):
    with pytest.raises(ExportError, match=r"is that of annotations\.labels: choose another"):
        exported(recipe_of(cells, cells / "masks", "pairs"), allow_foreign=True)


def test_values_that_look_like_classes_are_told(three_classes, cells, tmp_path):
    """Three values in many pieces, without names: each was taken for one object."""

    def notes(recipe: Recipe) -> tuple[str, ...]:
        return exported(recipe)[-1].notes

    (note,) = notes(recipe_of(three_classes, tmp_path / "a", "flat"))
    assert "few values in many pieces" in note
    assert "cell_0.tif, cell_1.tif, cell_2.tif" in note
    assert not notes(recipe_of(three_classes, tmp_path / "b", "flat", annotations__labels_hold="instances"))
    assert not notes(recipe_of(three_classes, tmp_path / "c", "pairs", annotations__classes=["a", "b", "c"]))
    assert not notes(recipe_of(cells, tmp_path / "d", "flat"))


def test_nothing_drawn_at_all_is_told(with_empty, tmp_path):
    recipe = recipe_of(with_empty, tmp_path / "out", "pairs", media__pattern="cell_[45].tif")
    last = exported(recipe)[-1]
    assert last.objects == 0
    assert last.notes == ("nothing is drawn on any tile: check annotations.labels and annotations.boxes",)


@pytest.mark.parametrize(("layout", "told"), [("pairs", True), ("stardist", True), ("flat", False)])
def test_boxes_that_are_taken_for_shapes_are_told(cells, tmp_path, layout, told):
    (tmp_path / "boxes").mkdir()
    for i in range(3):
        (tmp_path / "boxes" / f"cell_{i}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    recipe = recipe_of(cells, tmp_path / "out", layout)
    recipe = recipe.changed({"annotations.labels": None, "annotations.boxes": str(tmp_path / "boxes")})
    assert any("only boxes are known" in warning for warning in make_plan(recipe).warnings) == told
    assert not any(
        "only boxes" in warning for warning in make_plan(recipe_of(cells, tmp_path / "out", layout)).warnings
    )
