"""Editor for how images are shared out between training, validation and test."""

from __future__ import annotations

from functools import partial
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, IntegerEditor
from napari_tiles_creator._widget.controls.line import LineEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.controls.percent import PercentEditor
from napari_tiles_creator.recipe.split import SPLIT_NAMES, Split

BY_LABELS = {
    None: "none",
    "image": "by image",
    "group": "by group of images",
    "blocks": "by blocks of each image",
    "table": "as a table says",
}
BY_TIPS = {
    None: "All tiles together.",
    "image": "All tiles of an image go to one split.",
    "group": "All tiles of a group, such as an animal, go to one split.",
    "blocks": "Each image is cut into blocks, and tiles across two of them are left out.",
    "table": "A CSV file with the columns image and split, made elsewhere.",
}
# Which fields mean something, by what is shared out.
FIELDS_OF = {
    None: (),
    "image": ("train", "val", "test", "seed", "stratify"),
    "group": ("group", "table", "train", "val", "test", "seed", "stratify"),
    "blocks": ("train", "val", "test", "seed", "gap_px"),
    "table": ("table",),
}
# What a split that is switched on begins with.
START = {"train": 0.8, "val": 0.2, "test": 0.0}


class SplitEditor(QWidget):
    """A choice, and beneath it what matters for what is chosen.

    Attributes
    ----------
    grid : QGridLayout
        Of labels and fields, as in a panel.
    parts : dict
        The editor of each field of the recipe's split.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.by = ChoiceEditor(BY_LABELS, BY_TIPS)
        self.parts: dict[str, Any] = {
            "train": PercentEditor(),
            "val": PercentEditor(),
            "test": PercentEditor(),
            "seed": IntegerEditor(0),
            "group": LineEditor(empty=None, hint="(mouse\\d+), or a column"),
            "table": PathEditor("CSV file", "Choose the table", "Tables (*.csv)", folders=False, empty=None),
            "gap_px": IntegerEditor(0, unit="px", step=16),
            "stratify": CheckEditor("Balance classes"),
        }
        self._labels: dict[str, QLabel] = {}
        self.grid = QGridLayout(self)
        self._lay_out()
        self.setFocusProxy(self.by)
        self.by.changed.connect(self._choose)
        for name, editor in self.parts.items():
            editor.changed.connect(partial(self._edited, name))
        self.set_value(None)

    def setAccessibleName(self, name: str) -> None:
        """Name it for screen readers."""
        super().setAccessibleName(name)
        self.by.setAccessibleName(name)

    def setToolTip(self, text: str) -> None:
        """Explain the choice; the other fields explain themselves."""
        super().setToolTip(text)
        self.by.setToolTip(text)

    def value(self) -> dict[str, Any] | None:
        """Return the fields of the recipe's split, None for none."""
        by = self.by.value()
        if by is None:
            return None
        value = {"by": by, **{name: editor.value() for name, editor in self.parts.items()}}
        if by not in ("group", "table"):  # kept in their fields, hidden, for when they are wanted again
            value |= {"group": None, "table": None}
        return value

    def set_value(self, value: Split | None) -> None:
        """Show a split, or none."""
        shown = value or Split(**START)
        with signals_blocked(self.by):
            self.by.set_value(value.by if value is not None else None)
        for name, editor in self.parts.items():
            with signals_blocked(editor):
                editor.set_value(getattr(shown, name))
        self._show()

    def wrong_parts(self) -> list[QWidget]:
        """Return what can mend a wrong split."""
        by = self.by.value()
        if by in ("group", "table"):
            return [self.parts[by]]
        return [self.parts[name] for name in SPLIT_NAMES] if by else [self.by]

    def summary(self) -> str:
        """Return ``80/20 by image``, empty without a split."""
        by = self.by.value()
        if by is None or by == "table":
            return "" if by is None else "split by table"
        shares = [100 * self.parts[name].value() for name in SPLIT_NAMES]
        return f"{'/'.join(f'{share:.3g}' for share in shares if share)} by {by}"

    def _lay_out(self) -> None:
        grid = self.grid
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)
        label = QLabel("Split")
        label.setBuddy(self.by)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.by, 0, 1, 1, 3)
        rows = (("group", "Group", 3), ("table", "Table", 3), ("train", "Train", 1), ("test", "Test", 1))
        for row, (name, text, span) in enumerate(rows, start=1):
            self._add(name, text, row, 0, span)
        self._add("val", "Val", 3, 2)
        self._add("seed", "Seed", 4, 2)
        self._add("gap_px", "Gap", 5, 0, 3)
        self._add("stratify", "", 6, 0, 4)

    def _add(self, name: str, text: str, row: int, column: int, span: int = 1) -> None:
        editor, description = self.parts[name], Split.model_fields[name].description or ""
        editor.setToolTip(description)
        if isinstance(editor, QCheckBox):
            self.grid.addWidget(editor, row, column, 1, span)
            return
        label = self._labels[name] = QLabel(text)
        label.setBuddy(editor)
        label.setToolTip(description)
        editor.setAccessibleName(f"{text} of the split")
        self.grid.addWidget(label, row, column)
        self.grid.addWidget(editor, row, column + 1, 1, span)

    def _choose(self) -> None:
        self._show()
        self.changed.emit()

    def _edited(self, name: str) -> None:
        """Let the shares add up: training takes what validation and test leave, validation what training leaves."""
        if name in SPLIT_NAMES:
            train, val, test = (round(100 * self.parts[part].value(), 2) for part in SPLIT_NAMES)
            if name == "train":
                test = min(test, 100 - train)
                val = 100 - train - test
            else:
                val, test = (val, min(test, 100 - val)) if name == "val" else (min(val, 100 - test), test)
                train = 100 - val - test
            for part, share in zip(SPLIT_NAMES, (train, val, test), strict=True):
                if part != name:
                    with signals_blocked(self.parts[part]):
                        self.parts[part].set_value(round(share / 100, 4))
        self.changed.emit()

    def _show(self) -> None:
        """Show what means something for what is chosen."""
        fields = FIELDS_OF[self.by.value()]
        for name, editor in self.parts.items():
            for widget in (self._labels.get(name), editor):
                if widget is not None:
                    widget.setVisible(name in fields)
