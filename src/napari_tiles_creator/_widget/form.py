"""What the dock shows: the panels edit one recipe, the foot tells what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.icons import ThemeIcons
from napari_tiles_creator._widget.footer import Footer
from napari_tiles_creator._widget.panels.calibration import CalibrationPanel
from napari_tiles_creator._widget.panels.column import PanelColumn
from napari_tiles_creator._widget.panels.export import ExportPanel, action_text
from napari_tiles_creator._widget.panels.media import MediaPanel
from napari_tiles_creator._widget.panels.normalization import NormalizationPanel
from napari_tiles_creator._widget.panels.predict import PredictPanel
from napari_tiles_creator._widget.panels.tiles import TilesPanel
from napari_tiles_creator._widget.problems import in_words, nothing_to_cut, plan_notes, plan_status
from napari_tiles_creator._widget.recipe_bar import RecipeBar, with_preset
from napari_tiles_creator._widget.viewing.colours import of_class, of_split
from napari_tiles_creator.errors import FieldProblem, RecipeError, TilesError
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_tiles_creator._widget.work.planning import Outcome
    from napari_tiles_creator.engine.planning.plan import Plan

WIDTH = 340
RECIPE_FILES = "Recipes (*.yaml *.yml *.json)"


class RecipeForm(QWidget):
    """Recipe bar, the panels of the recipe's sections and one of its own beneath them, foot.

    The form keeps no settings: `recipe` composes what the panels show, `set_recipe` does the reverse. The panel
    `predict` is no part of the recipe.

    Parameters
    ----------
    napari_viewer : napari viewer
        Whose theme is followed.
    """

    recipeChanged = Signal()
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
        self.annotations = self.export.annotations
        self.predict = PredictPanel(self._icons)
        of_recipe = (self.media, self.calibration, self.normalization, self.tiles, self.export)
        self.column = PanelColumn((*of_recipe, self.predict), inside=(self.annotations,))
        self._sections = {panel.name: panel for panel in (*of_recipe, self.annotations)}
        self.footer = Footer()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        for widget, stretch in ((self.bar, 0), (self.column, 1), (self.footer, 0)):
            outer.addWidget(widget, stretch)
        # Fields of the recipe that no panel shows keep what was last set.
        self._unshown = Recipe()
        for panel in self._sections.values():
            panel.valueChanged.connect(self._changed)
        self.bar.save_button.clicked.connect(lambda: self.save_recipe())
        self.bar.load_button.clicked.connect(lambda: self.load_recipe())
        self.bar.presetChosen.connect(self._choose_preset)
        self.footer.fieldAsked.connect(self.column.show_field)

    def sizeHint(self) -> QSize:
        """Return the width the dock is drawn for."""
        return QSize(max(WIDTH, self.minimumSizeHint().width()), 640)

    # ---- the recipe ----

    def recipe(self) -> Recipe:
        """Return what the panels show as one recipe.

        Raises
        ------
        RecipeError
            If fields are wrong or do not fit together; its problems name them.
        """
        shown = {name: panel.fields() for name, panel in self._sections.items()}
        return Recipe.of({**self._unshown.model_dump(), **shown})

    def usable_recipe(self, *, is_exported: bool = False) -> Recipe | None:
        """Return the recipe if an action can start from it; else say what is missing.

        Parameters
        ----------
        is_exported : bool, default False
            Whether tiles are to be written, so that a folder for them is wanted, too.
        """
        try:
            recipe = self.recipe()
            if not recipe.media.folder:
                raise RecipeError.of("media.folder", "choose a folder of images")
            if is_exported and not recipe.export.folder:
                raise RecipeError.of("export.folder", "choose a folder for the tiles")
        except RecipeError as error:
            self.fail(error)
            return None
        return recipe

    def set_recipe(self, recipe: Recipe) -> None:
        """Show a recipe in the panels."""
        self._unshown = recipe
        for name, panel in self._sections.items():
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
            self.fail(error)
        except OSError as error:
            self.fail(TilesError(f"{chosen} cannot be written: {error.strerror}"))
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
            self.fail(error)

    def _choose_preset(self, name: str) -> None:
        try:
            recipe = self.recipe()
        except RecipeError:  # what is wrong now is replaced anyway, but for the folders
            folders = {f"{panel.name}.folder": panel.fields()["folder"] for panel in (self.media, self.export)}
            recipe = Recipe().changed(folders)
        self.set_recipe(with_preset(recipe, name))

    def _changed(self) -> None:
        self.footer.show_error("")  # what it was about may be mended
        self.recipeChanged.emit()

    # ---- what comes of it ----

    def show_outcome(self, outcome: Outcome, rate: float | None) -> None:
        """Tell what would be exported, or what is missing: at the foot and beside the field.

        Parameters
        ----------
        outcome : Outcome
            The plan, or why there is none.
        rate : float or None
            Of earlier exports, for the time it will take.
        """
        for section in self._sections.values():
            section.clear_problems()
        plan = outcome.plan
        for panel in (self.media, self.calibration, self.normalization, self.tiles):
            panel.show_plan(plan)
        labels = self.column.labels_of_fields()
        self.tiles.browser.show_classes(_class_colours(plan))
        self.footer.show_legend({name: (of_split(name), count) for name, count in outcome.splits.items()})
        self.export.show_target(plan, outcome.target, outcome.free_bytes, rate)
        self.footer.show_action(action_text(outcome.target))
        error = outcome.error or outcome.target_error or (nothing_to_cut(plan) if plan is not None else None)
        if error is not None:
            problems = self.column.show_problems(error) or (FieldProblem("", str(error)),)
            self.export.show_refusal(problems)
            self.footer.show_status(problems[0].message, problems[0].field)
        else:
            self.footer.show_status(*_status(plan))
        self.footer.show_notes([in_words(note, labels) for note in plan_notes(plan)] if plan is not None else [])

    def fail(self, error: TilesError) -> None:
        """Tell why an action failed: beside its field, and at the foot until something is changed."""
        problems = self.column.show_problems(error)
        message = "; ".join(problem.message for problem in problems) or str(error)
        self.footer.show_error(message)
        self.failed.emit(message)


def _class_colours(plan: Plan | None) -> dict[str, str]:
    """Return the colour of each class of objects."""
    return {name: of_class(number) for number, name in enumerate(plan.classes)} if plan is not None else {}


def _status(plan: Plan | None) -> tuple[str, str, str]:
    """Return what the status line says, the field that is still wanted, and the link to it."""
    if plan is None:
        return "No images yet.", "media.folder", "Choose a folder"
    if not plan.recipe.export.folder:
        return f"{plan_status(plan)}.", "export.folder", "Choose an export folder"
    return plan_status(plan), "", ""
