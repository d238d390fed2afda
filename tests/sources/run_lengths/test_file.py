"""The file of run lengths: its form as it is documented, block by block, whole or absent, and every kind of damage."""

import errno
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from napari_tiles_creator.engine.samples.pair import write_pair
from napari_tiles_creator.errors import ExportError, SourceError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.geometry.run_bands import Uniform
from napari_tiles_creator.sources.run_lengths import file as run_length_file
from napari_tiles_creator.sources.run_lengths.file import RunLengthFile, write_run_lengths
from peak_memory import PEAK


@pytest.fixture
def mask():
    return np.random.default_rng(0).random((2500, 300)) < 0.2


@pytest.fixture
def path(tmp_path, mask):
    write_run_lengths(tmp_path / "mask.rle", mask.shape, [mask[:700], mask[700:]], PixelSize(0.5, 0.25))
    return tmp_path / "mask.rle"


def read_by_numpy(path) -> np.ndarray:
    """Return the mask, read as the documentation of the form says, with numpy alone."""
    with np.load(path) as arrays:
        assert arrays["version"] == 1
        mask = np.zeros(arrays["shape"], bool)
        row = 0
        for number in range(len(arrays["blocks"]) - 1):
            assert arrays["blocks"][number] == row
            runs = iter(arrays[f"runs_{number:06d}"].tolist())
            for count in arrays[f"counts_{number:06d}"].tolist():
                for _ in range(count):
                    start, stop = next(runs)
                    mask[row, start:stop] = True
                row += 1
            assert next(runs, None) is None
        assert arrays["blocks"][-1] == row == len(mask)
    return mask


def test_numpy_reads_it_as_the_page_says(path, mask):
    np.testing.assert_array_equal(read_by_numpy(path), mask)
    with np.load(path) as arrays:
        assert arrays["pixel_size_um"].tolist() == [0.5, 0.25]
        assert len(arrays["blocks"]) == 4


