"""The dock: its panels edit one recipe, the plan follows, the viewer shows it, the export carries it out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from superqt.utils import qdebounced

from napari_tiles_creator._widget.followed_layers import FollowedLayers
from napari_tiles_creator._widget.form import RecipeForm
from napari_tiles_creator._widget.last_session import LastSession
from napari_tiles_creator._widget.memory import Memory
from napari_tiles_creator._widget.predicting.predicting import Predicting
from napari_tiles_creator._widget.preferences import Preferences
from napari_tiles_creator._widget.viewing.drawn_layers import drawn_in_layers
from napari_tiles_creator._widget.viewing.drawn_shapes import classes_in_layers
from napari_tiles_creator._widget.viewing.layers import ROLES, Layers
from napari_tiles_creator._widget.viewing.loading import LoadingTiles
from napari_tiles_creator._widget.viewing.preview import Preview
from napari_tiles_creator._widget.viewing.sample import Sample
from napari_tiles_creator._widget.viewing.sources import scan_layers
from napari_tiles_creator._widget.work.drawn import Drawn
from napari_tiles_creator._widget.work.emptying import EmptyingFolder
from napari_tiles_creator._widget.work.exporting import Exporting
from napari_tiles_creator._widget.work.histograms import Histograms
from napari_tiles_creator._widget.work.planning import Outcome, Planning
from napari_tiles_creator._widget.work.worker import Jobs
from napari_tiles_creator.errors import RecipeError, TilesError
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_tiles_creator._widget.work.worker import Ending
    from napari_tiles_creator.engine.planning.plan import Plan

DEBOUNCE_MS = 80


class TilesCreatorWidget(RecipeForm):
    """From a folder of images to a folder of tiles.

    Parameters
    ----------
    napari_viewer : napari viewer
        Where samples and previews are shown.

    Attributes
    ----------
    media, calibration, normalization, tiles, annotations, export : Panel
        The panels; annotations stand inside export.
    predict : PredictPanel
        The section Predict & merge, which is no part of the recipe.
    recipeChanged : Signal()
        A panel shows something else.
    plan : Plan or None
        What the recipe comes to, as of the last `planChanged`.
    planChanged : Signal()
        There is another plan, or none.
    exportFinished : Signal(Finished)
        An export came to its end.
    merged : Signal(Merged)
        A prediction or a merge came to its end; its layers are in the viewer.
    failed : Signal(str)
        An action failed, and why.
    """

    planChanged = Signal()
    exportFinished = Signal(object)
    merged = Signal(object)

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self._viewer = napari_viewer
        self.plan: Plan | None = None
        self._jobs = Jobs()
        self._memory = Memory.load()
        self._layers = Layers(napari_viewer, self._on_layer_removed)
        scan, read_drawn = partial(scan_layers, napari_viewer), partial(drawn_in_layers, napari_viewer)
        self._planning = Planning(self._jobs, self.media, self._show_outcome, scan, read_drawn)
        self._sample = Sample(self._layers, self._jobs, self.media.sampling, self._end_sample, self.open_image)
        self._preview = Preview(self._layers, self.tiles, self._jobs, self.fail)
        self._followed = FollowedLayers(
            napari_viewer, self, self._rescan, self._refresh, self._preview.reread_annotations
        )
        self._exporting = Exporting(
            self._jobs, self.footer, self._memory, self.exportFinished.emit, self.fail, self._end_export
        )
        self._emptying = EmptyingFolder(self.export, self._jobs, self.footer.show_result, self.fail, self._refresh)
        self._histograms = Histograms(self._jobs, self.normalization)
        self._loading = LoadingTiles(self._layers, self.export, self._jobs, self.fail)
        self._predicting = Predicting(self, self._layers, self._jobs, self.merged.emit)
        self._last_session = LastSession(self, self._memory)
        self._follow = qdebounced(self._refresh, timeout=DEBOUNCE_MS, parent=self)
        self._connect()
        self._begin()
        self._last_session.recall()

    @property
    def preview(self) -> Preview:
        """What is shown of the chosen image."""
        return self._preview

    @property
    def sample(self) -> Sample:
        """What is shown of some images."""
        return self._sample

    # ---- recipe to plan ----

    def _refresh(self) -> None:
        """Follow the panels: mark what is wrong, or ask for a new plan."""
        self._follow.cancel()
        try:
            recipe = self.recipe()
        except RecipeError as error:
            self._jobs.drop("plan")
            self._show_outcome(Outcome(error=error))
            return
        if recipe.annotations.boxes == OPEN_LAYERS and recipe.annotations.classes is None:
            # Their order counts: it is put where it can be seen and changed, and comes back as an edit.
            names = classes_in_layers(self._viewer)
            if names:
                self.annotations.editor("classes").set_value(names)
                return
        self.bar.show_recipe(recipe)
        self.export.show_command(recipe)
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
        self.plan = outcome.plan
        if self._exporting.is_running:  # what stands in the folder is on its way
            outcome = replace(outcome, target=None, target_error=None)
        self.show_outcome(outcome, self._memory.rate)
        self._preview.show_plan(self.plan)
        self._show_histograms()
        self.planChanged.emit()

    def _show_histograms(self) -> None:
        self._histograms.show(self.plan, self.tiles.image.currentIndex())

    # ---- actions ----

    def clear_state(self) -> None:
        """Begin anew: the first preset without folders, nothing under way, no layers of ours."""
        self._jobs.drop_all(but="empty")  # a removal that was confirmed is carried out
        self.footer.stop()
        self.footer.show_result("")
        self.export.show_busy("")
        self.export.show_loaded("", [])
        self._preview.stop()
        self._sample.forget()
        self._loading.close()
        self._predicting.stop()
        self._layers.remove(*ROLES)
        self._planning.forget()
        self._histograms.clear()
        self.tiles.show_all.setChecked(False)
        self.tiles.show_annotations.setChecked(True)
        self.tiles.offer_images([])
        self._begin()

    def _begin(self) -> None:
        """Show what the Preferences say."""
        recipe, problem = Preferences.read().recipe()
        self.set_recipe(recipe)
        self._refresh()
        self.footer.show_error(problem)

    def show_sample(self) -> None:
        """Show some images of the folder side by side."""
        recipe = self.usable_recipe()
        if recipe is not None:
            self._sample.show(recipe.media, self._planning.scanned(recipe.media))

    def shuffle_sample(self) -> None:
        """Show another sample."""
        self._sample.shuffle()
        self.show_sample()

    def _end_sample(self, ending: Ending) -> None:
        if ending.error is not None:
            self.fail(ending.error)
        elif ending.result is not None:
            failed = "; ".join(failure.reason for failure in ending.result.failed)
            self.footer.show_result(f"Not shown: {failed}" if failed else "")

    def preview_tiles(self) -> None:
        """Show the chosen image with its tiles, from now on up to date."""
        if self.usable_recipe() is not None:
            self._sample.forget()
            self._preview.start()

    def preview_random(self) -> None:
        """Preview an image drawn at random."""
        self.tiles.choose_random_image()
        self.preview_tiles()

    def open_image(self, name: str) -> None:
        """Preview the tiles of the image of this name."""
        images = self.plan.images if self.plan is not None else ()
        number = next((i for i, image in enumerate(images) if image.name == name), None)
        if number is None:
            self.fail(TilesError(f"{name} gives no tiles: see the table of images"))
            return
        self.tiles.image.setCurrentIndex(number)
        self.preview_tiles()

    def export_tiles(self) -> None:
        """Cut and write the tiles; goes on where an earlier export of the same recipe stopped."""
        recipe = self.usable_recipe(is_exported=True)
        if recipe is None or self._exporting.is_running:
            return
        plan = self.plan if self.plan is not None and self.plan.recipe == recipe else None
        try:
            # Without a plan it is made anew of the headers that are known.
            scanned, drawn = (None, Drawn()) if plan is not None else self._planning.material(recipe)
        except TilesError as error:
            self.fail(error)
        else:
            self._exporting.start(recipe, plan, scanned, drawn)

    def _end_export(self, failed: bool) -> None:
        """Look what stands in the export folder now; where images failed, look at these again, too."""
        self._rescan() if failed else self._refresh()
        self._predicting.look_again()

    def cancel(self) -> None:
        """Stop the export; it can go on later."""
        self._exporting.cancel()

    def empty_export_folder(self) -> None:
        """Remove what an export wrote, after showing what that is."""
        self._emptying.start(self.export.fields()["folder"])

    def load_tiles(self) -> None:
        """Show the tiles that stand in the export folder, put together where they belong."""
        self._loading.start(self.export.fields()["folder"], self.tiles.image.currentText())

    def predict_and_merge(self) -> None:
        """Segment a dataset's tiles or an open layer, or merge results, and show what comes of it in place."""
        self._predicting.start()

    # ---- life ----

    def _connect(self) -> None:
        self.recipeChanged.connect(self._follow)
        for button, action in (
            (self.media.sample_button, self.show_sample),
            (self.media.shuffle_button, self.shuffle_sample),
            (self.tiles.preview_button, self.preview_tiles),
            (self.tiles.random_button, self.preview_random),
            (self.export.empty_button, self.empty_export_folder),
            (self.export.load_button, self.load_tiles),
            (self.predict.predict_button, self.predict_and_merge),
            (self.footer.export_button, self.export_tiles),
            (self.footer.cancel_button, self.cancel),
            (self.bar.clear_button, self.clear_state),
        ):
            button.clicked.connect(action)
        self.tiles.image.currentIndexChanged.connect(self._show_histograms)
        self.media.rescanAsked.connect(self._rescan)
        self.media.opened.connect(self.open_image)
        # A window that closes sends no ParentChange: then this widget goes with it.
        self.destroyed.connect(lambda *_, jobs=self._jobs: jobs.drop_all())

    def _on_layer_removed(self, role: str) -> None:
        self._preview.removed(role)
        self._sample.removed(role)

    def hideEvent(self, event: QEvent) -> None:
        """Remember what is shown: no later event comes before the window is gone."""
        super().hideEvent(event)
        self._last_session.remember()

    def event(self, event: QEvent) -> bool:
        """Stop everything when napari takes the widget out of its dock: no other event tells of that."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None and hasattr(self, "_follow"):
            self._jobs.drop_all()
            self._follow.cancel()
            self._last_session.remember()
            parts = (self._preview, self._sample, self._loading, self._predicting, self._followed)
            for part in (*parts, self._layers, self._icons):
                part.close()
        handled: bool = super().event(event)
        return handled
