"""Numbers and errors for people."""

import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from napari_tiles_creator.sources.wording import first_sentence, size_text, undecoded


@pytest.mark.parametrize(
    ("size", "text"), [(999, "999 bytes"), (1500, "1.5 kB"), (2_000_000, "2 MB"), (3.21e9, "3.21 GB"), (6e12, "6 TB")]
)
def test_sizes_for_people(size, text):
    assert size_text(int(size)) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("line one\n  line two"), "line one line two"),
        (KeyError("data_type"), "data_type is missing"),
        (OSError(5, "Input/output error", "/data/deep/a.tif"), "Input/output error"),
        (ValueError("cannot open /data/deep/a.tif"), "cannot open a.tif"),
        (ValueError(), "ValueError"),
        (KeyError(), "KeyError"),
        (ValueError("x" * 500), "x" * 197 + "…"),
    ],
)
def test_what_libraries_raise_is_one_short_line_without_folders(error, text):
    assert first_sentence(error, Path("/data/deep/a.tif")) == text


DECODERS = [imagecodecs.png_decode, imagecodecs.webp_decode, imagecodecs.zlib_decode, zlib.decompress]


@pytest.mark.parametrize("decode", DECODERS, ids=["png", "webp", "deflate", "zlib"])
def test_what_decoders_say_comes_after_what_is_wrong(decode):
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    encode = {imagecodecs.png_decode: imagecodecs.png_encode, imagecodecs.webp_decode: imagecodecs.webp_encode}
    content = encode.get(decode, zlib.compress)(image.tobytes() if decode not in encode else image)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each has its own
        decode(content[: len(content) // 2])
    said = undecoded("a.png", caught.value, Path("/data/deep/a.png"))
    assert said == f"a.png is damaged or cut short: its pixels cannot be decoded ({caught.value})"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (imagecodecs.PngError("png_decode", "x" * 200), "a.png is damaged or cut short: its pixels cannot be decoded"),
        (ValueError("COMPRESSION 12345 not supported"), "a.png cannot be decoded: COMPRESSION 12345 not supported"),
        (imagecodecs.DelayedImportError("lerc"), "a.png cannot be decoded: "),
    ],
)
def test_only_what_is_short_or_no_damage_is_told_as_it_is(error, text):
    said = undecoded("a.png", error, Path("a.png"))
    assert said.startswith(text)
    assert len(said) < 200
