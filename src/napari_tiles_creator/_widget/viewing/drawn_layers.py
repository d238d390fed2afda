"""The viewer's labels and shapes layers as annotations of images; to be read in the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Shapes

from napari_tiles_creator._widget.viewing.drawn_shapes import objects_in_layers
from napari_tiles_creator._widget.viewing.layers import layers_of_user, role_of
from napari_tiles_creator._widget.viewing.sources import names_of, scanned_layer
from napari_tiles_creator._widget.work.drawn import Drawn
from napari_tiles_creator.engine.planning.partners.names import without_suffix
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.viewer import Viewer

    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.document import Recipe


def drawn_in_layers(viewer: Viewer, recipe: Recipe, images: Sequence[Scanned]) -> Drawn:
    """Return what is drawn on images in layers, as far as the recipe wants it from there.

    Parameters
    ----------
    viewer : napari viewer
        Whose layers.
    recipe : Recipe
        The recipe.
    images : sequence of Scanned
        The images, files or layers.

    Raises
    ------
    RecipeError
        If there is no such layer, or none belongs to any image.
    """
    annotations = recipe.annotations
    given = _labels(viewer, images) if annotations.labels == OPEN_LAYERS else {}
    drawn = objects_in_layers(viewer, recipe, images) if annotations.boxes == OPEN_LAYERS else {}
    return Drawn(given, drawn)


def drawn_events(layer: Any) -> tuple[str, ...]:
    """Return the names of the events that tell of changes of what is drawn in a layer; none for other layers."""
    if role_of(layer) or not isinstance(layer, (Labels, Shapes)):
        return ()
    more = ("labels_update", "paint") if isinstance(layer, Labels) else ("features",)
    return ("name", "data", "scale", "translate", "rotate", "affine", "units", *more)


def _labels(viewer: Viewer, images: Sequence[Scanned]) -> dict[str, Scanned]:
    layers = layers_of_user(viewer, Labels)
    if not layers:
        raise RecipeError.of("annotations.labels", "no labels layer is open in napari: open or paint one")
    named = {layer.name: layer for layer in layers}
    pairs = {image.found.name: _partner(image, named) for image in images}
    if len(images) == 1 and len(layers) == 1:
        pairs = {images[0].found.name: layers[0]}
    found = {name: layer for name, layer in pairs.items() if layer is not None}
    if not found:
        raise RecipeError.of(
            "annotations.labels",
            f"no labels layer is named as an image: name them as their images, or with _labels after it "
            f"({', '.join(list(named)[:3])})",
        )
    return {name: scanned_layer(layer, layer.name, Media(folder=OPEN_LAYERS)) for name, layer in found.items()}


def _partner(image: Scanned, layers: Mapping[str, Any]) -> Any:
    """Return the layer that is named as an image, as files are, None where there is none."""
    names = names_of(image)
    exact = next((layers[name] for name in names if name in layers), None)
    if exact is not None:
        return exact
    return next((layer for name, layer in layers.items() if without_suffix(name) in names), None)
