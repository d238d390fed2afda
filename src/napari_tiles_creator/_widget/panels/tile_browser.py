"""The controls that go through the tiles of the previewed image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSizePolicy, QSlider, QSpinBox, QVBoxLayout, QWidget
from superqt import QElidingLabel
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_SPIN
from napari_tiles_creator._widget.controls.labels import legend, set_muted, wrapped_label
from napari_tiles_creator._widget.controls.shortcuts import NEXT_KEY, PREVIOUS_KEY, REJECT_KEY
from napari_tiles_creator._widget.controls.words import grouped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_tiles_creator._widget.controls.icons import ThemeIcons

# A legend of more would push the panels below out of sight.
MOST_CLASSES = 12
# Qt counts in 32 bits; nobody drags a slider further.
LARGEST_INT = 2**31 - 2
NARROW_BUTTON = "QPushButton { padding: 3px; min-width: 16px; }"


class TileBrowser(QVBoxLayout):
    """Slider, number, name and state of the current tile, and what is shown of it, as rows.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.

    Attributes
    ----------
    slider : QSlider
        Index of the current tile in the previewed image, from 0.
    position : QSpinBox
        The same as people count, from 1.
    show_all, show_tile : QCheckBox
        Whether the whole pattern is drawn, and the tile's pixels.
    show_annotations : QCheckBox
        Whether what is drawn on the image is shown; hidden where nothing is.
    classes : QLabel
        The colours of classes of objects.
    reject_button : QPushButton
        Rejects the current tile, or keeps it again.
    """

    def __init__(self, icons: ThemeIcons) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Tile")
        self.slider.setToolTip("The current tile. A double click on the image picks the tile there.")
        self.position = QSpinBox()
        self.position.setAccessibleName("Number of the tile")
        self.position.setToolTip("Which of the image's tiles this is; the number in its name counts from 0.")
        self.position.setStyleSheet(NARROW_SPIN)
        self.position.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.back_button = _step_button(icons, "left_arrow", "Previous tile", PREVIOUS_KEY[1])
        self.on_button = _step_button(icons, "right_arrow", "Next tile", NEXT_KEY[1])
        self.name = QElidingLabel()
        self.name.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.name.setContentsMargins(4, 0, 4, 0)  # superqt 0.9 clips the letters at both ends
        self.state = QElidingLabel()
        self.state.setContentsMargins(4, 0, 4, 0)
        set_muted(self.state)
        for label in (self.name, self.state):  # superqt 0.9 lets them shrink until underscores are gone
            label.setSizePolicy(label.sizePolicy().horizontalPolicy(), QSizePolicy.Policy.Fixed)
        self.show_all = QCheckBox("Show all tile&s")
        self.show_all.setToolTip("Draw the whole pattern, not only the current tile; tiles that are left out, dimmed.")
        self.show_tile = QCheckBox("Show the tile")
        self.show_tile.setToolTip("Show the pixels of the current tile as they will be exported, over the image.")
        self.show_annotations = QCheckBox("Show annotations")
        self.show_annotations.setToolTip(
            "Draw what is drawn on the image over it; over the tile's pixels, what an export writes with them."
        )
        self.show_annotations.setChecked(True)
        self.show_annotations.hide()  # until there are any
        self.classes = wrapped_label(muted=True)
        self.classes.setContentsMargins(4, 0, 4, 0)
        self.classes.hide()
        self.reject_button = QPushButton("Reject")
        self.reject_button.setToolTip(f"Leave the current tile out of the export, or keep it again ({REJECT_KEY[1]}).")
        self._lay_out()
        self._connect()
        self._controls = (self.slider, self.position, self.back_button, self.on_button, self.reject_button)
        self.show_count(0)

    def show_count(self, count: int, index: int = 0) -> None:
        """Let the controls run over so many tiles, with this one as the current; 0 disables them."""
        most = min(count, LARGEST_INT)
        with signals_blocked(self.slider), signals_blocked(self.position):
            self.slider.setMaximum(max(0, most - 1))
            self.slider.setValue(index)
            self.slider.setPageStep(max(1, most // 10))
            self.position.setRange(min(1, most), most)
            self.position.setSuffix(f" of {grouped(count)}")
            self.position.setValue(self.slider.value() + 1)
        for control in self._controls:
            control.setEnabled(count > 0)
        if not count:
            self.show_current("", "")

    def show_current(self, name: str, state: str) -> None:
        """Tell name and state of the current tile."""
        self.name.setText(name)
        self.name.setToolTip(name)
        self.state.setText(state)
        self.state.setToolTip(state)

    def show_classes(self, entries: Mapping[str, str]) -> None:
        """Say which colour stands for which class of objects; one class alone needs no words."""
        listed = [(colour, name) for name, colour in entries.items()][:MOST_CLASSES]
        more = f" and {len(entries) - MOST_CLASSES} more" if len(entries) > MOST_CLASSES else ""
        self.classes.setText(legend(listed) + more)
        self.classes.setVisible(len(entries) > 1)

    def show_rejected(self, rejected: bool) -> None:
        """Let the button say what it does to the current tile."""
        self.reject_button.setText("Keep" if rejected else "Reject")

    def step_back(self) -> None:
        """Go to the tile before."""
        self.slider.setValue(self.slider.value() - 1)

    def step_on(self) -> None:
        """Go to the next tile."""
        self.slider.setValue(self.slider.value() + 1)

    def _lay_out(self) -> None:
        where, what, shown = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        where.setSpacing(2)
        for widget, stretch in ((self.back_button, 0), (self.slider, 1), (self.on_button, 0), (self.position, 0)):
            where.addWidget(widget, stretch)
        what.addWidget(self.state, 1)
        what.addWidget(self.reject_button)
        shown.addWidget(self.show_all)
        shown.addWidget(self.show_tile)
        shown.addStretch(1)
        self.setSpacing(5)
        self.addLayout(where)
        self.addWidget(self.name)
        self.addLayout(what)
        self.addLayout(shown)
        self.addWidget(self.show_annotations, 0, Qt.AlignmentFlag.AlignLeft)
        self.addWidget(self.classes)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(lambda index: self.position.setValue(index + 1))
        self.position.valueChanged.connect(lambda number: self.slider.setValue(number - 1))
        self.back_button.clicked.connect(lambda: self.step_back())
        self.on_button.clicked.connect(lambda: self.step_on())


def add_keys(panel: QWidget, browser: TileBrowser) -> None:
    """Let the keys work while a control of the panel has the focus, as they do in the viewer."""
    actions = (
        (PREVIOUS_KEY, browser.step_back),
        (NEXT_KEY, browser.step_on),
        (REJECT_KEY, browser.reject_button.click),
    )
    for key, act in actions:
        shortcut = QShortcut(QKeySequence(key[1]), panel)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)


def _step_button(icons: ThemeIcons, icon: str, name: str, key: str) -> QPushButton:
    button = QPushButton()
    button.setAccessibleName(name)
    button.setToolTip(f"{name} ({key}).")
    button.setAutoRepeat(True)
    button.setStyleSheet(NARROW_BUTTON)
    icons.keep(button.setIcon, icon)
    return button
