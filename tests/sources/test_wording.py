"""Numbers and errors for people."""

from pathlib import Path

import pytest

from napari_tiles_creator.sources.wording import first_sentence, size_text


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
