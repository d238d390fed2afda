"""The large pair: what its masks hold, that they are the same whatever the format, and that nothing is overwritten."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.samples.pair import write_pair
from napari_tiles_creator.errors import ExportError, PlanError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
from peak_memory import PEAK


def shares(body: np.ndarray, dye: np.ndarray) -> tuple[float, float, float]:
    """Return the body's share of the plane, and the dye inside and outside the body as shares of the body."""
    assert set(np.unique(body)) == set(np.unique(dye)) == {0, 255}
    inside = np.count_nonzero(body)
    return (
        inside / body.size,
        np.count_nonzero(body & dye) / inside,
        np.count_nonzero(dye & ~body) / inside,
    )


def read(path: Path) -> np.ndarray:
    if path.suffix == ".tif":
        return tifffile.imread(path)
    with h5py.File(path) as file:
        return file[path.stem][()]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("case", ["positive", "negative"])
@pytest.mark.parametrize(
    ("size", "seed"),
    [
        (64, 0),
        (65, 3),
        (200, 1),
        (511, 2),
        (512, 7),
        (1000, 4),
        (3001, 5),
        (3001, 6),
        ((700, 3000), 8),
        ((2000, 90), 9),
    ],
    ids=str,
)
def test_the_body_is_a_quarter_and_the_dye_is_on_its_side_of_a_tenth(tmp_path, size, seed, case):
    body, dye = (read(path) for path in write_pair(tmp_path, size_px=size, seed=seed, case=case))
    assert body.shape == dye.shape == ((size, size) if isinstance(size, int) else size)
    area, covered, outside = shares(body, dye)
    assert 0.22 <= area <= 0.28
    assert (0.2 <= covered <= 0.3) if case == "positive" else (0.02 <= covered <= 0.06)
    assert covered + outside > 0.1  # counting the dye outside would call the negative case positive


def test_a_larger_pair_streamed_through_its_source(tmp_path):
    """Many more tiles than are drawn at once, summed band by band."""
    paths = write_pair(tmp_path, size_px=20_000, seed=11, case="negative")
    sources = [open_source(path) for path in paths]
    counts = np.zeros(3, np.int64)
    for y in range(0, 20_000, 512):
        body, dye = (s.read(Box(y, 0, min(512, 20_000 - y), 20_000)) > 0 for s in sources)
        counts += np.count_nonzero(body), np.count_nonzero(body & dye), np.count_nonzero(dye & ~body)
    for source in sources:
        source.close()
    assert 0.22 <= counts[0] / 20_000**2 <= 0.28
    assert 0.02 <= counts[1] / counts[0] <= 0.06
    assert counts[2] / counts[0] > 0.1


@pytest.mark.parametrize("seed", [0, 1])
def test_both_formats_hold_the_same_pixels(tmp_path, seed):
    tif = write_pair(tmp_path, size_px=1500, seed=seed)
    h5 = write_pair(tmp_path, size_px=1500, seed=seed, file_format="h5")
    for a, b in zip(tif, h5, strict=True):
        np.testing.assert_array_equal(read(a), read(b))


@pytest.mark.parametrize("extension", ["tif", "h5"])
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path, extension):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_pair(tmp_path / name, size_px=700, seed=seed, file_format=extension)
    a, b, c = (digests(tmp_path / name) for name in "abc")
    assert a == b
    assert len(set(a.values()) | set(c.values())) == 4
    write_pair(tmp_path / "a", size_px=700, seed=3, file_format=extension)  # there already, and the same
    assert digests(tmp_path / "a") == b


def test_a_seed_has_the_same_shapes_at_every_size(tmp_path):
    small = read(write_pair(tmp_path / "s", size_px=500, seed=2)[0])
    large = read(write_pair(tmp_path / "l", size_px=2000, seed=2)[0])
    assert np.mean(small != large[2::4, 2::4]) < 0.01


