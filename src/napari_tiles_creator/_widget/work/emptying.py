"""Empty the export folder: first find out what goes and what stays, then ask, then remove."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMessageBox

from napari_tiles_creator._widget.work.worker import once
from napari_tiles_creator.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.export.verify import Emptying
    from napari_tiles_creator.errors import TilesError


def find_what_goes(folder: Path) -> Emptying:
    """Find out what emptying would remove; removes nothing.

    Raises
    ------
    DatasetError
        If no export wrote to the folder.
    """
    from napari_tiles_creator.engine.export.verify import plan_emptying

    return plan_emptying(folder)


def ask(parent: QWidget, emptying: Emptying, confirmed: Callable[[], None]) -> QMessageBox:
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
    remove.clicked.connect(confirmed)
    box.finished.connect(box.deleteLater)
    box.open()
    return box


class EmptyingFolder:
    """What the button Empty export folder does.

    Parameters
    ----------
    panel : QWidget
        Over which the question appears.
    jobs : Jobs
        Where files are looked at and removed.
    done, failed : callable
        Get what to tell.
    """

    def __init__(
        self, panel: QWidget, jobs: Jobs, done: Callable[[str], None], failed: Callable[[TilesError], None]
    ) -> None:
        self._panel, self._jobs, self._done, self._failed = panel, jobs, done, failed

    def start(self, folder: str) -> None:
        """Look what an export wrote there, then ask."""
        if not folder:
            self._failed(RecipeError.of("export.folder", "choose the folder to empty"))
        elif self._jobs.is_running("export"):
            self._failed(RecipeError.of("export.folder", "an export is writing to it: cancel that first"))
        else:
            self._jobs.start("look", once(partial(find_what_goes, Path(folder))), self._ask)

    def _ask(self, ending: Ending) -> None:
        if ending.error is not None:
            self._failed(RecipeError.of("export.folder", str(ending.error)))
        elif ending.result is not None:
            ask(self._panel, ending.result, partial(self._carry_out, ending.result))

    def _carry_out(self, emptying: Emptying, _: object = None) -> None:
        self._jobs.start("empty", once(emptying.carry_out), partial(self._tell, emptying))

    def _tell(self, emptying: Emptying, ending: Ending) -> None:
        if ending.error is not None:
            self._failed(ending.error)
        else:
            count = len(emptying.remove)
            self._done(f"{count} file{'s' * (count != 1)} removed from {emptying.folder}")