@pytest.mark.parametrize("compressed", [True, False])
def test_what_others_write_is_read(tmp_path, mask, compressed):
    """Blocks of any height, whole-number types of any width, by numpy's own writer."""
    arrays = {"version": np.uint8(1), "shape": np.array(mask.shape, np.uint16), "blocks": np.array([0, 1, 2500], ">u4")}
    for number, rows in enumerate((mask[:1], mask[1:])):
        edges = np.diff(np.pad(rows.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        runs = np.stack([np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]], axis=1)
        arrays[f"counts_{number:06d}"] = np.count_nonzero(edges == 1, axis=1).astype(np.uint64)
        arrays[f"runs_{number:06d}"] = runs.astype(np.uint16)
    (np.savez_compressed if compressed else np.savez)(tmp_path / "other.npz", **arrays)
    file = RunLengthFile(tmp_path / "other.npz")
    np.testing.assert_array_equal(file.whole().decode(), mask)
    assert file.pixel_size is None
    file.close()


def test_only_the_blocks_that_are_asked_for_are_read(path, mask):
    file = RunLengthFile(path)
    assert (file.shape, file.pixel_size) == (mask.shape, PixelSize(0.5, 0.25))
    parts = list(file.parts(1200, 1300))
    assert file.decoded_blocks == len(parts) == 1
    ((first, part),) = parts
    np.testing.assert_array_equal(part.decode(), mask[first : first + part.shape[0]])
    assert first <= 1200 < 1300 <= first + part.shape[0]
    list(file.parts(1200, 1300))
    assert file.decoded_blocks == 1
    assert len(list(file.parts(0, 2500))) == file.decoded_blocks == 3
    file.close()


def test_the_same_mask_gives_the_same_bytes_however_it_comes(tmp_path, path, mask):
    write_run_lengths(tmp_path / "b.rle", mask.shape, [mask[:700], mask[700:]], PixelSize(0.5, 0.25))
    assert (tmp_path / "b.rle").read_bytes() == path.read_bytes()
    write_run_lengths(path, (4, 5), [Uniform(4, 5, inside=True)])  # replaces it
    assert read_by_numpy(path).tolist() == np.ones((4, 5)).tolist()


def test_a_block_is_closed_when_it_has_many_runs(tmp_path):
    mask = np.zeros((1000, 4000), bool)
    mask[:, ::2] = True
    write_run_lengths(tmp_path / "m.rle", mask.shape, [mask])
    with np.load(tmp_path / "m.rle") as arrays:
        sizes = [len(arrays[name]) for name in arrays.files if name.startswith("runs_")]
    assert sum(sizes) == 2_000_000
    assert max(sizes) <= run_length_file.BLOCK_RUNS + (1 << 21)
    assert len(sizes) == 2
    np.testing.assert_array_equal(read_by_numpy(tmp_path / "m.rle"), mask)


def test_bands_that_fail_leave_nothing_behind(tmp_path, mask):
    (tmp_path / "m.rle").write_bytes(b"mine")

    def bands():
        yield mask[:2000]
        raise SourceError("a.tif is cut short")

    with pytest.raises(SourceError, match=r"a\.tif is cut short"):
        write_run_lengths(tmp_path / "m.rle", mask.shape, bands())
    with pytest.raises(ValueError, match="have 2000"):
        write_run_lengths(tmp_path / "m.rle", mask.shape, [mask[:2000]])
    assert [item.name for item in tmp_path.iterdir()] == ["m.rle"]
    assert (tmp_path / "m.rle").read_bytes() == b"mine"


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path, mask):
    with pytest.raises(ExportError, match=f"m.rle cannot be written: {os.strerror(errno.ENOENT)}"):
        write_run_lengths(tmp_path / "none" / "m.rle", mask.shape, [mask])


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_disk_that_is_full_is_one_sentence_and_leaves_nothing(tmp_path):
    """A limit on the size of files stands for the disk: writing beyond it fails in the system, as a full disk does."""
    code = f"""
import resource, signal
from pathlib import Path
import numpy as np
from napari_tiles_creator.sources.run_lengths.file import write_run_lengths
from napari_tiles_creator.errors import ExportError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
mask = np.random.default_rng(0).random((1000, 4000)) < 0.5
try:
    write_run_lengths(Path({str(tmp_path / "m.rle")!r}), mask.shape, [mask])
except ExportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 'm.rle'} cannot be written: {os.strerror(errno.EFBIG)}\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


# ---- damage ----


def changed(path, **arrays) -> None:
    """Write the file again with some arrays replaced, or left out (None), or bytes in place of one."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, array in arrays.items():
        if array is None:
            del members[f"{name}.npy"]
        elif isinstance(array, bytes):
            members[f"{name}.npy"] = array
        else:
            file = io.BytesIO()
            np.save(file, array)
            members[f"{name}.npy"] = file.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def huge_header() -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<u4", "fortran_order": False, "shape": (10**12, 2)})
    return file.getvalue() + b"\1\0\0\0" * 4


DAMAGED = [
    ({"version": np.uint32(2)}, "run lengths of form 2 are not read, only of 1"),
    ({"version": None}, "its version cannot be read"),
    ({"version": b"no array"}, "its version cannot be read"),
    ({"shape": np.array([2500, 300, 3], np.uint64)}, "its shape cannot be read"),
    ({"shape": np.array([2500.0, 300])}, "its shape cannot be read"),
    ({"shape": np.array([10**9, 10**9], np.uint64)}, "its blocks are not those of 1000000000 × 1000000000 pixels"),
    ({"shape": np.array([2500, 0], np.uint64)}, "its blocks are not those"),
    ({"shape": np.array([2500, 1 << 33], np.uint64)}, "its blocks are not those"),
    ({"blocks": np.array([0, 900, 900, 2500], np.uint64)}, "its blocks are not those"),
    ({"blocks": np.array([5, 900, 2500], np.uint64)}, "its blocks are not those"),
    ({"blocks": np.array([], np.uint64)}, "its blocks are not those"),
    ({"blocks": np.array([{}], object)}, "its blocks cannot be read"),
    ({"pixel_size_um": np.array([0.0, 1.0])}, "a pixel size must be"),
    ({"pixel_size_um": np.array([np.nan, 1.0])}, "a pixel size must be"),
    ({"counts_000001": None}, "its counts_000001 cannot be read"),
    ({"counts_000001": np.zeros(3, np.uint32)}, "its counts_000001 cannot be read"),
    ({"runs_000001": np.zeros((0, 2), np.uint32)}, "do not add up"),
    ({"runs_000001": huge_header()}, "its runs_000001 cannot be read"),
    ({"runs_000001": np.zeros((7, 2), np.float32)}, "its runs_000001 cannot be read"),
    ({"shape": np.array([2500, 200], np.uint64)}, "empty or ends beyond its row"),
]


