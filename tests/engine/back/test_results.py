"""Results found by the names of tiles, whatever program wrote them and in whatever form."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.back.results import MASKS_FIRST, ResultFiles
from napari_tiles_creator.errors import DatasetError

CLASSES = 3


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return the tiles of one image of 300 × 420 px, in a grid of 3 × 5, and what is where in it: array (c, y, x)."""
    folder = tmp_path_factory.mktemp("results")
    images = make_folder(folder / "images", count=1)
    sizes = {"tiling.size_px": 128, "tiling.overlap_px": 40}
    list(run(make_plan(Recipe.preset("unet", source=images, output=folder / "out").changed(sizes))))
    truth = np.random.default_rng(5).random((CLASSES, 300, 420)).astype(np.float32)
    return folder / "out", truth


def places(dataset):
    """Yield the stem of each tile and where it lies."""
    for line in (dataset / "tiles.csv").read_text().splitlines()[1:]:
        tile, _, _, _, _, y, x, height, width = line.split(",")[:9]
        yield tile.removesuffix(".tif"), (slice(int(y), int(y) + int(height)), slice(int(x), int(x) + int(width)))


def pieces(dataset, truth):
    """Yield the stem of each tile and what the truth is there."""
    for stem, place in places(dataset):
        yield stem, truth[:, *place]


def write(place, stem, piece, form):
    """Write a tile's probabilities in one of the forms that programs choose."""
    last = np.moveaxis(piece, 0, -1)
    if form == "npy, channels last":
        np.save(place / f"{stem}.npy", last)
    elif form == "npy, channels first":
        np.save(place / f"{stem}.npy", piece)
    elif form == "tif, channels last":
        tifffile.imwrite(place / f"{stem}_prob.tif", last, photometric="minisblack")
    elif form == "tif, pages":
        tifffile.imwrite(place / f"{stem}_prob.tif", piece, photometric="minisblack")
    elif form == "tif, ImageJ":
        tifffile.imwrite(place / f"{stem}.tif", piece, imagej=True, metadata={"axes": "CYX"})
    elif form == "tif, taken for colours":
        tifffile.imwrite(place / f"{stem}.tif", last, photometric="rgb")


@pytest.mark.parametrize(
    "form",
    [
        "npy, channels last",
        "npy, channels first",
        "tif, channels last",
        "tif, pages",
        "tif, ImageJ",
        "tif, taken for colours",
    ],
)
def test_probabilities_of_several_classes_are_merged_as_channels(exported, tmp_path, form):
    dataset, truth = exported
    results = tmp_path / "results"
    results.mkdir()
    for stem, piece in pieces(dataset, truth):
        write(results, stem, piece, form)
    (path,) = merge(dataset, tmp_path / "merged", tiles=results).files
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "CYX"
    np.testing.assert_allclose(tifffile.imread(path), truth, atol=1e-6)


