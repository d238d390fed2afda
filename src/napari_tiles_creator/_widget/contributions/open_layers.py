"""The command that cuts what is open in the viewer."""

from __future__ import annotations

from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.recipe.media import OPEN_LAYERS


def create_tiles_from_layers() -> None:
    """Open the dock, or bring it into sight, with the viewer's image layers as its images."""
    import napari

    viewer = napari.current_viewer()
    if viewer is None:
        return
    _, widget = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
    try:
        recipe = widget.recipe()
    except RecipeError:  # what is wrong now must not keep the layers from being shown
        recipe = Recipe.preset("unet", source="", output="")
    widget.set_recipe(recipe.changed({"media.folder": OPEN_LAYERS}))
