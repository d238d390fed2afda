"""Headers that claim more than the file can hold: one sentence, in bounded time and memory, for each format."""

import io
import json
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.headers.claim import check_claim
from napari_tiles_creator.sources.registry import open_source
from peak_memory import PEAK

SMALL = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)


def png(width, height, content=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), chunk(b"IDAT", content or zlib.compress(bytes(1000))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pillow(kind, **how):
    out = io.BytesIO()
    Image.fromarray(SMALL).save(out, kind, **how)
    return bytearray(out.getvalue())


def jpeg(width, height, **how):
    content = pillow("jpeg", **how)
    at = content.index(b"\xff\xc2" if how else b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return content


def jpeg2000(width, height, kind="jp2"):
    content = bytearray(imagecodecs.jpeg2k_encode(SMALL, codecformat=kind))
    at = content.index(b"\xff\x4f\xff\x51") + 8
    for place in (at, at + 16):  # the image, and its one tile
        content[place : place + 8] = struct.pack(">II", width, height)
    if kind == "jp2":
        at = content.index(b"ihdr") + 4
        content[at : at + 8] = struct.pack(">II", height, width)
    return content


def bmp(width, height, compression=0):
    content = pillow("bmp")
    content[18:26] = struct.pack("<ii", width, height)
    content[30:34] = struct.pack("<I", compression)
    if compression:
        content[28:30] = struct.pack("<H", 8)
    return content


def webp(width, height, **how):
    content = pillow("webp", **how)
    if how:
        content[21:25] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        content[26:30] = struct.pack("<HH", width, height)
    return content


BOMBS = {
    "square.png": png(10**6, 10**6),
    "largest.png": png(2**31 - 1, 2**31 - 1),
    "row.png": png(2**31 - 1, 1),
    "baseline.jpg": jpeg(65535, 65535),
    "progressive.jpg": jpeg(65535, 65535, progressive=True),
    "square.jp2": jpeg2000(10**6, 10**6),
    "largest.j2k": jpeg2000(2**32 - 1, 2**32 - 1, "j2k"),
    "square.bmp": bmp(10**6, 10**6),
    "runs.bmp": bmp(10**6, 10**6, 1),
    "lossy.webp": webp(16383, 16383),
    "lossless.webp": webp(16383, 16383, lossless=True),
}

READ = f"""{PEAK}
import json, sys
from pathlib import Path
import imagecodecs, numpy, PIL.BmpImagePlugin
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
before, told = peak(), {{}}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        source = open_source(path)
        source.read(Box(0, 0, min(64, source.info.plane_shape[0]), min(64, source.info.plane_shape[1])))
    except SourceError as error:
        told[path.name] = str(error)
print(json.dumps([told, peak() - before]))
"""


def read_all(folder):
    """Read from each file in a process of its own; return what is said, and the memory that it took."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr  # libpng has its own say on damage
    return json.loads(done.stdout)


def test_claims_of_millions_of_pixels_are_refused_in_no_memory(tmp_path):
    for name, content in BOMBS.items():
        (tmp_path / name).write_bytes(content)
    told, taken = read_all(tmp_path)
    assert set(told) == set(BOMBS)
    for name, sentence in told.items():
        assert sentence.startswith((f"{name} is damaged or cut short: its header claims ", f"{name} cannot be read")), (
            name
        )
        assert len(sentence) < 200
    assert told["square.png"].endswith("claims 1000000 × 1000000 px, but the file holds 74 bytes only")
    assert taken < 30e6


def test_what_could_be_true_but_does_not_fit_is_refused_before_it_is_decoded(tmp_path):
    """Files of the size that such images could have; on the disk they take no room."""
    for name, content, size in (
        ("flat.png", png(10**6, 10**6), 2**30),
        ("flat.jp2", jpeg2000(10**6, 10**6), 2**26),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with path.open("r+b") as file:
            file.truncate(size)
    told, taken = read_all(tmp_path)
    assert set(told) == {"flat.png", "flat.jp2"}
    for name, sentence in told.items():
        assert sentence.startswith(f"{name}: decoding it takes ")
        assert sentence.endswith("save it as a tiled TIFF on a larger machine")
    assert taken < 30e6


def test_a_bomb_of_zeros_is_read_as_the_flat_image_that_it_is(tmp_path):
    """Deflate's best, 1000 : 1, is no lie: 25 million pixels in 25 kB take their 25 MB and no more."""
    side = 5000
    rows = zlib.compress(bytes((side + 1) * side), 9)
    (tmp_path / "flat.png").write_bytes(png(side, side, rows))
    assert len(rows) * 1000 < side * side
    told, taken = read_all(tmp_path)
    assert told == {}
    assert taken < 3 * side * side


def test_more_pixels_than_the_header_says_are_not_decoded(tmp_path):
    """A short header before a long stream: what the header claims is all that is made room for."""
    (tmp_path / "long.png").write_bytes(png(64, 64, zlib.compress(bytes(200_000_000), 9)))
    _, taken = read_all(tmp_path)
    assert taken < 30e6


@pytest.mark.parametrize(("height", "width"), [(0, 5), (5, 0), (-3, 5)])
def test_no_pixel_is_damage(tmp_path, height, width):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(100))
    with pytest.raises(SourceError, match=rf"a\.png is damaged: its header says {width} × {height} px"):
        check_claim(path, height, width, 1, 1000)


def between(kind, part, at):
    """Return a genuine file's two halves and what may stand many times between them."""
    content = bytes(imagecodecs.jpeg2k_encode(SMALL, codecformat="jp2") if kind == "jp2" else pillow(kind))
    return content[:at], part, content[at:]


MANY_PARTS = {
    "chunks.webp": between("webp", b"none" + bytes(4), 12),
    "chunks.png": between("png", bytes(4) + b"none" + bytes(4), 33),
    "fillers.jpg": between("jpeg", b"\xff", 2),
    "bare.jpg": between("jpeg", b"\xff\x01", 2),
    "segments.jpg": between("jpeg", b"\xff\xe5\0\x02", 2),
    "boxes.jp2": between("jp2", b"\0\0\0\x08free", 12),
}


@pytest.mark.parametrize("name", MANY_PARTS)
def test_parts_without_a_meaning_are_passed_over_but_not_without_end(tmp_path, name):
    before, part, after = MANY_PARTS[name]
    path = tmp_path / name
    path.write_bytes(before + 20 * part + after)
    assert open_source(path).info.shape == SMALL.shape
    path.write_bytes(before + 2**15 * part + after)
    with pytest.raises(SourceError, match=f"{name} is damaged or cut short: it holds no pixels"):
        open_source(path)


def test_small_claims_are_never_questioned(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(bytes(100))
    check_claim(path, 4096, 4096, 1, 1)
    with pytest.raises(SourceError, match=r"claims 4097 × 4096 px, but the file holds 100 bytes only"):
        check_claim(path, 4096, 4097, 1, 1)