@pytest.mark.parametrize(
    "names", ["{}.png", "{}_mask.png", "{}-labels.tif", "{}_cp_masks.tif", "deep/{}_pred.tif", "{}_SEG.PNG"]
)
def test_masks_are_found_by_what_programs_call_them(exported, tmp_path, names):
    dataset, truth = exported
    classes = truth.argmax(0)[None].astype(np.uint8)
    for stem, piece in pieces(dataset, classes):
        path = tmp_path / "results" / names.format(stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".png":
            Image.fromarray(piece[0]).save(path)
        else:
            tifffile.imwrite(path, piece[0])
    (path,) = merge(dataset, tmp_path / "merged", tiles=tmp_path / "results", kind="classes").files
    np.testing.assert_array_equal(tifffile.imread(path), classes[0])


def test_masks_beside_the_tiles_themselves_are_what_is_meant(exported, tmp_path):
    """Cellpose writes its masks into the folder of the images."""
    dataset, truth = exported
    classes = truth.argmax(0)[None].astype(np.uint16)
    folder = tmp_path / "folder"
    folder.mkdir()
    for stem, piece in pieces(dataset, classes):
        (folder / f"{stem}.tif").write_bytes((dataset / f"{stem}.tif").read_bytes())
        tifffile.imwrite(folder / f"{stem}_cp_masks.tif", piece[0])
    (path,) = merge(dataset, tmp_path / "merged", tiles=folder, kind="classes").files
    np.testing.assert_array_equal(tifffile.imread(path), classes[0])
    (path,) = merge(dataset, tmp_path / "values", tiles=folder).files
    assert tifffile.imread(path).dtype == np.float32


def test_two_files_that_may_be_meant_are_named(tmp_path):
    for name in ("one/a_001.png", "two/a_001.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    files = ResultFiles(tmp_path, (".png",), MASKS_FIRST)
    assert files.of("a_000.tif") is None
    with pytest.raises(DatasetError, match=r"one/a_001\.png, two/a_001\.png may each be the result of tile a_001\.tif"):
        files.of("a_001.tif")
    assert files.of("two/a_001.tif") == tmp_path / "two" / "a_001.png"


def reason(report):
    (failure,) = report.failed
    assert not report.files
    assert failure.source == "cell_0.tif"
    return failure.reason


@pytest.fixture
def masks(exported, tmp_path):
    """Return a folder with a mask of each tile, 8 bit."""
    dataset, truth = exported
    (tmp_path / "results").mkdir()
    for stem, piece in pieces(dataset, (truth > 0.5).astype(np.uint8)):
        Image.fromarray(piece[0]).save(tmp_path / "results" / f"{stem}.png")
    return tmp_path / "results"


def test_missing_results_are_counted_and_named(exported, tmp_path, masks):
    dataset, truth = exported
    for number in (3, 7, 8, 12):
        (masks / f"cell_0_{number:03d}.png").unlink()
    told = reason(merge(dataset, tmp_path / "merged", tiles=masks))
    assert told.startswith("cell_0.tif: 4 of 15 tiles have no file in ")
    assert "cell_0_003.tif, cell_0_007.tif, cell_0_008.tif, …" in told
    assert "--missing VALUE" in told
    (path,) = merge(dataset, tmp_path / "merged", tiles=masks, missing=7, blend="core").files
    shown = np.zeros(truth.shape[1:], bool)
    for stem, place in places(dataset):
        if int(stem[-3:]) not in (3, 7, 8, 12):
            shown[place] = True
    assert 0 < np.count_nonzero(~shown) < shown.size / 4
    np.testing.assert_array_equal(tifffile.imread(path), np.where(shown, truth[0] > 0.5, 7))


def test_results_of_another_size_or_form_are_named_with_both(exported, tmp_path, masks):
    dataset, _ = exported
    Image.fromarray(np.zeros((64, 72), np.uint8)).save(masks / "cell_0_005.png")
    told = reason(merge(dataset, tmp_path / "merged", tiles=masks))
    assert "cell_0_005.png is 64 × 72 px, its tile cell_0_005.tif is 128 × 128 px" in told
    Image.fromarray(np.zeros((128, 128), np.uint16)).save(masks / "cell_0_005.png")
    told = reason(merge(dataset, tmp_path / "merged", tiles=masks))
    assert "cell_0_005.png (tile cell_0_005.tif) is uint16, one channel, cell_0_000.png is uint8, one channel" in told
    (masks / "cell_0_005.png").write_bytes(b"no picture")
    assert "tile cell_0_005.tif" in reason(merge(dataset, tmp_path / "merged", tiles=masks))


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_what_is_no_number_of_an_object_or_class_is_refused(exported, tmp_path, kind):
    dataset, truth = exported
    told = reason(merge(dataset, tmp_path / "merged", kind=kind))
    assert f"holds no masks beside its tiles, which are intensities: name the folder of {kind} with --tiles" in told
    told = reason(merge(dataset, tmp_path / "merged", kind=kind, tiles=dataset))
    assert f"are float32, one channel: {kind} are" in told
    assert "--kind values" in told
    (tmp_path / "results").mkdir()
    for stem, piece in pieces(dataset, truth):
        Image.fromarray(np.moveaxis(piece * 255, 0, -1).astype(np.uint8)).save(tmp_path / "results" / f"{stem}.png")
    told = reason(merge(dataset, tmp_path / "merged", kind=kind, tiles=tmp_path / "results"))
    assert f"are uint8 RGB: {kind} are" in told
    assert not (tmp_path / "merged").exists()


def test_results_cannot_be_denormalized_with_other_channels(exported, tmp_path):
    dataset, truth = exported
    (tmp_path / "results").mkdir()
    for stem, piece in pieces(dataset, truth):
        np.save(tmp_path / "results" / f"{stem}.npy", piece)
    told = reason(merge(dataset, tmp_path / "merged", tiles=tmp_path / "results", denormalize=True))
    assert "the results have 3 channels, its tiles 1" in told


@pytest.mark.parametrize("kind", ["values", "labels", "detections"])
def test_a_place_without_results_is_told_once_and_before_anything_is_done(exported, tmp_path, kind):
    def told(name):
        with pytest.raises(DatasetError) as caught:
            merge(exported[0], tmp_path / "merged", tiles=tmp_path / name, kind=kind)
        assert not (tmp_path / "merged").exists()
        return str(caught.value)

    assert told("nothing") == f"{tmp_path / 'nothing'}: there is no such folder of results (--tiles)"
    (tmp_path / "empty").mkdir()
    assert "holds no" in told("empty")
    (tmp_path / "others").mkdir()
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "others" / "b_000.png")
    assert "holds no result of any tile, such as cell_0_000.tif" in told("others")
    if kind != "detections":
        assert told("others/b_000.png").endswith("b_000.png is a file: name the folder of the results (--tiles)")


def test_files_of_one_folder_with_several_words_behind_the_name_are_named(tmp_path):
    for name in ("a_mask.png", "a_pred.png", "b_mask.png", "b.png", "c_mask.tif", "c_prob.png", "d_mask.png", "d.tif"):
        (tmp_path / name).write_bytes(b"")
    values = ResultFiles(tmp_path, (".png", ".tif"))
    masks = ResultFiles(tmp_path, (".png", ".tif"), MASKS_FIRST)
    for files in (values, masks):
        with pytest.raises(DatasetError, match=r"a_mask\.png, a_pred\.png may each be the result of tile a\.tif"):
            files.of("a.tif")
    # What is called exactly as the tile comes first, masks where they are wanted.
    assert (values.of("b.tif").name, masks.of("b.tif").name) == ("b.png", "b_mask.png")
    assert (values.of("d.tif").name, masks.of("d.tif").name) == ("d.tif", "d_mask.png")
    assert masks.of("c.tif").name == "c_mask.tif"
    with pytest.raises(DatasetError, match=r"c_mask\.tif, c_prob\.png may each"):
        values.of("c.tif")
