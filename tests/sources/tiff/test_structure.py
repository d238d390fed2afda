"""TIFF files that lie: each is one clear line, soon, and without taking memory for what it claims."""

import io
import itertools
import json
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.cli import main
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
from peak_memory import PEAK
from source_problems import read_all
from tiff_bytes import HEIGHT, WIDTH, directory, header, plain, tiff

PIXELS = HEIGHT * WIDTH
DIRECTORY = 8 + PIXELS  # where `tiff` puts the first one


def written(image: np.ndarray, **how: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, image, **how)
    return out.getvalue()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(noise(20, 30)).save(out, "png")
    return out.getvalue()


def circle(count: int, back_to: int) -> bytes:
    """Return so many directories of which the last leads back to one of the others."""
    size = len(directory(plain(), 0, 0))
    return tiff(*[plain()] * count, last=DIRECTORY + back_to * size)


def sub_circle() -> bytes:
    """Return a directory below which the same one lies again."""
    return tiff(plain(t330=(13, DIRECTORY)))


def sub_chain(depth: int) -> bytes:
    """Return directories each of which hangs below the one before, the last again above the first."""
    size = len(directory(plain(t330=(13, 1)), 0, 0))
    places = [DIRECTORY + k * size for k in range(depth)]
    out = b"".join(directory(plain(t330=(13, places[(k + 1) % depth])), place, 0) for k, place in enumerate(places))
    return header(DIRECTORY) + bytes(PIXELS) + out


def bomb(rows: int, columns: int, **changes: object) -> bytes:
    """Return a claim of so many pixels over 5 kB."""
    return tiff(plain(**{"t256": (4, columns), "t257": (4, rows), "t278": (4, rows), **changes}))


def deflated(decoded: bytes, **changes: object) -> bytes:
    """Return one strip that holds something else than it says."""
    packed = zlib.compress(decoded, 9)
    return tiff(plain(t259=(3, 8), t279=(4, len(packed)), **changes), pixels=packed)


def jpeg_bomb() -> bytes:
    """Return a small tile whose JPEG says that it is 65,500 × 65,500 px."""
    out = io.BytesIO()
    Image.fromarray(noise(64, 64)).save(out, "jpeg")
    packed = bytearray(out.getvalue())
    at = packed.index(b"\xff\xc0")
    packed[at + 5 : at + 9] = struct.pack(">HH", 65500, 65500)
    size = {"t256": (4, 64), "t257": (4, 64), "t278": (4, 64)}
    return tiff(plain(t259=(3, 7), t279=(4, len(packed)), **size), pixels=bytes(packed))


def jpeg2000_bomb() -> bytes:
    packed = bytearray(written(noise(64, 64), compression="jpeg2000"))
    at = packed.index(b"\xff\x4f\xff\x51")
    struct.pack_into(">2I", packed, at + 8, 60000, 60000)
    return bytes(packed)


BILLION = (
    '<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{k + 1} "{f"&a{k};" * 10}">' for k in range(9))
    + "]>"
)
ENTITIES = 'SizeZ="1" SizeC="1" SizeT="1" Name="&a9;"'


def ome(sizes: str, inside: str = "<TiffData/>", head: str = '<?xml version="1.0"?>') -> bytes:
    """Return OME metadata of one image."""
    return (
        f'{head}<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="I"><Pixels ID="P" '
        f'DimensionOrder="XYZCT" Type="uint8" SizeX="{WIDTH}" SizeY="{HEIGHT}" {sizes}>{inside}</Pixels></Image></OME>'
    ).encode() + b"\0"


def big_directories(tags: int) -> bytes:
    return header(16, big=True) + struct.pack("<Q", tags)


WHOLE = written(noise(HEIGHT, WIDTH))
TILED = written(noise(HEIGHT, WIDTH), tile=(16, 32), compression="zlib", bigtiff=True)
STACK = written(noise(5, HEIGHT, WIDTH), metadata=None, compression="zlib")

