"""The sample images: what they are, that they match their masks, and that nothing is overwritten."""

import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy import ndimage
from skimage import measure

from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.engine.samples import bundled as sample
from napari_tiles_creator.engine.samples.bundled import write_samples
from napari_tiles_creator.engine.samples.field import GAIN, OFFSET, READ_NOISE, draw_field, exposed
from napari_tiles_creator.errors import ExportError, TilesError
from napari_tiles_creator.recipe.media import Media

SIZE = 384


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, list[Path]]:
    folder = tmp_path_factory.mktemp("samples")
    return folder, write_samples(folder, fields=3, size_px=SIZE)


@pytest.fixture(scope="module", params=[0, 1, 2], ids=lambda n: f"field{n}")
def pair(request, written) -> tuple[np.ndarray, np.ndarray]:
    name = f"microglia_{request.param:02d}.tif"
    return tifffile.imread(written[0] / "images" / name), tifffile.imread(written[0] / "masks" / name)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_files_are_those_that_are_returned(written):
    folder, paths = written
    names = [f"{kind}/microglia_{i:02d}.tif" for i in range(3) for kind in ("images", "masks")]
    assert sorted(digests(folder)) == sorted([*names, "other/cell.png", "other/ihc.png"])
    assert sorted(paths) == sorted(folder / name for name in digests(folder))


def test_fields_are_16_bit_and_calibrated(written):
    found = list(scan(Media(folder=str(written[0]), recursive=True, pattern="microglia_*")))
    assert len(found) == 6
    for item in found:
        assert item.problem == ""
        assert (item.info.axes, item.info.shape, item.info.dtype) == ("YX", (SIZE, SIZE), np.uint16)
        assert item.info.pixel_size.y_um == pytest.approx(0.65, rel=1e-9)
        assert item.info.pixel_size.x_um == pytest.approx(0.65, rel=1e-9)
        assert item.info.pixel_size_from == "ImageJ"
    with tifffile.TiffFile(written[0] / "masks" / "microglia_00.tif") as file:
        assert file.imagej_metadata["unit"] == "micron"


def test_labels_are_consecutive_and_each_in_one_piece(pair):
    _, labels = pair
    assert labels.dtype == np.uint16
    assert np.unique(labels).tolist() == list(range(labels.max() + 1))
    assert labels.max() >= 3
    for number in range(1, labels.max() + 1):
        assert measure.label(labels == number, connectivity=1).max() == 1


def test_each_labelled_cell_is_brighter_than_what_surrounds_it(pair):
    image, labels = pair
    for region in measure.regionprops(labels):
        inside = labels == region.label
        ring = ndimage.binary_dilation(inside, iterations=6) & (ndimage.binary_dilation(inside, iterations=3) == 0)
        ring &= labels == 0
        assert np.median(image[inside]) > np.median(image[ring]) + 2 * image[ring].std() / np.sqrt(ring.sum())


def test_the_mask_finds_the_bright_pixels_of_the_image(pair):
    image, labels = pair
    smooth = ndimage.gaussian_filter(image.astype(float), 1)
    even = smooth - ndimage.minimum_filter(ndimage.gaussian_filter(smooth, 12), 61)
    # The share of pairs of pixels, one inside and one outside, in which the one inside is brighter.
    ranks = np.argsort(np.argsort(even.ravel())) + 1
    inside = (labels > 0).ravel()
    n, m = inside.sum(), (~inside).sum()
    assert (ranks[inside].sum() - n * (n + 1) / 2) / (n * m) > 0.95


def test_cells_are_branched_not_round(pair):
    _, labels = pair
    regions = [r for r in measure.regionprops(labels) if r.area > 300]
    # Solidity is the share of the convex hull that is filled: above 0.9 for discs, far below for branched cells.
    assert np.median([r.solidity for r in regions]) < 0.6


def test_the_camera_has_shot_noise_read_noise_gain_and_offset():
    rng = np.random.default_rng(5)
    for photons in (0.0, 20.0, 400.0):
        values = exposed(rng, np.full((500, 500), photons)).astype(float)
        assert values.mean() == pytest.approx(OFFSET + GAIN * photons, abs=0.3)
        assert values.var() == pytest.approx(GAIN**2 * (photons + READ_NOISE**2) + 1 / 12, rel=0.03)


