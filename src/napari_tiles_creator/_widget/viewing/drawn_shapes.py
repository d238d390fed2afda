"""The viewer's shapes layers as boxes and polygons on images; to be read in the main thread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Shapes

from napari_tiles_creator._widget.viewing.layers import layers_of_user
from napari_tiles_creator._widget.viewing.placement import Placement, file_placement, source_points
from napari_tiles_creator._widget.viewing.rings import outline_of
from napari_tiles_creator._widget.viewing.sources import layer_of_info, names_of
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.geometry.pixel_size import PixelSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.annotations import Annotations
    from napari_tiles_creator.recipe.document import Recipe

# Columns of a shapes layer that tell the class of each shape.
COLUMNS = ("class", "label")
# Thousandths of a pixel: what was drawn on a corner of pixels stays there.
DECIMALS = 3


def classes_in_layers(viewer: Viewer) -> tuple[str, ...]:
    """Return the names of classes that shapes layers tell, from the bottom layer to the top one."""
    names = (name for layer in layers_of_user(viewer, Shapes) for name in _class_names(layer))
    return tuple(dict.fromkeys(names))


def objects_in_layers(viewer: Viewer, recipe: Recipe, images: Sequence[Scanned]) -> dict[str, DrawnObjects]:
    """Return what is drawn in shapes layers, in source pixels of each image, by the image's name.

    Raises
    ------
    RecipeError
        If there is no such layer, none belongs to any image, or a class has no name.
    """
    layers = layers_of_user(viewer, Shapes)
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
        for name in names_of(image)
        if re.match(re.escape(name) + r"(\W|_|$)", layer.name)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def _objects(
    viewer: Viewer, recipe: Recipe, image: Scanned, layers: Sequence[Any], classes: Sequence[str]
) -> DrawnObjects:
    """Return the shapes of layers in source pixels of an image."""
    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects

    placement = _placement(viewer, recipe, image)
    parts = [_in_source(viewer, layer, placement, classes) for layer in layers]
    geometries, numbers, are_boxes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return DrawnObjects.of(geometries, numbers, are_boxes)


def _in_source(
    viewer: Viewer, layer: Any, placement: Placement, classes: Sequence[str]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.bool_]]:
    """Return polygons, classes' numbers and whether they are boxes, of a layer's shapes that enclose anything."""
    import shapely

    names, kinds = _class_of_shapes(layer), layer.shape_type
    unknown = next((name for name in dict.fromkeys(names) if name not in classes), None)
    if unknown is not None:
        raise RecipeError.of(
            "annotations.classes", f"the layer {layer.name} holds the class {unknown}: name it, too, or none"
        )
    every = [outline_of(np.asarray(points)[:, -2:], kind) for points, kind in zip(layer.data, kinds, strict=True)]
    found = {number: outline for number, outline in enumerate(every) if outline is not None and len(outline) > 2}
    if not found:
        return np.empty(0, object), np.empty(0, np.int64), np.empty(0, bool)
    matrix, offset = _to_source(viewer, layer, placement)
    # All at once: ten thousand shapes one by one would hold the window up.
    points = np.round(np.concatenate(list(found.values())) @ matrix + offset, DECIMALS)[:, ::-1] + 0.0
    owners = np.repeat(np.arange(len(found)), [len(outline) for outline in found.values()])
    geometries = shapely.polygons(shapely.linearrings(points, indices=owners))
    are_boxes = np.array([kinds[number] == "rectangle" for number in found])
    numbers = np.array([classes.index(names[number]) for number in found], np.int64)
    return geometries, numbers, are_boxes & _are_upright(points, owners, len(found))


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