# name: bytes, what is said
HOSTILE = {
    "empty": (b"", "is empty"),
    "one byte": (b"I", "no TIFF file"),
    "two bytes": (b"II", "cut short"),
    "head alone": (WHOLE[:8], "cut short"),
    "no directory": (header(0), "holds no image"),
    "renamed png": (png(), "no TIFF file, whatever its name says"),
    "text": (b"not an image at all\n" * 9, "no TIFF file"),
    "wrong byte order": (b"MM" + WHOLE[2:], "byte order is not the one"),
    "wrong byte order, BigTIFF": (b"MM" + TILED[2:], "byte order is not the one"),
    "unknown version": (b"II\x07\x00" + WHOLE[4:], "invalid TIFF version"),
    "directory behind the end": (header(10**6) + bytes(99), "a directory lies behind its end"),
    "directory cut": (tiff(plain())[:-30], "ends within a directory"),
    "directory without its last offset": (tiff(plain())[:-4], "ends within a directory"),
    "next directory behind the end": (tiff(plain(), last=10**7), "a directory lies behind its end"),
    "stack cut in its second directory": (STACK[: len(STACK) // 2], "cut short"),
    "circle of one": (circle(1, 0), "form a circle"),
    "circle of two": (circle(2, 0), "form a circle"),
    "circle of 300": (circle(300, 0), "form a circle"),
    "circle behind a tail": (circle(250, 120), "form a circle"),
    "circle below": (sub_circle(), "form a circle"),
    "circle below, of 5": (sub_chain(5), "form a circle"),
    "circle below, of 200": (sub_chain(200), "form a circle"),
    "10⁹ tags": (big_directories(10**9), "claims 1,000,000,000 tags"),
    "5000 tags": (header(8) + struct.pack("<H", 5000) + bytes(70000), "claims 5,000 tags"),
    "10⁹ strips": (tiff(plain(t273=(4, ("claims", 10**9, 8)))), "claims 1,000,000,000 strips or tiles"),
    "10⁶ strips, table behind the end": (tiff(plain(t273=(4, ("claims", 10**6, 8)))), "table of its strips"),
    "10⁹ directories below": (tiff(plain(t330=(13, ("claims", 10**9, 8)))), "claims 1,000,000,000 directories"),
    "no table of strips": (tiff(plain(t273=None)), "tells where 0 are"),
    "fewer strips than rows": (tiff(plain(t278=(4, 10), t259=(3, 8))), "of its 7 strips or tiles it tells where 1 are"),
    "10⁶ × 10⁶ px": (bomb(10**6, 10**6), "cut short"),
    "10⁶ × 10⁶ px, deflate": (bomb(10**6, 10**6, t259=(3, 8)), "claim to be a strip or tile"),
    "10⁶ × 10⁶ px, packbits": (bomb(10**6, 10**6, t259=(3, 32773)), "claim to be a strip or tile"),
    "10⁶ × 10⁶ px, zstd": (bomb(10**6, 10**6, t259=(3, 50000)), "claim to be a strip or tile"),
    "10⁶ × 10⁶ px, tiles": (
        bomb(10**6, 10**6, t278=None, t273=None, t279=None, t322=(4, 256), t323=(4, 256), t324=(4, 8), t325=(4, 9)),
        "of its 15,264,649 strips or tiles it tells where 1 are",
    ),
    "10⁶ × 10⁶ px, tiles of a pixel": (
        bomb(10**6, 10**6, t278=None, t273=None, t279=None, t322=(4, 1), t323=(4, 1), t324=(4, 8), t325=(4, 9)),
        "of its 1,000,000,000,000 strips or tiles it tells where 1 are",
    ),
    "2³² px a side": (bomb(2**32 - 1, 2**32 - 1), "cut short"),
    "tiles of 2³¹": (
        tiff(
            plain(
                t259=(3, 50000), t278=None, t273=None, t279=None, t322=(4, 2**31), t323=(4, 2**31), t324=(4, 8),
                t325=(4, 99),
            )
        ),
        "claim to be a strip or tile",
    ),
    "tiles of 0": (
        tiff(plain(t278=None, t273=None, t279=None, t322=(4, 0), t323=(4, 0), t324=(4, 8), t325=(4, 9))),
        "strips or tiles hold no pixels",
    ),
    "strips of 0 rows": (tiff(plain(t278=(4, 0))), "strips or tiles hold no pixels"),
    "0 px wide": (tiff(plain(t256=(4, 0))), "its size is 61 × 0 px"),
    "no size": (tiff(plain(t256=None, t257=None)), "its size is|cannot be read"),
    "65,535 samples": (tiff(plain(t277=(3, 65535))), "claims 65,535 samples a pixel"),
    "strip of 4 GB": (tiff(plain(t259=(3, 8), t279=(4, 2**32 - 1))), "cut short"),
    "strip far behind the end": (tiff(plain(t273=(4, 2**32 - 9))), "cut short"),
    "strip at 2⁶³": (tiff(plain(t273=(16, 2**63 + 8)), big=True), "cut short"),
    "description of 4 GB": (tiff(plain(t270=(2, ("claims", 2**32 - 1, 8)))), None),
    "no bits": (tiff(plain(t258=(3, 0))), "bits"),
    "77 bits": (tiff(plain(t258=(3, 77))), "77 bits of that kind are not known"),
    "unknown compression": (tiff(plain(t259=(3, 12345))), "12345"),
    "unknown predictor": (deflated(bytes(PIXELS), t317=(3, 99)), "99"),
    "strip that decodes to 2 GB": (deflated(bytes(2**28)), "cannot be decoded"),
    "strip that decodes to nothing": (deflated(b""), "cannot be decoded"),
    "strip that decodes to half": (deflated(bytes(PIXELS // 2)), "cannot be decoded"),
    "jpeg that says 65,500 × 65,500 px": (jpeg_bomb(), "holds an image of 65500 × 65500 px"),
    "jpeg 2000 that says 60,000 × 60,000 px": (jpeg2000_bomb(), "holds an image of 60000 × 60000 px"),
    "stack of ImageJ of which one plane is there": (
        tiff(plain(t270=(2, b"ImageJ=1.53t\nimages=900\nslices=900\n\0"))),
        "cut short",
    ),
    "compressed stack of ImageJ of which one plane is there": (
        deflated(bytes(PIXELS), t270=(2, b"ImageJ=1.53t\nimages=900\nslices=900\n\0")),
        "holds 900 planes, not all are there",
    ),
    "stack of ImageJ of 10⁹ planes": (
        deflated(bytes(PIXELS), t270=(2, b"ImageJ=1.53t\nimages=1000000000\nslices=1000000000\n\0")),
        "holds 1,000,000,000 planes, not all are there",
    ),
    "OME of 10⁹ planes": (tiff(plain(t270=(2, ome('SizeZ="1000000000" SizeC="1" SizeT="1"')))), "claims Z = 1,000"),
    "OME of 10⁵ × 10⁵ planes": (
        tiff(plain(t270=(2, ome('SizeZ="100000" SizeC="1" SizeT="100000"')))),
        "claims 10,000,000,000 planes",
    ),
    "OME of 10⁹ planes of data": (
        tiff(plain(t270=(2, ome('SizeZ="1" SizeC="1" SizeT="1"', '<TiffData PlaneCount="1000000000"/>')))),
        "claims PlaneCount = 1,000",
    ),
    "OME whose data begin at plane 10⁹": (
        tiff(plain(t270=(2, ome('SizeZ="1" SizeC="1" SizeT="1"', '<TiffData FirstT="1000000000"/>')))),
        "claims T = 1,000",
    ),
    "OME of 9 planes of which one is there": (
        tiff(plain(t270=(2, ome('SizeZ="9" SizeC="1" SizeT="1"')))),
        None,
    ),
    "OME that ends in the middle": (tiff(plain(t270=(2, ome('SizeZ="1')[:-40] + b"OME>\0"))), None),
    "OME that names itself again and again": (
        tiff(plain(t270=(2, ome(ENTITIES, head=BILLION)))),
        None,
    ),
    "stack of ImageJ of -1 planes": (tiff(plain(t270=(2, b"ImageJ=1.53t\nimages=-1\nslices=-1\n\0"))), "planes"),
    "stack of tifffile of which one plane is there": (
        tiff(plain(t270=(2, b'{"shape": [900, 61, 83]}\0'))),
        "cut short",
    ),
    "OME of another shape": (
        tiff(
            plain(
                t270=(
                    2,
                    b'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
                    b'<Image ID="I">'
                    b'<Pixels ID="P" DimensionOrder="XYZCT" Type="uint8" SizeX="1000000" SizeY="1000000" '
                    b'SizeZ="9" '
                    b'SizeC="1" SizeT="1"><TiffData/></Pixels></Image></OME>\0',
                )
            )
        ),
        None,
    ),
}  # fmt: skip
RANDOM = {
    **{f"random {seed}": np.random.default_rng(seed).bytes(5000) for seed in range(4)},
    **{f"random behind the head {seed}": WHOLE[:8] + np.random.default_rng(seed).bytes(5000) for seed in range(8)},
}

OPENED = (
    PEAK
    + """
import json, resource, sys, time, tracemalloc, warnings, logging
from pathlib import Path
from napari_tiles_creator.cli import main
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
import imagecodecs, tifffile
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
out = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    start, said = time.process_time(), None
    try:
        source = open_source(path)
        try:
            height, width = source.info.plane_shape
            for y in (0, max(0, height - 512)):
                box = Box(y, 0, min(512, height), min(512, width))
                source.uniform_value(box)
                source.read(box)
        finally:
            source.close()
    except SourceError as error:
        said = str(error)
    used = peak() / (1 << 20)
    out[path.name] = [said, time.process_time() - start, used]
print(json.dumps(out))
"""
)


def opened(folder) -> dict[str, tuple[str | None, float, float]]:
    """Open and read every file of a folder in one process that gets 3 GB of addresses; message, seconds, peak MiB."""
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(folder)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What is said of each hostile file."""
    folder = tmp_path_factory.mktemp("hostile")
    names = {name: f"{number:03d}.tif" for number, name in enumerate([*HOSTILE, *RANDOM])}
    for name, file in names.items():
        (folder / file).write_bytes(HOSTILE[name][0] if name in HOSTILE else RANDOM[name])
    found = opened(folder)
    return {name: (file, *found[file]) for name, file in names.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_clear_line(answers, name):
    file, said, seconds, _ = answers[name]
    expected = HOSTILE[name][1]
    if expected is None:  # what it claims beside its pixels is passed over
        assert said is None or said.startswith(file)
    else:
        assert said is not None
        assert said.startswith(file)
        assert re.search(expected, said), said
        assert "\n" not in said
        assert len(said) < 300
    assert seconds < 20  # without an end to it, the whole test would not end


@pytest.mark.parametrize("name", RANDOM)
def test_random_bytes_are_one_clear_line(answers, name):
    file, said, _, _ = answers[name]
    assert said is not None
    assert said.startswith(file)
    assert "\n" not in said


def test_hostile_files_take_no_memory_for_what_they_claim(answers):
    peaks = [answer[3] for answer in answers.values()]
    assert max(peaks) - min(peaks) < 400, dict(zip(answers, itertools.pairwise(peaks), strict=False))


@pytest.mark.parametrize("whole", [WHOLE, TILED, STACK], ids=["plain", "tiles", "stack"])
def test_a_file_cut_anywhere_says_so(tmp_path, whole):
    for share in np.linspace(0.01, 0.995, 40):
        path = tmp_path / "cut.tif"
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(SourceError, match=r"^cut\.tif"):
            read_all(path)


def test_an_export_goes_on_past_them(tmp_path, capsys):
    """A folder of good images and all these: the good ones are tiled, each of the others is named with its reason."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a_good", "m_good", "z_good"):
        tifffile.imwrite(folder / f"{name}.tif", noise(HEIGHT, WIDTH))
    refused = [data for data, said in HOSTILE.values() if said is not None]
    for number, data in enumerate(refused):
        (folder / f"bad_{number:03d}.tif").write_bytes(data)
    with pytest.raises(SystemExit) as caught:
        main(["export", str(folder), str(tmp_path / "out"), "--size", "32", "--overlap", "0"])
    out, err = capsys.readouterr()
    assert caught.value.code == 1, out + err
    assert "Traceback" not in err
    tiles = {path.name for path in (tmp_path / "out").glob("*.tif")}
    assert {name.rpartition("_")[0] for name in tiles} == {"a_good", "m_good", "z_good"}
    assert len(tiles) == 3 * 2 * 3
    manifest = json.loads((tmp_path / "out" / "tiles.json").read_text())
    failed = {one["path"]: one["failed"] for one in manifest["sources"] if one.get("failed")}
    assert set(failed) == {f"bad_{number:03d}.tif" for number in range(len(refused))}
    assert all(reason.startswith(name) and "\n" not in reason for name, reason in failed.items())


@pytest.mark.parametrize("compression", [5, 8, 32773, 50000, 34925])
def test_what_its_bytes_cannot_hold_is_refused_when_it_is_opened(tmp_path, compression):
    (tmp_path / "a.tif").write_bytes(bomb(10**6, 10**6, t259=(3, compression)))
    with pytest.raises(SourceError, match=r"a\.tif is damaged or cut short: .* claim to be a strip or tile of 1,000,0"):
        open_source(tmp_path / "a.tif")


def test_each_tile_is_looked_at_by_itself(tmp_path):
    """Of four tiles of 4 MB one is too short, however much the others hold."""
    tile = 2048
    packed = zlib.compress(noise(tile, tile).tobytes(), 1)
    size = {"t256": (4, 2 * tile), "t257": (4, 2 * tile), "t322": (4, tile), "t323": (4, tile)}
    none = {"t278": None, "t273": None, "t279": None}
    for last, refused in ((len(packed), False), (0, False), (3000, True)):
        tables = {"t324": (4, [8] * 4), "t325": (4, [len(packed)] * 3 + [last])}
        (tmp_path / "a.tif").write_bytes(tiff(plain(t259=(3, 8), **size, **none, **tables), pixels=packed))
        if refused:
            with pytest.raises(SourceError, match=r"3,000 bytes of it claim to be a strip or tile of 4,194,304 bytes"):
                open_source(tmp_path / "a.tif")
        else:  # one that was never written is no claim
            open_source(tmp_path / "a.tif").close()


@pytest.mark.parametrize("compression", ["zlib", "lzw", "packbits", "zstd", "lzma", "jpeg"])
@pytest.mark.parametrize("how", [{"tile": (2048, 2048)}, {"rowsperstrip": 3000}], ids=["tiles", "strips"])
def test_what_compresses_best_is_no_false_claim(tmp_path, compression, how):
    image = np.zeros((4097, 2048), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", image, compression=compression, **how)
    source = open_source(tmp_path / "a.tif")
    assert not source.read(Box(4000, 0, 97, 2048)).any()
    source.close()
