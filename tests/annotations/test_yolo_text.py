"""YOLO's texts: against plain parsing, real boxes in another form, and what people write by mistake."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.yolo_text import read_yolo
from napari_tiles_creator.errors import AnnotationError, TilesError

SHAPE = 200, 400


def read(tmp_path, text, shape=SHAPE):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_yolo(path, shape, "labels/a.txt")


def test_boxes_polygons_comments_and_blank_lines(tmp_path):
    text = (
        "# class x y w h\r\n"
        "2 0.5 0.5 0.25 0.5\r\n"
        "\r\n"
        "0 0 0 0.5 0 0.5 1\r\n"
        "  # a comment\r\n"
        "1\t0.25   0.25 0.1 0.1 0.93\r\n"
    )  # fmt: skip
    found = read(tmp_path, "\ufeff" + text)
    assert found.source_numbers.tolist() == [2, 4, 6]
    assert found.class_numbers.tolist() == [2, 0, 1]
    assert found.only_boxes.tolist() == [True, False, True]
    assert found.has_shapes
    assert [g.bounds for g in found.geometries[:2]] == [(150, 50, 250, 150), (0, 0, 200, 200)]
    assert found.geometries[1].area == 200 * 200 / 2
    assert np.allclose(found.geometries[2].bounds, (80, 40, 120, 60))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing here\n", "\ufeff"])
def test_nothing_is_drawn(tmp_path, text):
    found = read(tmp_path, text)
    assert len(found) == 0
    assert found.notes == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0.5 0.5", "has 3 columns: a box has 5"),
        ("0", "has 1 column: a box has 5"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "has 8 columns"),
        ("cell 0.5 0.5 0.1 0.1", "'cell' is no number"),
        ("0 0,5 0,5 0,1 0,1", "'0,5' is no number"),
        ("0 nan 0.5 0.1 0.1", "'nan' is no number"),
        ("0 0.5 0.5 inf 0.1", "'inf' is no number"),
        ("0 0.5 0.5 0.1 1_0", "'1_0' is no number"),
        ("0 0.5 0.5 0.1 0.1 high", "'high' is no number"),
        ("-1 0.5 0.5 0.1 0.1", "the class is '-1': it must be a whole number from 0 on"),
        ("0.5 0.5 0.5 0.1 0.1", "the class is '0.5'"),
        ("99999999 0.5 0.5 0.1 0.1", "the class is '99999999': 65534 is the highest possible"),
        ("0 320 240 64 48", "'320' is outside 0…1: coordinates are shares .* not pixels"),
        ("0 0.5 0.5 1.02 0.1", "'1.02' is outside 0…1"),
        ("0 0.1 0.1 0.2 -0.02 0.3 0.3", "'-0.02' is outside 0…1"),
        ("0 0.5 0.5 0.1 1e999", "'1e999' is no number"),
        ("0 0.5 0.5 -0.005 0.1", "width and height are -0.005 and 0.1: they must not be negative"),
        ("0 0.5 0.5 0.1 " + "9" * 5000, "'9{39}…' is"),
        ("0;0.5;0.5;0.1;0.1", "has 1 column"),
    ],
)
def test_faults_name_file_line_and_value(tmp_path, line, told):
    with pytest.raises(AnnotationError, match=f"^labels/a.txt, line 3: .*{told}"):
        read(tmp_path, f"0 0.5 0.5 0.1 0.1\n# next\n{line}\n0 2 2 2 2\n")


def test_what_sticks_out_a_little_is_let_pass(tmp_path):
    found = read(tmp_path, "0 1.005 0.5 0.2 1.0\n0 -0.004 0 1.01 0 1 1\n")
    plane = found.plane(SHAPE, SHAPE)
    assert len(found) == len(plane) == 2


def test_what_has_no_area_is_left_out_with_a_note(tmp_path):
    found = read(tmp_path, "0 0.5 0.5 0 0.1\n1 0.5 0.5 0.1 0.1\n2 0.1 0.1 0.2 0.2 0.3 0.3\n0 0.5 0.5 0.1 0.0\n")
    assert found.source_numbers.tolist() == [2]
    assert found.notes == ("labels/a.txt: left out, for want of an area: lines 1, 3, 4",)


def test_a_polygon_that_crosses_itself_becomes_valid(tmp_path):
    (tie,) = read(tmp_path, "0 0 0 1 1 1 0 0 1").geometries
    assert tie.is_valid
    assert tie.area == 200 * 400 / 2


@pytest.mark.parametrize("content", [b"\0\1\2" * 99, b"\x89PNG\r\n\x1a\n", "0 0.5".encode("utf-16"), b"\xff" * 9])
def test_what_is_no_text(tmp_path, content):
    with pytest.raises(AnnotationError, match=r"^labels/a\.txt"):
        read(tmp_path, content)


@given(st.binary(max_size=60) | st.text(st.sampled_from("0123456789. -#e\n\r"), max_size=80))
def test_any_bytes_are_objects_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = ""
    try:
        assert all(shapely.is_valid(read_yolo(path, SHAPE).geometries))
    except TilesError as error:
        told = str(error)
    assert not told or (told.startswith("any.txt") and "\n" not in told)


shares = st.floats(0, 1)


@given(st.lists(st.tuples(st.integers(0, 80), shares, shares, st.floats(1e-4, 1), st.floats(1e-4, 1)), max_size=6))
def test_boxes_are_where_plain_parsing_puts_them(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "boxes.txt"
    path.write_text("".join(" ".join(map(repr, row)) + "\n" for row in rows))
    found = read_yolo(path, SHAPE)
    assert found.class_numbers.tolist() == [row[0] for row in rows]
    assert found.only_boxes.all()
    for geometry, (_, x, y, w, h) in zip(found.geometries, rows, strict=True):
        expected = ((x - w / 2) * 400, (y - h / 2) * 200, (x + w / 2) * 400, (y + h / 2) * 200)
        assert geometry.bounds == pytest.approx(expected, abs=1e-9)
        assert geometry.area == pytest.approx(w * h * 200 * 400, rel=1e-6)


def test_real_boxes_are_those_of_the_same_dataset_as_voc(real_data):
    names = (real_data / "boxes" / "classes.txt").read_text().split()
    texts = sorted((real_data / "boxes" / "labels_yolo").glob("*.txt"))
    assert texts
    for text in texts:
        tree = ET.parse(real_data / "boxes" / "labels_voc" / f"{text.stem}.xml")
        size = tree.find("size")
        shape = int(size.find("height").text), int(size.find("width").text)
        expected = []
        for thing in tree.iter("object"):
            sides = [int(thing.find("bndbox").find(side).text) for side in ("xmin", "ymin", "xmax", "ymax")]
            expected.append((names.index(thing.find("name").text), *sides))
        found = read_yolo(text, shape)
        assert len(found) == len(expected)
        # VOC counts from 1 or from 0, and its last pixel is inside or not: within a pixel it is the same.
        for class_number, geometry in zip(found.class_numbers, found.geometries, strict=True):
            distance = [
                max(abs(a - b) for a, b in zip(geometry.bounds, sides, strict=True))
                for number, *sides in expected
                if number == class_number
            ]
            assert min(distance) <= 1.01


def test_many_rows_of_a_file_are_all_read(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.uniform(0.2, 0.4, (20_000, 4))
    found = read(tmp_path, "\n".join("3 " + " ".join(f"{v:.6f}" for v in row) for row in rows))
    assert len(found) == 20_000
    assert re.fullmatch(r"\d+", str(found.checksum))


def test_scores_of_boxes_and_of_polygons_as_ultralytics_saves_them(tmp_path):
    # save_conf puts the confidence last: a row of a polygon has an even number of columns then.
    (tmp_path / "a.txt").write_text(
        "0 0.5 0.5 0.2 0.2 0.75\n1 0.1 0.1 0.3 0.1 0.3 0.3 0.5\n2 0.1 0.1 0.3 0.1 0.3 0.3\n"
    )
    found = read_yolo(tmp_path / "a.txt", (100, 200), scored=True)
    np.testing.assert_equal(found.scores, [0.75, 0.5, np.nan])
    assert shapely.area(found.geometries) == pytest.approx([40 * 20, 40 * 20 / 2, 40 * 20 / 2])
    with pytest.raises(AnnotationError, match="line 2: has 8 columns"):
        read_yolo(tmp_path / "a.txt", (100, 200))
