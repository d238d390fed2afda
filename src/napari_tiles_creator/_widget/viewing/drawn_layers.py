"""The viewer's labels and shapes layers as annotations of images; to be read in the main thread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels, Shapes

from napari_tiles_creator._widget.viewing.layers import role_of
from napari_tiles_creator._widget.viewing.placement import Placement, file_placement, source_points
from napari_tiles_creator._widget.viewing.rings import outline_of
from napari_tiles_creator._widget.viewing.sources import layer_of_info, scanned_layer
from napari_tiles_creator._widget.work.drawn import Drawn
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.media import OPEN_LAYERS, Media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.annotations import Annotations
    from napari_tiles_creator.recipe.document import Recipe

# What may stand behind an image's name in the name of its label image, as of files.
SUFFIXES = ("", "_mask", "_masks", "_labels", "-labels", "-masks")
# Columns of a shapes layer that tell the class of each shape.
COLUMNS = ("class", "label")
# Thousandths of a pixel: what was drawn on a corner of pixels stays there.
DECIMALS = 3


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
    drawn = _shapes(viewer, recipe, images) if annotations.boxes == OPEN_LAYERS else {}
    return Drawn(given, drawn)


def wants_layers(annotations: Annotations) -> bool:
    """Whether annotations are open layers."""
    return OPEN_LAYERS in (annotations.labels, annotations.boxes)


def drawn_events(layer: Any) -> tuple[str, ...]:
    """Return the names of the events that tell of changes of what is drawn in a layer; none for other layers."""
    if role_of(layer) or not isinstance(layer, (Labels, Shapes)):
        return ()
    more = ("labels_update", "paint") if isinstance(layer, Labels) else ("features",)
    return ("name", "data", "scale", "translate", "rotate", "affine", "units", *more)


def classes_in_layers(viewer: Viewer) -> tuple[str, ...]:
    """Return the names of classes that shapes layers tell, from the bottom layer to the top one."""
    names = (name for layer in _drawn(viewer, Shapes) for name in _class_names(layer))
    return tuple(dict.fromkeys(names))


# ---- label images ----


def _labels(viewer: Viewer, images: Sequence[Scanned]) -> dict[str, Scanned]:
    layers = _drawn(viewer, Labels)
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
    """Return the layer that is named as an image, None where there is none."""
    for name in _names(image):
        for suffix in SUFFIXES:
            if name + suffix in layers:
                return layers[name + suffix]
    return None


def _names(image: Scanned) -> tuple[str, ...]:
    """Return what an image may be called: its name, that without its extension, its stem."""
    name = image.found.name.rpartition("/")[2]
    return tuple(dict.fromkeys((name, re.sub(r"(\.ome)?\.[A-Za-z0-9]+$", "", name), image.found.stem)))


# ---- boxes and polygons ----


def _shapes(viewer: Viewer, recipe: Recipe, images: Sequence[Scanned]) -> dict[str, DrawnObjects]:
    layers = _drawn(viewer, Shapes)
    if not layers:
        raise RecipeError.of("annotations.boxes", "no shapes layer is open in napari: open or draw one")
    classes = _known_classes(recipe.annotations) or classes_in_layers(viewer)
    found: dict[str, list[Any]] = {}
    for layer in layers:
        image = images[0] if len(images) == 1 else _image_of(layer, images)
        if image is not None:
            found.setdefault(image.found.name, []).append(layer)
    if not found:
        raise RecipeError.of(
            "annotations.boxes",
            "no shapes layer belongs to an image: where there are several, a layer's name begins with its image's",
        )
    by_name = {image.found.name: image for image in images}
    return {name: _objects(viewer, recipe, by_name[name], mine, classes) for name, mine in found.items()}


def _image_of(layer: Any, images: Sequence[Scanned]) -> Scanned | None:
    """Return the image whose name a layer's name begins with; of several the longest name."""
    fitting = [
        (len(name), image)
        for image in images
        for name in _names(image)
        if re.match(re.escape(name) + r"(\W|_|$)", layer.name)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _objects(
    viewer: Viewer, recipe: Recipe, image: Scanned, layers: Sequence[Any], classes: Sequence[str]
) -> DrawnObjects:
    """Return the shapes of layers in source pixels of an image."""
    import shapely

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects

    placement = _placement(viewer, recipe, image)
    shapes, numbers, boxes = [], [], []
    for layer in layers:
        matrix, offset = _to_source(viewer, layer, placement)
        names, kinds = _class_of_shapes(layer), layer.shape_type
        unknown = next((name for name in dict.fromkeys(names) if name not in classes), None)
        if unknown is not None:
            raise RecipeError.of(
                "annotations.classes", f"the layer {layer.name} holds the class {unknown}: name it, too, or none"
            )
        every = [outline_of(np.asarray(points)[:, -2:], kind) for points, kind in zip(layer.data, kinds, strict=True)]
        found = {number: outline for number, outline in enumerate(every) if outline is not None and len(outline) > 2}
        if not found:
            continue
        at, outlines = list(found), list(found.values())
        # All at once: ten thousand shapes one by one would hold the window up.
        points = np.round(np.concatenate(outlines) @ matrix + offset, DECIMALS)[:, ::-1] + 0.0
        owners = np.repeat(np.arange(len(at)), [len(outline) for outline in outlines])
        shapes.append(shapely.polygons(shapely.linearrings(points, indices=owners)))
        numbers += [classes.index(names[number]) for number in at]
        boxes.append(np.array([kinds[number] == "rectangle" for number in at]) & _are_upright(points, owners, len(at)))
    whole = np.concatenate(shapes) if shapes else np.empty(0, object)
    return DrawnObjects.of(whole, np.array(numbers, np.int64), np.concatenate(boxes) if boxes else np.empty(0, bool))


def _to_source(viewer: Viewer, layer: Any, placement: Placement) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what takes pixels of a layer to source pixels, corners on integers: matrix, and what is added, [y, x]."""
    to_world = Placement.of(layer)
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    world = corners @ to_world.matrix[:2, :2].T + to_world.matrix[:2, 2]
    origin, down, right = source_points(viewer, placement, world, to_world.unit)
    return np.stack([down - origin, right - origin]), origin


def _are_upright(points: NDArray[Any], owners: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Tell which outlines, each with its points in a row, have sides along rows and columns only, array (count,)."""
    first = np.searchsorted(owners, np.arange(count))
    following = np.arange(1, len(points) + 1)
    following[np.append(first[1:], len(points)) - 1] = first
    slanted = np.abs(points[following] - points).min(axis=1) >= 10 * 10.0**-DECIMALS
    upright: NDArray[np.bool_] = np.bincount(owners, slanted, minlength=count) == 0
    return upright


def _placement(viewer: Viewer, recipe: Recipe, image: Scanned) -> Placement:
    """Return where an image's pixels lie: as its layer does, or as the preview shows a file."""
    layer = layer_of_info(viewer, image.info) if image.info is not None else None
    if layer is not None:
        return Placement.of(layer)
    told = recipe.calibration.pixel_size_um
    if told:
        return file_placement(PixelSize(told, told))
    return file_placement(image.info.pixel_size if image.info is not None else None)


# ---- classes ----


def _known_classes(annotations: Annotations) -> tuple[str, ...]:
    """Return the names of classes that the recipe gives."""
    if not isinstance(annotations.classes, str):
        return annotations.classes or ()
    from pathlib import Path

    from napari_tiles_creator.annotations.class_names import read_class_names

    return read_class_names(Path(annotations.classes))


def _class_of_shapes(layer: Any) -> list[str]:
    """Return the class of each shape of a layer: what its table says, else the layer's name."""
    for column in COLUMNS:
        if column in layer.features:
            return [str(name).strip() or layer.name for name in layer.features[column]]
    return [layer.name] * layer.nshapes


def _class_names(layer: Any) -> list[str]:
    return list(dict.fromkeys(_class_of_shapes(layer))) or [layer.name]


def _drawn(viewer: Viewer, kind: type) -> list[Any]:
    """Return the user's layers of a kind, from bottom to top."""
    return [layer for layer in viewer.layers if isinstance(layer, kind) and not role_of(layer)]
