"""Labels that fit into a narrow dock whatever they say."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QSizePolicy


def wrapped_label(*, muted: bool) -> QLabel:
    """Return a label that breaks its lines and never widens the dock.

    Parameters
    ----------
    muted : bool
        In the theme's muted text colour.
    """
    label = QLabel()
    label.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    if muted:
        set_muted(label)
    return label


def set_muted(label: QLabel) -> None:
    """Let a label have the theme's muted text colour."""
    label.setProperty("invalid-msg", True)
