"""A question with its likely answers, each a click."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator._widget.controls.naming import part_around
from napari_tiles_creator._widget.controls.words import counted, plain

# Fields of the section ``media`` that are asked for.
AXES, DATASET = "axes", "dataset"
# Letters that a button has room for where so many stand in a row of the dock.
COLUMNS_BY_LETTERS = ((15, 3), (24, 2), (46, 1))


@dataclass(frozen=True, slots=True)
class Option:
    """A possible answer: its value, what its button says, and that in full."""

    value: str
    label: str
    tip: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be answered before some images can be read.

    Parameters
    ----------
    field : str
        Of the section ``media``, which holds the answer.
    options : tuple of Option
        Likely answers.
    shape : str
        Of the image, empty where the options tell.
    name : str
        The first image that asks.
    count : int
        How many ask the same.
    """

    field: str
    options: tuple[Option, ...]
    shape: str = ""
    name: str = ""
    count: int = 1

    @property
    def text(self) -> str:
        """The question in words."""
        name = f"{self.name} ({self.shape})" if self.shape else self.name
        like = f" and {counted(self.count - 1, 'more image')} like it" if self.count > 1 else ""
        if self.field == AXES:
            said = "The files do not say." if self.count > 1 else "The file does not say."
            return f"What are the axes of {name}{like}? {said}"
        return f"Which array is the image in {name}{like}?"

    @property
    def short(self) -> str:
        """What is asked, in a few words."""
        return "which axes?" if self.field == AXES else "which array?"


class QuestionRow(QWidget):
    """The question, and a button for each answer; hidden where nothing is asked.

    Parameters
    ----------
    after : QWidget
        From where Tab leads to the answers.

    Attributes
    ----------
    answered : Signal(str, str)
        The field that was asked for, and its value.
    """

    answered = Signal(str, str)

    def __init__(self, after: QWidget) -> None:
        super().__init__()
        self._after = after
        self.label = wrapped_label(muted=False)
        self.buttons: list[QPushButton] = []
        self._question: Question | None = None
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.label)
        layout.addLayout(self._grid)
        self.hide()

    def ask(self, question: Question | None) -> None:
        """Show a question; None asks nothing."""
        if question == self._question:
            return
        self._question = question
        for button in self.buttons:
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        self.setVisible(question is not None)
        if question is None:
            return
        self.label.setText(plain(question.text))
        longest = max(len(option.label) for option in question.options)
        letters, columns = next((pair for pair in COLUMNS_BY_LETTERS if longest <= pair[0]), COLUMNS_BY_LETTERS[-1])
        for number, option in enumerate(question.options):
            button = QPushButton(part_around(option.label, len(option.label), letters).replace("&", "&&"))
            button.setToolTip(option.tip)
            button.setAccessibleName(option.tip)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self.answered.emit, question.field, option.value))
            self._grid.addWidget(button, number // columns, number % columns)
            self.setTabOrder(self.buttons[-1] if self.buttons else self._after, button)
            self.buttons.append(button)
