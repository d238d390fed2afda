"""Empty the export folder: first find out what goes and what stays, then ask, then remove."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMessageBox

from napari_tiles_creator._widget.controls.words import counted, grouped
from napari_tiles_creator.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from qtpy.QtWidgets import QWidget

    from napari_tiles_creator._widget.panels.export import ExportPanel
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.export.verify import Emptying, Step
    from napari_tiles_creator.errors import TilesError


# More lines than anybody reads would hold the window up.
MOST_LISTED = 2_000


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
    box = QMessageBox(parent)
    box.setObjectName("emptying")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Empty export folder")
    box.setText(f"Remove {counted(len(emptying.remove), 'file')} that an export wrote to {emptying.folder}?")
    if emptying.keep:
        stay = "stays" if len(emptying.keep) == 1 else "stay"
        box.setInformativeText(f"{counted(len(emptying.keep), 'other file')} {stay}.")
    details = ["Removed:", *_listed(emptying.remove)]
    if emptying.keep:
        details += ["", "Kept, because no export wrote them or they were changed since:", *_listed(emptying.keep)]
    box.setDetailedText("\n".join(details))
    remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(keep)
    remove.clicked.connect(confirmed)
    box.finished.connect(box.deleteLater)
    box.open()
    return box


def _listed(paths: tuple[str, ...]) -> list[str]:
    more = len(paths) - MOST_LISTED
    return [*paths[:MOST_LISTED], *([f"… and {grouped(more)} more"] if more > 0 else [])]


class EmptyingFolder:
    """What the button Empty export folder does.

    Parameters
    ----------
    panel : ExportPanel
        Over which the question appears, and where progress is shown.
    jobs : Jobs
        Where files are looked at and removed.
    done, failed : callable
        Get what to tell.
    ended : callable
        Called when something was removed: the folder holds something else now.
    """

    def __init__(
        self,
        panel: ExportPanel,
        jobs: Jobs,
        done: Callable[[str], None],
        failed: Callable[[TilesError], None],
        ended: Callable[[], None],
    ) -> None:
        self._panel, self._jobs, self._done, self._failed, self._ended = panel, jobs, done, failed, ended

    def start(self, folder: str) -> None:
        """Look what an export wrote there, then ask; a second call stops looking."""
        if self._jobs.is_running("look") or self._jobs.is_running("empty"):
            self._jobs.cancel("look")
            self._jobs.cancel("empty")
        elif not folder:
            self._failed(RecipeError.of("export.folder", "choose the folder to empty"))
        elif self._jobs.is_running("export"):
            self._failed(RecipeError.of("export.folder", "an export is writing to it: cancel that first"))
        else:
            self._panel.show_busy("Looking")
            self._jobs.start("look", partial(_look, Path(folder)), self._ask, partial(self._report, "Looking"))

    def _report(self, what: str, steps: list[Step]) -> None:
        self._panel.show_busy(what, steps[-1].done, steps[-1].total)

    def _ask(self, ending: Ending) -> None:
        self._panel.show_busy("")
        if ending.error is not None:
            self._failed(RecipeError.of("export.folder", str(ending.error)))
        elif ending.result is not None:
            ask(self._panel, ending.result, partial(self._carry_out, ending.result))

    def _carry_out(self, emptying: Emptying, _: object = None) -> None:
        self._panel.show_busy("Removing")
        tell = partial(self._tell, emptying)
        self._jobs.start("empty", emptying.steps, tell, partial(self._report, "Removing"))

    def _tell(self, emptying: Emptying, ending: Ending) -> None:
        self._panel.show_busy("")
        if ending.error is not None:
            self._failed(ending.error)
        elif ending.cancelled:
            self._done(f"Stopped: a part of the files was removed from {emptying.folder}")
        else:
            self._done(f"{counted(len(emptying.remove), 'file')} removed from {emptying.folder}")
        self._ended()


def _look(folder: Path) -> Generator[Step, None, Emptying]:
    """Find out what emptying would remove, in the thread; removes nothing."""
    from napari_tiles_creator.engine.export.verify import look

    return (yield from look(folder))
