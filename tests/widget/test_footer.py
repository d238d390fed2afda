"""The foot of the dock: words, notes that unfold, rate and time left."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea

from napari_tiles_creator._widget.controls.words import counted, duration, grouped, size
from napari_tiles_creator._widget.footer import Footer


@pytest.fixture
def footer(qtbot):
    footer = Footer()
    qtbot.addWidget(footer)
    footer.resize(340, 300)
    footer.show()
    return footer


def press_link(qtbot, label):
    """Go to the link in a label with Tab, and press Return."""
    label.window().activateWindow()
    label.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(label, Qt.Key.Key_Tab)
    qtbot.keyClick(label, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (315_000_000, "315 MB"),
        (999_600, "1 MB"),
        (16e11, "1.6 TB"),
        (16e14, "1.6 PB"),
        (164e16, "1640 PB"),
    ],
)
def test_bytes_as_people_say_them(n_bytes, said):
    assert size(n_bytes) == said


def test_times_and_counts_as_people_say_them():
    assert [duration(s) for s in (0.04, 9.96, 12, 89.7, 120, 5400)] == [
        "0.0 s",
        "10.0 s",
        "12 s",
        "90 s",
        "2 min",
        "1.5 h",
    ]
    assert grouped(1234567) == "1\u202f234\u202f567"
    assert [counted(n, "tile") for n in (0, 1, 2)] == ["0 tiles", "1 tile", "2 tiles"]


def test_one_short_note_is_said_as_it_is(footer):
    footer.show_notes(["a.tif <tiny> & odd"])
    assert footer.notes.text() == "a.tif <tiny> & odd"
    assert footer.notes.line.text() == "a.tif &lt;tiny> &amp; odd"
    assert footer.notes.isVisible()
    footer.show_notes([])
    assert not footer.notes.isVisible()


def test_many_notes_unfold_with_a_click(footer, qtbot):
    notes = [f"image_{number}.tif cannot be read" for number in range(30)]
    footer.show_notes(notes)
    scroll = footer.notes.findChild(QScrollArea)
    assert not scroll.isVisible()
    assert "30\u00a0notes" in footer.notes.line.text()
    height = footer.sizeHint().height()
    press_link(qtbot, footer.notes.line)
    assert scroll.isVisible()
    assert all(note in scroll.widget().text() for note in notes)
    assert footer.sizeHint().height() < height + 150
    footer.show_notes(notes[:2])
    assert not scroll.isVisible()


def test_a_result_stays_and_an_error_goes(dock, planned):
    planned()
    dock.footer.show_result("12 tiles written", ["one image left out"])
    dock.footer.show_error("no room")
    dock.tiles.editor("size_px").first.setValue(48)
    assert dock.footer.error.isHidden()
    assert dock.footer.result.text() == "12 tiles written\none image left out"


def test_rate_and_time_left_are_those_of_the_last_seconds(footer, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("napari_tiles_creator._widget.footer.time.monotonic", lambda: now[0])
    footer.start()
    for second in range(1, 21):  # nothing for ten seconds, then 50 a second
        now[0] += 1
        footer.progress(max(0, second - 10) * 50, 1000, max(0, second - 10) * 50)
    assert footer.bar.format() == "500 / 1\u202f000 · 50/s · 10 s left"