def test_the_cases_differ_in_the_dye_alone(tmp_path):
    for case in ("positive", "negative"):
        write_pair(tmp_path / case, size_px=700, case=case)
    a, b = digests(tmp_path / "positive"), digests(tmp_path / "negative")
    assert a["body.tif"] == b["body.tif"]
    assert a["dye.tif"] != b["dye.tif"]


@pytest.mark.parametrize("extension", ["tif", "h5"])
@pytest.mark.parametrize("name", ["body", "dye"])
def test_what_is_there_is_never_overwritten(tmp_path, extension, name):
    mine = tmp_path / f"{name}.{extension}"
    mine.write_bytes(b"mine")
    with pytest.raises(ExportError, match="is there already and is not this sample"):
        write_pair(tmp_path, size_px=100, file_format=extension)
    assert mine.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [mine]


def test_links_and_folders_are_refused(tmp_path):
    (tmp_path / "body.tif").symlink_to(tmp_path / "elsewhere.tif")
    with pytest.raises(ExportError, match="is there already"):
        write_pair(tmp_path, size_px=100)
    (tmp_path / "dye.h5").mkdir()
    with pytest.raises(ExportError, match="is there already"):
        write_pair(tmp_path, size_px=100, file_format="h5")
    assert not (tmp_path / "elsewhere.tif").exists()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot write samples to"):
        write_pair(tmp_path / "file", size_px=100)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size_px": 63}, "63 × 63 px cannot be made"),
        ({"size_px": (100, 2_000_000)}, "from 64 to 1,000,000 px"),
        ({"file_format": "png"}, "tif or h5, not png"),
        ({"case": "neutral"}, "positive or negative, not neutral"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(tmp_path, options, words):
    with pytest.raises(PlanError, match=words):
        write_pair(tmp_path / "new", **{"size_px": 100, **options})
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
@pytest.mark.parametrize("extension", ["tif", "h5"])
def test_a_disk_that_is_full_is_one_sentence_and_leaves_nothing(tmp_path, extension):
    """A limit on the size of files stands for the disk: writing beyond it fails in the system, as a full disk does."""
    code = f"""
import resource, signal
from pathlib import Path
from napari_tiles_creator.engine.samples.pair import write_pair
from napari_tiles_creator.errors import ExportError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_pair(Path({str(tmp_path / "pair")!r}), size_px=5000, file_format={extension!r})
except ExportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write samples to {tmp_path / 'pair'}: {os.strerror(errno.EFBIG)}\n"
    assert done.stderr == ""
    assert list((tmp_path / "pair").iterdir()) == []


MEASURED = f"""{PEAK}
import json, sys
from pathlib import Path
import numpy, scipy.ndimage, imagecodecs, h5py
from napari_tiles_creator.engine.samples.pair import write_pair
paths = write_pair(Path(sys.argv[1]), size_px=int(sys.argv[2]), file_format=sys.argv[3])
print(json.dumps([peak(), sum(path.stat().st_size for path in paths)]))
"""


def measured(folder: Path, size: int, extension: str) -> tuple[int, int]:
    """Return the peak memory of a process that writes a pair, and the bytes of the pair."""
    command = [sys.executable, "-c", MEASURED, str(folder), str(size), extension]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, on_disk = json.loads(done.stdout)
    return peak, on_disk


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory of a process is POSIX's")
@pytest.mark.parametrize("extension", ["tif", "h5"])
def test_memory_and_disk_do_not_grow_with_the_area(tmp_path, extension):
    peak, on_disk = measured(tmp_path, 20_000, extension)
    assert peak < 250e6  # the two images are 800 MB
    assert on_disk < 2.5e6


@pytest.mark.large
@pytest.mark.parametrize("extension", ["tif", "h5"])
def test_a_pair_of_a_hundred_thousand_pixels(tmp_path, extension):
    peak, on_disk = measured(tmp_path, 100_000, extension)
    assert peak < 500e6
    assert on_disk < 12e6