def test_the_field_is_darker_towards_its_corners():
    corners, centres = [], []
    for number in range(6):
        image, labels = draw_field(np.random.default_rng((9, number)), 256)
        tissue = np.ma.masked_array(image, ndimage.binary_dilation(labels > 0, iterations=4))
        corners += [np.ma.median(tissue[y, x]) for y in np.s_[:40, -40:] for x in np.s_[:40, -40:]]
        centres.append(np.ma.median(tissue[98:158, 98:158]))
    assert np.mean(corners) < 0.95 * np.mean(centres)


def test_density_differs_from_field_to_field():
    # Cut cells alone make a difference of a fifth; a density that varies makes more.
    counts = [int(draw_field(np.random.default_rng((0, number)), 512)[1].max()) for number in range(8)]
    assert max(counts) > 1.5 * min(counts)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_samples(tmp_path / name, seed=seed, fields=1, size_px=96)
    a, b, c = (digests(tmp_path / name) for name in "abc")
    assert a == b
    assert {name for name in a if a[name] != c[name]} == {"images/microglia_00.tif", "masks/microglia_00.tif"}


def test_a_field_does_not_depend_on_how_many_there_are(tmp_path, written):
    write_samples(tmp_path, fields=1, size_px=SIZE)
    one, three = digests(tmp_path), digests(written[0])
    assert one.items() <= three.items()
    assert three["images/microglia_00.tif"] != three["images/microglia_01.tif"]


def test_real_images_are_scikit_images_own(written):
    from skimage.data._registry import registry

    for name, shape in (("cell.png", (660, 550)), ("ihc.png", (512, 512, 3))):
        path = written[0] / "other" / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == registry[f"data/{name}"]
        with Image.open(path) as image:
            assert np.asarray(image).shape == shape


def test_nothing_is_fetched_from_the_network(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(write_samples(tmp_path, fields=0)) == 2


def test_a_missing_image_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "REAL_IMAGES", ("no_such_image.png",))
    with pytest.raises(TilesError, match=r"scikit-image .*no_such_image\.png") as caught:
        write_samples(tmp_path, fields=0)
    assert not isinstance(caught.value, OSError)
    assert digests(tmp_path) == {}


@pytest.mark.parametrize("name", ["images/microglia_00.tif", "masks/microglia_00.tif", "other/ihc.png"])
def test_a_file_that_differs_is_not_overwritten(tmp_path, name):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(b"somebody's work")
    with pytest.raises(ExportError, match=name):
        write_samples(tmp_path, fields=1, size_px=64)
    assert (tmp_path / name).read_bytes() == b"somebody's work"


def test_files_that_are_the_same_are_kept(tmp_path):
    first = write_samples(tmp_path, fields=1, size_px=64)
    times = {path: path.stat().st_mtime_ns for path in first}
    inodes = {path: path.stat().st_ino for path in first}
    first[-1].unlink()
    assert write_samples(tmp_path, fields=1, size_px=64) == first
    kept = first[:-1]
    assert {path: path.stat().st_mtime_ns for path in kept} == {path: times[path] for path in kept}
    assert {path: path.stat().st_ino for path in kept} == {path: inodes[path] for path in kept}
    assert first[-1].is_file()


def test_a_write_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample.os, "replace", full)
    with pytest.raises(ExportError, match="No space left"):
        write_samples(tmp_path, fields=0)
    assert digests(tmp_path) == {}


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportError, match="taken"):
        write_samples(tmp_path / "taken", fields=0)


@pytest.mark.parametrize("options", [{"fields": -1}, {"size_px": 0}])
def test_numbers_out_of_range_are_refused(tmp_path, options):
    with pytest.raises(ValueError, match="fields must be"):
        write_samples(tmp_path, **options)


@pytest.mark.parametrize("size_px", [1, 7, 33])
def test_tiny_fields_can_be_drawn(size_px):
    image, labels = draw_field(np.random.default_rng(0), size_px)
    assert image.shape == labels.shape == (size_px, size_px)
    assert image.min() >= OFFSET - 10 * READ_NOISE * GAIN


def test_a_seed_gives_many_different_fields():
    fields = [draw_field(np.random.default_rng((seed, 0)), 64)[0] for seed in range(5)]
    assert len({field.tobytes() for field in fields}) == 5
