"""Labels that fit into a narrow dock whatever they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QLabel, QSizePolicy

from napari_tiles_creator._widget.controls.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG_CELL = 25


def wrapped_label(*, muted: bool) -> QLabel:
    """Return a label that breaks its lines and never widens the dock.

    Parameters
    ----------
    muted : bool
        In the theme's muted text colour.
    """
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
    )
    label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    if muted:
        set_muted(label)
    return label


def set_muted(label: QLabel) -> None:
    """Let a label have the theme's muted text colour."""
    label.setProperty("invalid-msg", True)


def show_linked(label: QLabel, text: str, target: str = "", link: str = "") -> None:
    """Show a plain text and, if any, a link behind it that mouse and keyboard can reach.

    The link has the colour of the text: Qt's blue cannot be read on a dark theme.
    """
    colour = label.palette().color(QPalette.ColorRole.WindowText).name()
    anchor = f'<a href="{target}" style="color: {colour}">{plain(link)}</a>' if target else ""
    label.setText(" ".join(filter(None, [plain(text), anchor])))
    label.setFocusPolicy(Qt.FocusPolicy.TabFocus if target else Qt.FocusPolicy.NoFocus)


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Return colours, each with what it stands for, as rich text for a label that breaks between them only."""
    words = ((colour, plain(text).replace(" ", "\u00a0")) for colour, text in entries)
    return "\u2002 ".join(f'<span style="color: {colour}">■</span>\u00a0{text}' for colour, text in words)


def table(rows: Iterable[Iterable[str]]) -> str:
    """Return rows of cells as rich text for a label; short cells stay on one line."""
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table>{lines}</table>"


def _cell(text: str) -> str:
    breaks = "nowrap" if len(text) < LONG_CELL else "normal"
    return f'<td style="padding-right: 6px; white-space: {breaks}">{plain(text)}</td>'
