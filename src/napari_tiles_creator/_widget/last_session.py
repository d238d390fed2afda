"""The last session: what the dock shows is written down, and shown again by the next dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from superqt.utils import qdebounced

from napari_tiles_creator._widget.preferences import Preferences
from napari_tiles_creator.errors import RecipeError

if TYPE_CHECKING:
    from napari_tiles_creator._widget.form import RecipeForm
    from napari_tiles_creator._widget.memory import Memory

REMEMBER_MS = 1500


class LastSession:
    """The form's state in the memory.

    Parameters
    ----------
    form : RecipeForm
        What is remembered.
    memory : Memory
        Where.
    """

    def __init__(self, form: RecipeForm, memory: Memory) -> None:
        self._form, self._memory = form, memory
        self._soon = qdebounced(self.remember, timeout=REMEMBER_MS, parent=form)
        form.recipeChanged.connect(self._soon)
        form.predict.valueChanged.connect(self._soon)

    def recall(self) -> None:
        """Go on with what the last dock showed, where that is wished."""
        remembers = Preferences.read().remember
        recipe = self._memory.last_recipe() if remembers else None
        if recipe is not None:
            self._form.set_recipe(recipe)
        prediction = self._memory.last_prediction() if remembers else None
        if prediction is not None:
            self._form.predict.set_value(prediction)
        for name, panel in self._form.column.panels.items():
            panel.header.unfold(name not in self._memory.folded)

    def remember(self) -> None:
        """Write down what is shown; settings that do not fit together are not worth it."""
        self._soon.cancel()
        folded = [name for name, panel in self._form.column.panels.items() if not panel.header.is_unfolded]
        remembers = Preferences.read().remember
        try:
            recipe = self._form.recipe() if remembers else None
            prediction = self._form.predict.value() if remembers else None
        except RecipeError:
            return
        self._memory.take_state(recipe, prediction, folded)
