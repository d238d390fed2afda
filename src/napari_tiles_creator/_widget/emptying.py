"""Empty the export folder: first find out what goes and what stays, then ask, then remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from napari_tiles_creator.engine.verify import Emptying


def find_what_goes(folder: Path) -> Emptying:
    """Find out what emptying would remove; removes nothing.

    Raises
    ------
    DatasetError
        If no export wrote to the folder.
    """
    from napari_tiles_creator.engine.verify import plan_emptying

    return plan_emptying(folder)


def ask_to_empty(parent: QWidget, emptying: Emptying, confirmed: Callable[[], None]) -> QMessageBox:
    """Show exactly what would be removed; call `confirmed` where the user wants it.

    Parameters
    ----------
    parent : QWidget
        Over which the question appears.
    emptying : Emptying
        From `plan_emptying`.
    confirmed : callable
        Called after Remove was pressed.

    Returns
    -------
    box : QMessageBox
        The question, open and not waited for.
    """
    count = len(emptying.remove)
    box = QMessageBox(parent)
    box.setObjectName("emptying")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Empty export folder")
    box.setText(f"Remove {count} file{'s' * (count != 1)} that an export wrote to {emptying.folder}?")
    if emptying.keep:
        stay = len(emptying.keep)
        box.setInformativeText(f"{stay} other file{'s stay' if stay != 1 else ' stays'}.")
    details = ["Removed:", *emptying.remove]
    if emptying.keep:
        details += ["", "Kept, because no export wrote them or they were changed since:", *emptying.keep]
    box.setDetailedText("\n".join(details))
    remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(keep)
    remove.clicked.connect(lambda: confirmed())
    box.finished.connect(box.deleteLater)
    box.open()
    return box
