"""Texts as people and programs write them, and what is no text."""

import os

import pytest

from napari_tiles_creator.annotations.plain_text import lines_of, shortened
from napari_tiles_creator.errors import AnnotationError


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(b"", [""], id="empty"),
        pytest.param(b"a\nb\n", ["a", "b", ""], id="unix"),
        pytest.param(b"a\r\n\r\nb", ["a", "", "b"], id="windows"),
        pytest.param(b"a\rb", ["a", "b"], id="old mac"),
        pytest.param(b"\xef\xbb\xbf a \t\n", ["a", ""], id="BOM and blanks"),
        pytest.param("µ\x0c\u2028x\ny".encode(), ["µ\x0c\u2028x", "y"], id="no line breaks of editors"),
    ],
)
def test_lines(tmp_path, content, lines):
    (tmp_path / "a.txt").write_bytes(content)
    assert lines_of(tmp_path / "a.txt", "a.txt") == lines


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("0 1".encode("utf-16"), "b.txt: is a text in UTF-16: save it as UTF-8", id="UTF-16"),
        pytest.param(b"0\0\0", "b.txt: is no text: it holds bytes of 0", id="binary"),
        pytest.param(b"0 1\n# 5 \xb5m\n", r"b.txt, line 2: is no UTF-8 \(byte 0xb5\)", id="Latin-1"),
    ],
)
def test_what_is_no_text_is_told(tmp_path, content, told):
    (tmp_path / "b.txt").write_bytes(content)
    with pytest.raises(AnnotationError, match=told):
        lines_of(tmp_path / "b.txt", "b.txt")


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(AnnotationError, match=r"c\.txt: cannot be read: No such file"):
        lines_of(tmp_path / "c.txt", "c.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "d.txt")
    with pytest.raises(AnnotationError, match=r"d\.txt: cannot be read: it is no file"):
        lines_of(tmp_path / "d.txt", "d.txt")


def test_long_values_are_shortened():
    assert shortened("abc") == "'abc'"
    assert len(shortened("9" * 5000)) < 50
