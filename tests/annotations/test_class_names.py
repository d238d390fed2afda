"""Names of classes from texts, and names that are made up."""

import pytest
from shapely import box

from napari_tiles_creator.annotations.class_names import default_names, read_class_names, told, unnamed_class
from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.errors import AnnotationError


def names_in(tmp_path, content: bytes):
    (tmp_path / "classes.txt").write_bytes(content)
    return read_class_names(tmp_path / "classes.txt")


def test_a_name_a_line(tmp_path):
    assert names_in(tmp_path, b"\xef\xbb\xbfRBC\r\nwhite cell \r\n#7\r\n\r\n\n") == ("RBC", "white cell", "#7")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "classes.txt: holds no name"),
        (b"\n\n", "classes.txt: holds no name"),
        (b"a\n\nb\n", "classes.txt, line 2: is blank"),
        (b"a\nb\na\n", "classes.txt, line 3: names 'a' twice"),
        (b"a\n" + b"x" * 101, "classes.txt, line 2: 'xxx.*…' is no name"),
        (b"a\nb\x07c", "classes.txt, line 2: .* is no name"),
    ],
)
def test_faults_name_file_and_line(tmp_path, content, message):
    with pytest.raises(AnnotationError, match=message):
        names_in(tmp_path, content)


def test_names_that_are_made_up():
    assert default_names(0) == default_names(1) == ("object",)
    assert default_names(3) == ("class_0", "class_1", "class_2")


def test_the_first_class_without_a_name():
    objects = DrawnObjects.of([box(0, 0, 1, 1)] * 4, [0, 2, 5, 7], True, [3, 4, 9, 11])
    assert unnamed_class(objects, ("a", "b", "c")) == (9, 5)
    assert unnamed_class(objects, tuple("abcdefgh")) is None
    assert unnamed_class(DrawnObjects.of([]), ()) is None


def test_names_in_messages():
    assert told(("a", "b")) == "0 a, 1 b"
    assert told(tuple("abcdefghij")).endswith("7 h and 2 more")
