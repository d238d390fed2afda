"""The dock: five panels edit one recipe, the plan follows, the viewer shows it, the export carries it out."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info, show_warning
from qtpy.QtCore import QEvent, QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QFrame, QScrollArea, QVBoxLayout, QWidget
from superqt.utils import qdebounced

from napari_tiles_creator._widget.calibration import CalibrationPanel
from napari_tiles_creator._widget.emptying import ask_to_empty, find_what_goes
from napari_tiles_creator._widget.export import ExportPanel
from napari_tiles_creator._widget.exporting import Tally, export, told
from napari_tiles_creator._widget.footer import Footer, duration
from napari_tiles_creator._widget.icons import ThemeIcons
from napari_tiles_creator._widget.layers import ROLES, Layers
from napari_tiles_creator._widget.media import MediaPanel
from napari_tiles_creator._widget.normalization import NormalizationPanel
from napari_tiles_creator._widget.panel import FoldButton
from napari_tiles_creator._widget.planning import Outcome, Planning
from napari_tiles_creator._widget.preview import Preview
from napari_tiles_creator._widget.problems import plan_notes, plan_status, problems_of
from napari_tiles_creator._widget.recipe_bar import RecipeBar, with_preset
from napari_tiles_creator._widget.sample import draw_sample, show_sample
from napari_tiles_creator._widget.tiles import TilesPanel
from napari_tiles_creator._widget.worker import Jobs, once
from napari_tiles_creator.errors import FieldProblem, RecipeError, TilesError
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_tiles_creator._widget.panel import Panel
    from napari_tiles_creator._widget.worker import Ending
    from napari_tiles_creator.engine.plan import Plan

DEBOUNCE_MS = 150
WIDTH = 340
RECIPE_FILES = "Recipes (*.yaml *.yml *.json)"


class TilesCreatorWidget(QWidget):
    """From a folder of images to a folder of tiles.

    The dock keeps no settings: `recipe` composes what the panels show, `set_recipe` does the reverse.

    Parameters
    ----------
    napari_viewer : napari viewer
        Where samples and previews are shown.
    """

    recipeChanged = Signal()
    planChanged = Signal()
    exportFinished = Signal(object)
    failed = Signal(str)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.icons = ThemeIcons(napari_viewer)
        self.bar = RecipeBar(self.icons)
        self.media = MediaPanel(self.icons)
        self.calibration = CalibrationPanel(self.icons)
        self.normalization = NormalizationPanel(self.icons)
        self.tiles = TilesPanel(self.icons)
        self.export = ExportPanel(self.icons, self.normalization)
        self.panels: dict[str, Panel[Any]] = {
            panel.name: panel for panel in (self.media, self.calibration, self.normalization, self.tiles, self.export)
        }
        self.footer = Footer()
        self.jobs = Jobs()
        self.layers = Layers(napari_viewer, self._layer_removed)
        self.preview = Preview(self.layers, self.tiles, self.jobs, self._fail)
        self.planning = Planning(self.jobs, self.media, self._show_outcome)
        self.plan: Plan | None = None
        self._unshown = Recipe()
        self._seed = 0
        self._tally = Tally()
        self._follow = qdebounced(self._refresh, timeout=DEBOUNCE_MS)
        self._lay_out()
        self._connect()
        self.clear_state()

    # ---- the recipe ----

    def recipe(self) -> Recipe:
        """Return what the panels show as one recipe.

        Raises
        ------
        RecipeError
            If fields are wrong or do not fit together; its problems name them.
        """
        return Recipe.of({**self._unshown.model_dump(), **{n: p.fields() for n, p in self.panels.items()}})

    def set_recipe(self, recipe: Recipe) -> None:
        """Show a recipe in the panels."""
        self._unshown = recipe
        for name, panel in self.panels.items():
            panel.set_value(getattr(recipe, name))
        self._changed()

    def save_recipe(self, path: str | Path | None = None) -> None:
        """Save the recipe; without a path, ask for one."""
        chosen = path or QFileDialog.getSaveFileName(self, "Save recipe", "recipe.yaml", RECIPE_FILES)[0]
        if not chosen:
            return
        try:
            self.recipe().save(chosen)
        except TilesError as error:
            self._fail(error)
        except OSError as error:
            self._fail(TilesError(f"{chosen} cannot be written: {error.strerror}"))
        else:
            self.footer.show_result(f"Recipe saved as {chosen}")

    def load_recipe(self, path: str | Path | None = None) -> None:
        """Show the recipe of a file; without a path, ask for one."""
        chosen = path or QFileDialog.getOpenFileName(self, "Load recipe", "", RECIPE_FILES)[0]
        if not chosen:
            return
        try:
            self.set_recipe(Recipe.load(chosen))
        except TilesError as error:
            self._fail(error)

    def clear_state(self) -> None:
        """Begin anew: the first preset without folders, nothing under way, no layers of ours."""
        self.jobs.drop_all()
        self.footer.stop()
        self.footer.show_result("")
        self.preview.stop()
        self.layers.remove(*ROLES)
        self.planning.forget()
        self.tiles.show_all.setChecked(False)
        self.set_recipe(Recipe.preset("unet", source="", output=""))
        self._refresh()

    # ---- recipe to plan ----

    def _changed(self) -> None:
        self.recipeChanged.emit()
        self._follow()

    def _refresh(self) -> None:
        """Follow the panels: mark what is wrong, or ask for a new plan."""
        self._follow.cancel()
        self._clear_problems()
        try:
            recipe = self.recipe()
        except RecipeError as error:
            self._show_outcome(Outcome(error=error))
            return
        self.bar.show_recipe(recipe)
        if recipe.media.folder:
            self.planning.request(recipe)
        else:
            self.planning.forget()
            self.media.start_scan()
            self._show_outcome(Outcome())

    def _show_outcome(self, outcome: Outcome) -> None:
        """Show a new plan, or why there is none."""
        self._clear_problems()
        self.plan = plan = outcome.plan
        self.media.show_plan(plan)
        self.calibration.show_plan(plan)
        self.tiles.show_plan(plan)
        self.footer.show_notes(plan_notes(plan) if plan else [])
        error = outcome.error or outcome.target_error
        if error is not None:
            problems = self._show_problems(error)
            first = problems[0] if problems else FieldProblem("", str(error))
            self.footer.show_status(first.message, first.field)
        elif plan is None:
            self.footer.show_status("No images yet.", "media.folder", "Choose a folder")
        elif not plan.recipe.export.folder:
            self.footer.show_status(f"{plan_status(plan)}.", "export.folder", "Choose an export folder")
        else:
            self.footer.show_status(plan_status(plan))
        self.preview.show_plan(plan)
        self.planChanged.emit()

    # ---- actions ----

    def show_sample(self) -> None:
        """Show some images of the folder side by side."""
        recipe = self._usable_recipe()
        if recipe is not None:
            work = partial(draw_sample, recipe.media, self.planning.scanned(recipe.media), self._seed)
            self.media.sample_button.setEnabled(False)
            self.jobs.start("sample", work, self._end_sample)

    def shuffle_sample(self) -> None:
        """Show another sample."""
        self._seed += 1
        self.show_sample()

    def _end_sample(self, ending: Ending) -> None:
        self.media.sample_button.setEnabled(True)
        if ending.error is not None:
            self._fail(ending.error)
        elif ending.result is not None:
            if ending.result.thumbnails:
                self.preview.stop()
                show_sample(self.layers, ending.result)
            if ending.result.failed:
                self.footer.show_result(f"Not shown: {'; '.join(f.reason for f in ending.result.failed)}")

    def preview_tiles(self) -> None:
        """Show the chosen image with its tiles, from now on up to date."""
        if self._usable_recipe() is not None:
            self.preview.start()

    def preview_random(self) -> None:
        """Preview an image drawn at random."""
        count = self.tiles.image.count()
        if count > 1:
            others = [i for i in range(count) if i != self.tiles.image.currentIndex()]
            self.tiles.image.setCurrentIndex(random.choice(others))
        self.preview_tiles()

    def export_tiles(self) -> None:
        """Cut and write the tiles; goes on where an earlier export of the same recipe stopped."""
        recipe = self._usable_recipe()
        if recipe is None or self.jobs.is_running("export"):
            return
        if not recipe.export.folder:
            self._fail(RecipeError.of("export.folder", "choose a folder for the tiles"))
            return
        plan = self.plan if self.plan is not None and self.plan.recipe == recipe else None
        self._tally = Tally()
        self.footer.start()
        self.jobs.start("export", partial(export, recipe, plan), partial(self._end_export, recipe), self._report)

    def cancel(self) -> None:
        """Stop the export; it can go on later."""
        if self.jobs.is_running("export"):
            self.footer.cancel_button.setEnabled(False)
            self.footer.bar.setFormat("stopping…")
            self.jobs.cancel("export")

    def _report(self, events: list[Any]) -> None:
        self._tally.add(events)
        self.footer.progress(self._tally.through, self._tally.total, self._tally.written)

    def _end_export(self, recipe: Recipe, ending: Ending) -> None:
        self.footer.stop()
        if ending.error is not None:
            self._fail(ending.error)
        elif ending.cancelled:
            left = self._tally.total - self._tally.through
            self.footer.show_result(
                f"Cancelled: {self._tally.through} of {self._tally.total} tiles are there, {left} to go. "
                f"Export tiles goes on where it stopped."
            )
        else:
            text = told(ending.result, recipe.export.folder, duration(self.footer.seconds))
            self.footer.show_result(text)
            (show_warning if ending.result.failed else show_info)(text)
            self.exportFinished.emit(ending.result)

    def empty_export_folder(self) -> None:
        """Remove what an export wrote, after showing what that is."""
        folder = self.export.fields()["folder"]
        if not folder:
            self._fail(RecipeError.of("export.folder", "choose the folder to empty"))
            return
        self.export.empty_button.setEnabled(False)
        self.jobs.start("look", once(partial(find_what_goes, Path(folder))), self._ask_to_empty)

    def _ask_to_empty(self, ending: Ending) -> None:
        self.export.empty_button.setEnabled(True)
        if ending.error is not None:
            self._fail(RecipeError.of("export.folder", str(ending.error)))
        else:
            emptying = ending.result
            ask_to_empty(self, emptying, partial(self._empty, emptying))

    def _empty(self, emptying: Any) -> None:
        count = len(emptying.remove)
        done = f"{count} file{'s' * (count != 1)} removed from {emptying.folder}"
        self.jobs.start(
            "empty",
            once(emptying.carry_out),
            lambda ending: self._fail(ending.error) if ending.error else self.footer.show_result(done),
        )

    # ---- problems ----

    def _usable_recipe(self) -> Recipe | None:
        """Return the recipe if an action can start from it; else say what is missing."""
        try:
            recipe = self.recipe()
        except RecipeError as error:
            self._fail(error)
            return None
        if not recipe.media.folder:
            self._fail(RecipeError.of("media.folder", "choose a folder of images"))
            return None
        return recipe

    def _fail(self, error: TilesError) -> None:
        """Tell why an action failed: beside its field, at the foot, and as a notification."""
        message = "; ".join(problem.message for problem in self._show_problems(error)) or str(error)
        self.footer.show_result(message)
        show_error(message)
        self.failed.emit(message)

    def _show_problems(self, error: TilesError) -> tuple[FieldProblem, ...]:
        problems = problems_of(error)
        for problem in problems:
            section, _, field = problem.field.partition(".")
            if section in self.panels:
                self.panels[section].show_problem(field, problem.message)
        return problems

    def _clear_problems(self) -> None:
        for panel in self.panels.values():
            panel.clear_problems()

    def show_field(self, name: str) -> None:
        """Bring a field such as ``"media.folder"`` into sight and put the cursor into it."""
        section, _, field = name.partition(".")
        panel = self.panels[section]
        target = panel.editor(field) if panel.has_editor(field) else panel.header
        for fold in self._body.findChildren(FoldButton):
            fold.reveal(target)
        QTimer.singleShot(0, partial(self._scroll.ensureWidgetVisible, target))
        target.setFocus()

    # ---- layout and life ----

    def _lay_out(self) -> None:
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(4, 0, 4, 4)
        column.setSpacing(6)
        for panel in self.panels.values():
            column.addWidget(panel)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.bar)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self.footer)

    def showEvent(self, event: QEvent) -> None:
        """Align the fields of all panels; before, labels do not know the theme's font."""
        super().showEvent(event)
        width = max(label.sizeHint().width() for panel in self.panels.values() for label in panel.labels())
        for panel in self.panels.values():
            panel.align(width)

    def minimumSizeHint(self) -> QSize:
        """Return a width that cuts no field off."""
        width = self._body.minimumSizeHint().width() + self._scroll.verticalScrollBar().sizeHint().width()
        return QSize(max(width, self.bar.minimumSizeHint().width()), 300)

    def sizeHint(self) -> QSize:
        """Return the width the dock is drawn for."""
        return QSize(max(WIDTH, self.minimumSizeHint().width()), 640)

    def _connect(self) -> None:
        for panel in self.panels.values():
            panel.valueChanged.connect(self._changed)
        for button, action in (
            (self.media.sample_button, self.show_sample),
            (self.media.shuffle_button, self.shuffle_sample),
            (self.tiles.preview_button, self.preview_tiles),
            (self.tiles.random_button, self.preview_random),
            (self.export.empty_button, self.empty_export_folder),
            (self.footer.export_button, self.export_tiles),
            (self.footer.cancel_button, self.cancel),
            (self.bar.save_button, self.save_recipe),
            (self.bar.load_button, self.load_recipe),
            (self.bar.clear_button, self.clear_state),
        ):
            button.clicked.connect(partial(_call, action))
        self.bar.presetChosen.connect(self._choose_preset)
        self.footer.fieldAsked.connect(self.show_field)
        # When napari closes, no ParentChange comes: then this widget is deleted with the window.
        self.destroyed.connect(partial(_release, self.jobs, self.layers, self.preview, self.icons, self._follow))

    def _choose_preset(self, name: str) -> None:
        try:
            recipe = self.recipe()
        except RecipeError:  # what is wrong now is replaced anyway, but for the folders
            fields = {"media.folder": self.media.fields()["folder"], "export.folder": self.export.fields()["folder"]}
            recipe = Recipe().changed(fields)
        self.set_recipe(with_preset(recipe, name))

    def _layer_removed(self, role: str) -> None:
        self.preview.removed(role)

    def event(self, event: QEvent) -> bool:
        """Stop everything when napari takes the widget out of its dock: no other event tells of that."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and hasattr(self, "preview"):
            _release(self.jobs, self.layers, self.preview, self.icons, self._follow)
        handled: bool = super().event(event)
        return handled


def _call(action: Callable[[], None], *_: object) -> None:
    """Call an action without what the signal sends along."""
    action()


def _release(jobs: Jobs, layers: Layers, preview: Preview, icons: ThemeIcons, follow: Any, *_: object) -> None:
    """Cancel all work and take our callbacks out of the viewer."""
    jobs.drop_all()
    follow.cancel()
    preview.close()
    layers.close()
    icons.close()
