"""The table of tiles: every tile once, exact, and never over a file of another kind."""

import csv

import numpy as np
import pytest

from napari_tiles_creator.engine.coverage.coverage import Coverage
from napari_tiles_creator.engine.coverage.table import COLUMNS, write_table
from napari_tiles_creator.errors import ExportError


def coverage_of(body, signal, inside, shape=(70, 100), size=(32, 64)):
    return Coverage(shape, size, *(np.array(counts, np.int64) for counts in (body, signal, inside)), threshold=0.5)


EXAMPLE = coverage_of([[4, 0], [3, 10], [8, 1]], [[4, 5], [0, 5], [1, 1]], [[2, 0], [0, 5], [1, 1]])


def test_every_tile_has_a_row_and_every_pixel_is_in_one(tmp_path):
    write_table(tmp_path / "t.csv", EXAMPLE)
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 7
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    held = np.zeros((70, 100), int)
    for row in rows:
        y, x, height, width = (int(row[name]) for name in ("y", "x", "height", "width"))
        held[y : y + height, x : x + width] += 1
    assert held.min() == held.max() == 1
    assert [row["coverage"] for row in rows] == ["0.5", "", "0.0", "0.5", "0.125", "1.0"]
    assert [row["positive"] for row in rows] == ["true", "", "false", "true", "false", "true"]
    assert [row["signal_px"] for row in rows] == ["4", "5", "0", "5", "1", "1"]
    assert [(row["row"], row["column"]) for row in rows] == [(str(i), str(j)) for i in range(3) for j in range(2)]


def test_a_table_of_ours_is_replaced_and_nothing_else(tmp_path):
    write_table(tmp_path / "t.csv", EXAMPLE)
    write_table(tmp_path / "t.csv", coverage_of([[1]], [[1]], [[1]], (10, 10), (10, 10)))
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 2
    other = tmp_path / "mine.csv"
    other.write_text("row,column\n1,2\n")
    with pytest.raises(ExportError, match=r"mine.csv is there already and no table of this program"):
        write_table(other, EXAMPLE)
    assert other.read_text() == "row,column\n1,2\n"
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ExportError, match="choose another name"):
        write_table(tmp_path / "folder.csv", EXAMPLE)
    with pytest.raises(ExportError, match=r"ends in .csv"):
        write_table(tmp_path / "t.txt", EXAMPLE)
    with pytest.raises(ExportError, match="there is no folder"):
        write_table(tmp_path / "none" / "t.csv", EXAMPLE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "mine.csv", "t.csv"]