@pytest.mark.parametrize(("arrays", "words"), DAMAGED, ids=[f"{i}-{next(iter(d[0]))}" for i, d in enumerate(DAMAGED)])
def test_damage_is_one_sentence(path, arrays, words):
    changed(path, **arrays)
    with pytest.raises(SourceError, match=words) as caught:
        RunLengthFile(path).whole()
    assert "mask.rle" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [1, 100, 5000, -1])
def test_a_file_cut_short_is_one_sentence(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceError, match=r"mask\.rle cannot be read: it is no file of run lengths, or cut short"):
        RunLengthFile(path)


def test_flipped_bytes_are_found(path):
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = archive.NameToInfo["runs_000001.npy"]
    for at in range(member.header_offset + 200, member.header_offset + 260):
        content[at] ^= 0x55
    path.write_bytes(content)
    file = RunLengthFile(path)
    with pytest.raises(SourceError, match="its runs_000001 cannot be read"):
        list(file.parts(1200, 1300))
    file.close()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"shape": [2**40, 6], "blocks": [0, 2**40]}, "a block of 1,099,511,627,776 rows is not read"),
        ({"shape": [10**6, 6], "blocks": [0, 10**6]}, "its counts_000000 cannot be read"),
        ({"shape": [10**6, 6], "blocks": range(10**6 + 1)}, "its blocks cannot be read"),
        ({"shape": [4, 6], "blocks": [0, 4], "counts_000000": [0] * 4}, "its runs_000000 cannot be read"),
        ({"shape": [9, 6], "blocks": [0, 9], "counts_000000": np.zeros(2, "u1")}, None),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_opened(tmp_path, arrays, words):
    """Little files that claim much; what only looks possible is refused when it is read."""
    given = {name: array if name[0] == "c" else np.array(array, np.uint64) for name, array in arrays.items()}
    with (tmp_path / "a.rle").open("wb") as file:
        np.savez_compressed(file, version=np.uint8(1), **given)
    if words is None:
        words = "its runs_000000 cannot be read"
    with pytest.raises(SourceError, match=rf"a\.rle.*{words}"):
        RunLengthFile(tmp_path / "a.rle")


def test_a_member_that_claims_more_than_its_bytes_can_hold(tmp_path, path):
    changed(path, version=bytes(10**7))  # of a number there is a line
    with pytest.raises(SourceError, match="its version cannot be read"):
        RunLengthFile(path)


# ---- memory ----

MEASURED = f"""{PEAK}
import json, sys
from pathlib import Path
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.run_lengths.mask_bands import mask_bands
from napari_tiles_creator.sources.registry import open_source
from napari_tiles_creator.sources.run_lengths.file import RunLengthFile, write_run_lengths
source, path = open_source(Path(sys.argv[1])), Path(sys.argv[2])
write_run_lengths(path, source.info.plane_shape, mask_bands(source), source.info.pixel_size)
stored = open_source(path)
side = source.info.length("X")
same = all(
    (stored.read(box) == source.read(box)).all()
    for y in range(0, side, side // 7)
    for x in range(0, side, side // 7)
    for box in [Box.between(y, x, min(y + 1500, side), min(x + 1500, side))]
)
file = RunLengthFile(path)
mask = file.whole()
text = mask.to_coco()["counts"]
print(json.dumps([peak(), path.stat().st_size, same, mask.area / side**2]))
"""


def measured(folder, size):
    body = write_pair(folder, size_px=size)[0]
    command = [sys.executable, "-c", MEASURED, str(body), str(folder / "body.rle")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory of a process is POSIX's")
def test_a_large_mask_is_stored_and_read_in_little_memory(tmp_path):
    peak, on_disk, same, share = measured(tmp_path, 20_000)
    assert peak < 250e6  # the mask is 400 MB
    assert on_disk < 1e6
    assert same
    assert 0.22 < share < 0.28


@pytest.mark.large
def test_a_mask_of_a_hundred_thousand_pixels(tmp_path):
    peak, on_disk, same, share = measured(tmp_path, 100_000)
    assert peak < 500e6
    assert on_disk < 2e6
    assert same
    assert 0.22 < share < 0.28
