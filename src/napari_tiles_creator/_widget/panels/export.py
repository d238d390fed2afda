"""What is written, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.command import CommandLine
from napari_tiles_creator._widget.controls.details import Details
from napari_tiles_creator._widget.controls.editors import ChoiceEditor, IntegerEditor
from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator._widget.controls.line import LineEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.controls.split import SplitEditor
from napari_tiles_creator._widget.controls.words import counted, duration, grouped, size
from napari_tiles_creator._widget.panels.annotations import AnnotationsPanel
from napari_tiles_creator._widget.panels.layouts import LAYOUT_LABELS, LAYOUT_TIPS, need_of
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.engine.export.estimate import Remaining
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.command_line import command_line
from napari_tiles_creator.recipe.document import FORMATS_OF_TYPE
from napari_tiles_creator.recipe.export import LAYOUTS, TILE_FORMATS, Compression, Export
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator._widget.controls.icons import ThemeIcons
    from napari_tiles_creator._widget.panels.normalization import NormalizationPanel
    from napari_tiles_creator.engine.export.target import TargetState
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import FieldProblem
    from napari_tiles_creator.recipe.document import Recipe


class ExportPanel(Panel[Export]):
    """The recipe's section ``export``, and in it the panel of the section ``annotations``.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.
    normalization : NormalizationPanel
        Beside its type the format is shown, because the two are chosen together.

    Attributes
    ----------
    annotations : AnnotationsPanel
        What is drawn on the images.
    """

    name = "export"
    title = "Export"

    def __init__(self, icons: ThemeIcons, normalization: NormalizationPanel) -> None:
        self._normalization = normalization
        super().__init__(icons)
        normalization.valueChanged.connect(self.refresh)

    def build(self) -> None:
        """Lay out folder, layout, names and compression, what they cost, and what can be done with the folder."""
        formats = ChoiceEditor({name: f".{name}" for name in TILE_FORMATS})
        row = self._normalization.type_row
        self.add_fields(self._normalization.grid, ("format", "Form&at", formats), row=row, place=1)
        QWidget.setTabOrder(self._normalization.editor("dtype"), formats)
        folder = self.add_grid()
        self.add_fields(folder, ("folder", "", PathEditor("Folder for the tiles", "Choose the export folder")))
        self.state = wrapped_label(muted=True)
        self.add_widget(self.state)
        grid = self.add_grid()
        self._add_layout(grid)
        self.annotations = AnnotationsPanel(self.icons)
        self.annotations.header.unfold(False)
        self.add_widget(self.annotations)
        more = self.add_grid(more="Names, compression")
        self.add_fields(more, ("name", "Names", LineEditor()))
        self.add_fields(more, ("compression", "Compress", ChoiceEditor({name: name for name in get_args(Compression)})))
        self.add_fields(more, ("quality", "Quality", IntegerEditor(1)))
        self.editor("quality").setMaximum(100)
        self.estimate = wrapped_label(muted=True)
        self.shortage = wrapped_label(muted=False)
        self.command = CommandLine(self.icons)
        for widget in (self.estimate, self.shortage, self.command):
            self.add_widget(widget)
            widget.hide()
        self.state.hide()
        self._add_actions()

    def _add_layout(self, grid: QGridLayout) -> None:
        """Lay out the form of the dataset and its split, with a button for the type that a form needs."""
        labels = {name: LAYOUT_LABELS.get(name, name) for name in LAYOUTS}
        self.add_fields(grid, ("layout", "Layou&t", ChoiceEditor(labels, LAYOUT_TIPS)))
        self.need_button = QPushButton()
        self.need_button.setToolTip("Set the type and the format of the tiles to what this layout is made of.")
        self.need_button.clicked.connect(self._take_need)
        self.need_button.hide()
        grid.addWidget(self.need_button, grid.rowCount(), 0, 1, grid.columnCount())
        self.split = SplitEditor()
        self.add_fields(self.add_grid(), ("split", "", self.split))
        self._grids.append(self.split.grid)  # its labels are aligned with the panels'

    def _take_need(self) -> None:
        """Set type and format as the layout needs them."""
        need = need_of(self.editor("layout").value())
        if need is None:
            return
        if need.dtype is not None:
            with signals_blocked(self):  # type and format change together
                self.editor("format").set_value(need.formats[0])
            self._normalization.take_type(need.dtype)
        self.editor("format").set_value(need.formats[0])
        self._edited()

    def _add_actions(self) -> None:
        self.empty_button = QPushButton("&Empty folder…")
        self.empty_button.setAccessibleName("Empty export folder")
        self.empty_button.setToolTip("Remove what an export wrote into the folder, and nothing else; asks first.")
        self.open_button = QPushButton("Open folder")
        self.open_button.setToolTip("Show the export folder in the file manager.")
        self.open_button.clicked.connect(self.open_folder)
        self.load_button = QPushButton("Load tiles")
        self.load_button.setToolTip("Show the tiles that were exported to the folder, put together where they belong.")
        row = QHBoxLayout()
        for button in (self.load_button, self.open_button, self.empty_button):
            row.addWidget(button)
        self.add_widget(row)
        self.loaded = Details(muted=True)
        self.add_widget(self.loaded)
        self.progress = QProgressBar()
        self.progress.hide()
        self.add_widget(self.progress)

    def refresh(self) -> None:
        """Disable formats that cannot hold the type of the tiles, and settings of other formats."""
        dtype = self._normalization.editor("dtype").value()
        if dtype is None and self._normalization.editor("scope").value() != "none":
            dtype = "float32"
        allowed = FORMATS_OF_TYPE[dtype] if dtype else TILE_FORMATS
        reason = f"cannot hold {dtype} tiles"
        self.editor("format").forbid({name: f".{name} {reason}" for name in TILE_FORMATS if name not in allowed})
        chosen = self.editor("format").value()
        need = need_of(self.editor("layout").value())
        types = self._normalization.tile_types
        self.need_button.setVisible(need is not None and not all(need.allows(name, chosen) for name in types))
        self.need_button.setText(need.words if need is not None else "")
        self.show_row("compression", chosen == "tif")
        self.show_row("quality", chosen == "jpg")
        for button in (self.load_button, self.open_button, self.empty_button):
            button.setEnabled(bool(self.editor("folder").value()))

    def summary(self) -> str:
        """Return the layout, and the split; without one, the folder."""
        folder = self.editor("folder").value()
        more = self.split.summary() or (Path(folder).name if folder else "")
        return ", ".join(filter(None, [self.editor("layout").value(), more]))

    # ---- what the plan comes to ----

    def show_target(
        self, plan: Plan | None, target: TargetState | None, free_bytes: int | None, rate: float | None
    ) -> None:
        """Tell what stands in the folder, and what the export will cost.

        Parameters
        ----------
        plan : Plan or None
            The export; without one nothing is told.
        target : TargetState or None
            What stands in its folder, None where no folder is chosen or it cannot be used.
        free_bytes : int or None
            Free on the folder's disk, None where that is not known.
        rate : float or None
            Of earlier exports on this machine; see `Remaining.seconds`.
        """
        self.refresh()  # the images' type is known now
        state = state_text(target) if plan is not None and target is not None else ""
        self.state.setText(state)
        self.state.setVisible(bool(state))
        there = target.tiles if target is not None else 0
        done = target is not None and target.kind == "finished"
        remaining = Remaining.of(plan, there) if plan is not None and not done else None
        text = estimate_text(remaining, there, free_bytes, rate) if remaining else ""
        # Broken between its parts only: "about" alone at the end of a line says nothing.
        self.estimate.setText(text.replace(" ", "\u00a0").replace("\u00a0·\u00a0", " · "))
        self.estimate.setVisible(bool(text))
        short = False
        if remaining is not None and free_bytes is not None and remaining.bytes > free_bytes:
            short = True
            self.shortage.setText(
                f"Not enough room: up to {size(remaining.bytes)} are needed, "
                f"{size(free_bytes)} are free on the folder's disk."
            )
        self.shortage.setVisible(short)

    def show_refusal(self, problems: Iterable[FieldProblem]) -> None:
        """Show beside the layout what it refuses where the field that can mend it is out of sight."""
        layout = self.editor("layout").value()
        for problem in problems:
            if problem.message.startswith(f"{layout}: ") and not self._is_in_sight(problem.field):
                self.show_problem("layout", problem.message)

    def _is_in_sight(self, field: str) -> bool:
        section, _, name = field.partition(".")
        if section == AnnotationsPanel.name:
            return self.annotations.header.is_unfolded
        return section == self.name and self.has_editor(name) and self.isAncestorOf(self.editor(name))

    def show_command(self, recipe: Recipe) -> None:
        """Show the command line that does what a recipe says; nothing while a folder is missing."""
        if not recipe.media.folder or not recipe.export.folder:
            self.command.show_command("")
            return
        if OPEN_LAYERS in (recipe.annotations.labels, recipe.annotations.boxes):
            self.command.show_command("", "annotations are layers open in napari: save them to a folder for that")
            return
        try:
            self.command.show_command(command_line(recipe))
        except RecipeError as error:
            self.command.show_command("", error.problems[0].message)

    def show_busy(self, what: str, done: int = 0, total: int = 0) -> None:
        """Show what is done with the folder and how far it is; empty when nothing is."""
        self.progress.setVisible(bool(what))
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress.setFormat(f"{what} · {grouped(done)} / {grouped(total)}" if total else f"{what}…")
        stoppable = what in ("Looking", "Removing")
        self.empty_button.setText("Stop" if stoppable else "&Empty folder…")

    def show_loaded(self, text: str, missing: list[str]) -> None:
        """Tell what was loaded from the folder, and which of its tiles are missing; empty says nothing."""
        self.loaded.show_text(text, missing, counted(len(missing), "missing tile"))

    def open_folder(self) -> bool:
        """Show the folder in the file manager, or the nearest one that is there."""
        folder = Path(self.editor("folder").value() or ".").absolute()
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return bool(QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))


def state_text(target: TargetState) -> str:
    """Return what stands in the export folder; why it cannot be used is told as a problem of its field."""
    if target.kind == "unfinished":
        return (
            f"Unfinished: {grouped(target.tiles)} of {counted(target.total, 'tile')} are there. "
            f"The export goes on where it stopped."
        )
    if target.kind == "finished":
        text = f"Finished: all {counted(target.total, 'tile')} of this export are there."
        if target.failed:
            return f"{text} {counted(target.failed, 'image')} failed and will be tried again."
        return f"{text} Exporting again would only check them."
    return ""


def action_text(target: TargetState | None) -> str:
    """Return what the button that exports says."""
    if target is None or target.kind not in ("unfinished", "finished"):
        return "E&xport tiles"
    if target.kind == "unfinished":
        return "Resume e&xport"
    return "E&xport failed images" if target.failed else "Check e&xported tiles"


def estimate_text(remaining: Remaining, there: int, free_bytes: int | None, rate: float | None) -> str:
    """Return tiles, bytes, room and time in one line."""
    seconds = remaining.seconds(rate)
    parts = [f"{counted(remaining.tiles, 'tile')}{' to go' if there else ''}", size(remaining.bytes)]
    if free_bytes is not None:
        parts.append(f"{size(free_bytes)} free")
    if seconds < 1:
        parts.append("less than 1 s")
    else:
        took = f"{seconds:.0f} s" if seconds < 10 else duration(seconds)
        parts.append(took if rate is not None else f"about {took}")  # never measured on this machine: a guess
    return " · ".join(parts)
