"""The dock: five panels edit one recipe, the plan follows, the viewer shows it, the export carries it out."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from napari.utils.notifications import show_error
from qtpy.QtCore import QEvent, QSize, Signal
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget
from superqt.utils import qdebounced

from napari_tiles_creator._widget.controls.icons import ThemeIcons
from napari_tiles_creator._widget.footer import Footer
from napari_tiles_creator._widget.panels.calibration import CalibrationPanel
from napari_tiles_creator._widget.panels.column import PanelColumn
from napari_tiles_creator._widget.panels.export import ExportPanel
from napari_tiles_creator._widget.panels.media import MediaPanel
from napari_tiles_creator._widget.panels.normalization import NormalizationPanel
from napari_tiles_creator._widget.panels.tiles import TilesPanel
from napari_tiles_creator._widget.problems import plan_notes, plan_status
from napari_tiles_creator._widget.recipe_bar import RecipeBar, with_preset
from napari_tiles_creator._widget.viewing.layers import ROLES, Layers
from napari_tiles_creator._widget.viewing.preview import Preview
from napari_tiles_creator._widget.viewing.sample import Sample
from napari_tiles_creator._widget.work.emptying import EmptyingFolder
from napari_tiles_creator._widget.work.exporting import Exporting
from napari_tiles_creator._widget.work.planning import Outcome, Planning
from napari_tiles_creator._widget.work.worker import Jobs
from napari_tiles_creator.errors import FieldProblem, RecipeError, TilesError
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_tiles_creator._widget.work.worker import Ending
    from napari_tiles_creator.engine.planning.plan import Plan

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

    Attributes
    ----------
    media, calibration, normalization, tiles, export : Panel
        The panels.
    plan : Plan or None
        What the recipe comes to, as of the last `planChanged`.
    exportFinished : Signal(Finished)
        An export came to its end.
    failed : Signal(str)
        An action failed, and why.
    """

    recipeChanged = Signal()
    planChanged = Signal()
    exportFinished = Signal(object)
    failed = Signal(str)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self._icons = ThemeIcons(napari_viewer)
        self.bar = RecipeBar(self._icons)
        self.media = MediaPanel(self._icons)
        self.calibration = CalibrationPanel(self._icons)
        self.normalization = NormalizationPanel(self._icons)
        self.tiles = TilesPanel(self._icons)
        self.export = ExportPanel(self._icons, self.normalization)
        self.column = PanelColumn((self.media, self.calibration, self.normalization, self.tiles, self.export))
        self.footer = Footer()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        for widget, stretch in ((self.bar, 0), (self.column, 1), (self.footer, 0)):
            outer.addWidget(widget, stretch)

        self.plan: Plan | None = None
        self._unshown = Recipe()
        self._jobs = Jobs()
        self._layers = Layers(napari_viewer, self._on_layer_removed)
        self._planning = Planning(self._jobs, self.media, self._show_outcome)
        self._sample = Sample(self._layers, self._jobs, self._end_sample)
        self._preview = Preview(self._layers, self.tiles, self._jobs, self._fail)
        self._exporting = Exporting(self._jobs, self.footer, self.exportFinished.emit, self._fail)
        self._emptying = EmptyingFolder(self.export, self._jobs, self.footer.show_result, self._fail)
        self._follow = qdebounced(self._refresh, timeout=DEBOUNCE_MS)
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
        shown = {name: panel.fields() for name, panel in self.column.panels.items()}
        return Recipe.of({**self._unshown.model_dump(), **shown})

    def set_recipe(self, recipe: Recipe) -> None:
        """Show a recipe in the panels."""
        self._unshown = recipe
        for name, panel in self.column.panels.items():
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
        self._jobs.drop_all()
        self.footer.stop()
        self.footer.show_result("")
        self._preview.stop()
        self._layers.remove(*ROLES)
        self._planning.forget()
        self.tiles.show_all.setChecked(False)
        self.tiles.offer_images([])
        self.set_recipe(Recipe.preset("unet", source="", output=""))
        self._refresh()

    def _choose_preset(self, name: str) -> None:
        try:
            recipe = self.recipe()
        except RecipeError:  # what is wrong now is replaced anyway, but for the folders
            folders = {f"{panel.name}.folder": panel.fields()["folder"] for panel in (self.media, self.export)}
            recipe = Recipe().changed(folders)
        self.set_recipe(with_preset(recipe, name))

    # ---- recipe to plan ----

    def _changed(self) -> None:
        self.recipeChanged.emit()
        self._follow()

    def _refresh(self) -> None:
        """Follow the panels: mark what is wrong, or ask for a new plan."""
        self._follow.cancel()
        try:
            recipe = self.recipe()
        except RecipeError as error:
            self._jobs.drop("plan")
            self._show_outcome(Outcome(error=error))
            return
        self.bar.show_recipe(recipe)
        if recipe.media.folder:
            self._planning.request(recipe)
        else:
            self._planning.forget()
            self.media.start_scan()
            self._show_outcome(Outcome())

    def _rescan(self) -> None:
        self._planning.forget()
        self._refresh()

    def _show_outcome(self, outcome: Outcome) -> None:
        """Show a new plan, or why there is none."""
        self.column.clear_problems()
        self.plan = plan = outcome.plan
        for panel in (self.media, self.calibration, self.tiles):
            panel.show_plan(plan)
        self.footer.show_notes(plan_notes(plan) if plan else [])
        error = outcome.error or outcome.target_error
        if error is not None:
            problems = self.column.show_problems(error) or (FieldProblem("", str(error)),)
            self.footer.show_status(problems[0].message, problems[0].field)
        elif plan is None:
            self.footer.show_status("No images yet.", "media.folder", "Choose a folder")
        elif not plan.recipe.export.folder:
            self.footer.show_status(f"{plan_status(plan)}.", "export.folder", "Choose an export folder")
        else:
            self.footer.show_status(plan_status(plan))
        self._preview.show_plan(plan)
        self.planChanged.emit()

    # ---- actions ----

    def show_sample(self) -> None:
        """Show some images of the folder side by side."""
        recipe = self._usable_recipe()
        if recipe is not None:
            self._preview.pause()
            self._sample.show(recipe.media, self._planning.scanned(recipe.media))

    def shuffle_sample(self) -> None:
        """Show another sample."""
        self._sample.shuffle()
        self.show_sample()

    def _end_sample(self, ending: Ending) -> None:
        if ending.error is not None:
            self._fail(ending.error)
        elif ending.result is not None:
            failed = "; ".join(failure.reason for failure in ending.result.failed)
            self.footer.show_result(f"Not shown: {failed}" if failed else "")

    def preview_tiles(self) -> None:
        """Show the chosen image with its tiles, from now on up to date."""
        if self._usable_recipe() is not None:
            self._preview.start()

    def preview_random(self) -> None:
        """Preview an image drawn at random."""
        others = [i for i in range(self.tiles.image.count()) if i != self.tiles.image.currentIndex()]
        if others:
            self.tiles.image.setCurrentIndex(random.choice(others))
        self.preview_tiles()

    def export_tiles(self) -> None:
        """Cut and write the tiles; goes on where an earlier export of the same recipe stopped."""
        recipe = self._usable_recipe()
        if recipe is None or self._exporting.is_running:
            return
        if not recipe.export.folder:
            self._fail(RecipeError.of("export.folder", "choose a folder for the tiles"))
            return
        current = self.plan is not None and self.plan.recipe == recipe
        self._exporting.start(recipe, self.plan if current else None)

    def cancel(self) -> None:
        """Stop the export; it can go on later."""
        self._exporting.cancel()

    def empty_export_folder(self) -> None:
        """Remove what an export wrote, after showing what that is."""
        self._emptying.start(self.export.fields()["folder"])

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
        problems = self.column.show_problems(error)
        message = "; ".join(problem.message for problem in problems) or str(error)
        self.footer.show_result(message)
        show_error(message)
        self.failed.emit(message)

    # ---- life ----

    def sizeHint(self) -> QSize:
        """Return the width the dock is drawn for."""
        return QSize(max(WIDTH, self.minimumSizeHint().width()), 640)

    def _connect(self) -> None:
        for panel in self.column.panels.values():
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
            button.clicked.connect(action)
        self.media.rescanAsked.connect(self._rescan)
        self.bar.presetChosen.connect(self._choose_preset)
        self.footer.fieldAsked.connect(self.column.show_field)
        # A window that closes sends no ParentChange: then this widget goes with it.
        self.destroyed.connect(lambda *_, jobs=self._jobs: jobs.drop_all())

    def _on_layer_removed(self, role: str) -> None:
        self._preview.removed(role)

    def event(self, event: QEvent) -> bool:
        """Stop everything when napari takes the widget out of its dock: no other event tells of that."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and hasattr(self, "_follow"):
            self._jobs.drop_all()
            self._follow.cancel()
            for part in (self._preview, self._layers, self._icons):
                part.close()
        handled: bool = super().event(event)
        return handled
