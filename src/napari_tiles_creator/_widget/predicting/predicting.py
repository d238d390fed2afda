"""What the section Predict & merge does: it starts the work, follows it, and puts the result into the viewer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from superqt.utils import qdebounced

from napari_tiles_creator._widget.predicting.field_errors import check, placed, worded
from napari_tiles_creator._widget.predicting.jobs import (
    images_of_dataset,
    merge_dataset,
    needs_code,
    segment_layer,
)
from napari_tiles_creator._widget.prediction import Prediction
from napari_tiles_creator._widget.problems import in_words, problems_of
from napari_tiles_creator._widget.viewing.layers import PICTURE
from napari_tiles_creator._widget.viewing.merged import (
    clear_earlier,
    earlier,
    layer_of_original,
    show_alone,
    show_merged,
)
from napari_tiles_creator._widget.viewing.sources import OpenLayers, is_source, scanned_layer
from napari_tiles_creator._widget.viewing.turns import Turns
from napari_tiles_creator._widget.viewing.view import fit_view
from napari_tiles_creator._widget.work.worker import once
from napari_tiles_creator.errors import RecipeError, TilesError
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media
from napari_tiles_creator.sources.folder import unique_stems

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_tiles_creator._widget.form import RecipeForm
    from napari_tiles_creator._widget.predicting.jobs import Merged
    from napari_tiles_creator._widget.predicting.stages import Stage
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.merged import Original
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.recipe.document import Recipe

PURPOSE = "predict"
LOOK_MS = 150


class Predicting:
    """The prediction that is under way, if any, and what the panel offers.

    Parameters
    ----------
    form : RecipeForm
        Its panel `predict` says what is wanted, its recipe how a layer is cut.
    layers : Layers
        Where results are shown.
    jobs : Jobs
        Where the work is done.
    done : callable
        Gets each `Merged`, once its layers are in the viewer.
    """

    def __init__(self, form: RecipeForm, layers: Layers, jobs: Jobs, done: Callable[[Merged], None]) -> None:
        self._form, self._panel, self._layers, self._jobs, self._done = form, form.predict, layers, jobs, done
        self._images = form.tiles.image
        self._over: Any = None  # the layer that is segmented
        self._unseen: set[str] = set()  # images of results that no open layer shows
        self._shown: list[tuple[Any, Original]] = []  # results, as they are in the viewer
        self._looked_at: tuple[str, str] = ("", "")
        self._with_code: set[str] = set()  # models that have told that they bring code
        self._turns = Turns()
        self._look = qdebounced(self._look_again, timeout=LOOK_MS, parent=form)
        self._open_layers = OpenLayers(layers.viewer, self._offer_layers)
        self._offer_layers()
        form.predict.valueChanged.connect(self._changed)
        form.predict.valueShown.connect(self._look)
        form.recipeChanged.connect(self._look)
        form.predict.cancel_button.clicked.connect(self.cancel)
        self._images.currentTextChanged.connect(self._follow_preview)

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._jobs.is_running(PURPOSE)

    def close(self) -> None:
        """Follow nothing any more, and add nothing; what is shown stays."""
        self._look.cancel()
        self._turns.stop()
        self._open_layers.close()

    def start(self) -> None:
        """Begin, or say what is missing."""
        if self.is_running:
            return
        self._panel.clear_problems()
        self._form.footer.show_error("")
        try:
            asked = self._panel.value()
            check(asked)
            work = self._of_layer(asked) if asked.of == "layer" else self._of_dataset(asked)
        except TilesError as error:
            self._fail(error)
            return
        self._turns.stop()
        self._panel.show_running(True)
        self._bring_into_sight(self._panel.bar)
        self._jobs.start(PURPOSE, work, partial(self._end, asked), self._report)

    def cancel(self) -> None:
        """Stop after the step under way; what is shown stays."""
        if self.is_running:
            self._panel.show_stopping()
            self._jobs.cancel(PURPOSE)

    def stop(self) -> None:
        """Give up what is under way, say nothing of it, and begin anew."""
        self._panel.set_value(Prediction())
        self._jobs.drop(PURPOSE)
        self._turns.stop()
        self._panel.show_running(False)
        self._panel.show_result("")

    def look_again(self) -> None:
        """Look what the dataset holds now: something was written to it."""
        self._looked_at = ("", "")
        self._look()

    # ---- what is asked ----

    def _of_layer(self, asked: Prediction) -> Any:
        layer = next((one for one in self._layers.viewer.layers if is_source(one) and one.name == asked.layer), None)
        if layer is None:
            raise RecipeError.of("predict.layer", "open an image in napari, or choose the tiles of a dataset")
        if asked.is_of_results:
            raise RecipeError.of("predict.model", "results belong to an exported dataset: choose a model for a layer")
        recipe = self._recipe_of_layer()
        self._over = layer
        return partial(segment_layer, asked, recipe, scanned_layer(layer, unique_stems([layer.name])[0], recipe.media))

    def _recipe_of_layer(self) -> Recipe:
        """Return how a layer is cut: as the recipe says, but what it says of files means others."""
        recipe = self._form.recipe()
        kept = recipe.media if recipe.media.folder == OPEN_LAYERS else Media(folder=OPEN_LAYERS)
        media = kept.model_copy(update={"pattern": Media().pattern, "exclude": ()})
        return recipe.changed({f"media.{name}": value for name, value in media.model_dump().items()})

    def _of_dataset(self, asked: Prediction) -> Any:
        exported = self._form.export.fields()["folder"]
        folder = asked.dataset or exported
        if not folder:
            raise RecipeError.of("predict.dataset", "choose the folder of exported tiles, or an open layer")
        if self._jobs.is_running("export") and folder == exported:
            raise RecipeError.of("predict.dataset", "an export is writing to it: wait for its end")
        self._over = None
        return partial(merge_dataset, asked, Path(folder))

    # ---- what becomes of it ----

    def _report(self, stages: list[Stage]) -> None:
        stage = stages[-1]
        self._panel.bar.show_stage(stage.name, stage.done, stage.total)

    def _end(self, asked: Prediction, ending: Ending) -> None:
        if ending.result is not None:
            merged: Merged = ending.result
            self._unseen, self._shown = set(), []
            shows = (partial(self._show, one) for one in merged.layers)
            clears = (partial(self._clear, number) for number in range(len(merged.layers)))
            self._turns.run(*shows, *clears, partial(self._tell, merged))
            return
        self._panel.show_running(False)
        if ending.error is not None:
            error = placed(ending.error, asked)
            if error.field == "predict.allow_code":
                self._with_code.add(asked.spec)
                self._panel.show_code(True)
            self._fail(error)
        else:
            self._panel.show_result("Cancelled.")
            self._bring_into_sight(self._panel.result)

    def _bring_into_sight(self, widget: QWidget) -> None:
        """Scroll to how far it is, or how it ended; not where people are at work elsewhere meanwhile."""
        if not self._panel.predict_button.visibleRegion().isEmpty():
            self._form.column.bring_into_sight(widget)

    def _fail(self, error: TilesError) -> None:
        """Tell why it failed beside its field; what the recipe's panels must mend is told at the foot, too."""
        problems = problems_of(error)
        if not problems or any(not problem.field.startswith("predict") for problem in problems):
            self._form.fail(error)
            return
        problems = self._form.column.show_problems(error)
        self._form.column.show_field(problems[0].field)
        self._form.failed.emit("; ".join(problem.message for problem in problems))

    def _show(self, one: Any) -> None:
        layer, original = one
        viewer = self._layers.viewer
        over = self._over if self._over is not None else layer_of_original(viewer, original)
        is_new = not earlier(viewer, original)
        layer = show_merged(self._layers, layer, original, over)
        self._shown.append((layer, original))
        if over is None:
            self._unseen.add(original.name)
            if is_new and len(self._unseen) == 1:  # nothing else leads the eye there
                fit_view(viewer, layer)

    def _clear(self, number: int) -> None:
        layer, original = self._shown[number]
        clear_earlier(self._layers, layer, original)

    def _show_first(self, merged: Merged) -> None:
        """Of several images show the first; the preview, if it is on, turns to it."""
        for _, original in merged.layers[:1]:
            if original.folder:
                show_alone(self._layers.viewer, original.folder, original.name)
            if self._is_previewed(original.folder) and self._images.findText(original.name) >= 0:
                self._images.setCurrentText(original.name)
                self._unseen.discard(original.name)

    def _follow_preview(self, name: str) -> None:
        """Show the results of the image that is previewed, and no others of its dataset over it."""
        folder = self._form.export.fields()["folder"]
        if name and self._is_previewed(folder):
            show_alone(self._layers.viewer, str(Path(folder)), name)

    def _is_previewed(self, folder: str) -> bool:
        """Tell whether the preview shows images that a folder was exported from."""
        exported = self._form.export.fields()["folder"]
        return bool(folder and exported) and Path(folder) == Path(exported) and self._layers.find(PICTURE) is not None

    def _tell(self, merged: Merged) -> None:
        merged = replace(merged, layers=tuple(self._shown))
        self._shown = []
        self._show_first(merged)
        self._panel.show_running(False)
        unseen = next(iter(self._unseen)) if len(self._unseen) == 1 else "the images"
        more = f" Open {unseen} to see what lies beneath." if self._unseen else ""
        labels = self._form.column.labels_of_fields()
        self._panel.show_result(merged.text + more, [in_words(worded(note), labels) for note in merged.notes])
        self._bring_into_sight(self._panel.result)
        self._done(merged)

    # ---- what can be chosen ----

    def _changed(self) -> None:
        if not self._panel.is_offering:  # else nothing was mended
            self._panel.clear_problems()
            self._form.footer.show_error("")
        self._look()

    def _offer_layers(self) -> None:
        self._panel.offer_layers([layer.name for layer in reversed(self._layers.viewer.layers) if is_source(layer)])

    def _look_again(self) -> None:
        """Look which images the dataset has, and whether the model brings code."""
        self._look.cancel()
        usual, shown = self._form.export.fields()["folder"], self._panel.fields()
        self._panel.show_dataset(usual)
        wanted = (self._panel.dataset(), shown["path"] if shown["model"] == "file" else "")
        if wanted == self._looked_at:
            return
        self._looked_at = wanted
        dataset, path = wanted
        self._jobs.start("dataset", once(partial(_look, dataset, path)), partial(self._end_look, usual))

    def _end_look(self, usual: str, ending: Ending) -> None:
        images, has_code = ending.result or ((), False)
        self._panel.show_dataset(usual, images)
        self._panel.show_code(has_code or self._panel.fields()["path"] in self._with_code)


def _look(dataset: str, path: str) -> tuple[tuple[str, ...], bool]:
    return images_of_dataset(dataset), needs_code(path)
