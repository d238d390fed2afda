"""Layers of results, made in a thread: of arrays, of files however large, of outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Shapes

from napari_tiles_creator._widget.viewing.picture import value_ranges
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Source

# Larger results are read where they are looked at.
HELD_BYTES = 192 << 20
ROWS_AT_ONCE = 1024
# The image beneath must be seen through a map.
MAP_LOOK: dict[str, Any] = {"colormap": "magma", "opacity": 0.6, "blending": "translucent"}


def pixels_layer(name: str, pixels: NDArray[Any], *, is_labels: bool, is_rgb: bool = False) -> Layer:
    """Return the layer of a result in memory.

    Parameters
    ----------
    name : str
        Of the layer.
    pixels : array (…, y, x) or (…, y, x, 3)
        Whole numbers where they are labels.
    is_labels : bool
        Whether values stand for classes or objects.
    is_rgb : bool
        Whether red, green and blue are a last axis.
    """
    if is_labels:
        return _labels(name, pixels, int(pixels.max(initial=0)), multiscale=False)
    limits, contrast = ((0.0, 1.0),) * 2 if _is_map(pixels) else value_ranges(pixels)
    return _image(name, pixels, limits, contrast, is_rgb=is_rgb, multiscale=False)


def file_layer(name: str, path: Path, *, is_labels: bool, held_bytes: int = HELD_BYTES) -> Generator[None, None, Layer]:
    """Read a result, or open it where it is large; with pauses in which this can be stopped.

    Parameters
    ----------
    name : str
        Of the layer.
    path : Path
        An image file that a merge wrote.
    is_labels : bool
        Whether values stand for classes or objects.
    held_bytes : int, optional
        Larger ones are opened.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    from napari_tiles_creator.engine.pictures.source_image import SourceImage
    from napari_tiles_creator.engine.planning.opening import open_found
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.folder import Found

    source = open_found(Found(path.name, path, path.stem), Media())
    info = source.info
    if int(np.prod(info.shape)) * info.dtype.itemsize <= held_bytes:
        try:
            pixels = yield from _whole(source)
        finally:
            source.close()
        return pixels_layer(name, pixels, is_labels=is_labels, is_rgb=info.is_rgb)
    image = SourceImage(source)
    yield from image.fill()
    levels = image.levels()
    # Of a long stack of small planes there is but one size.
    is_pyramid = len(levels) > 1
    shown = levels if is_pyramid else levels[0]
    if is_labels:
        return _labels(name, shown, int(image.overview.max(initial=0)), multiscale=is_pyramid)
    limits, contrast = value_ranges((yield from image.typical_values()))
    return _image(name, shown, limits, contrast, is_rgb=image.is_rgb, multiscale=is_pyramid)


def _whole(source: Source) -> Generator[None, None, NDArray[Any]]:
    """Read all planes of a file, array (t, z, c, y, x[, s]) of those axes that it has."""
    info = source.info
    front = [axis for axis in "TZC" if axis in info.axes]
    height, width = info.plane_shape
    pixels = np.empty((*(info.length(axis) for axis in front), height, width, *(3,) * info.is_rgb), info.dtype)
    for position in np.ndindex(*pixels.shape[: len(front)]):
        at = dict(zip(front, position, strict=True))
        for y in range(0, height, ROWS_AT_ONCE):
            box = Box.between(y, 0, min(y + ROWS_AT_ONCE, height), width)
            pixels[position][box.slices] = source.read(box, at.get("Z", 0), at.get("T", 0), at.get("C"))
            yield
    return pixels


def _labels(name: str, pixels: Any, highest: int, *, multiscale: bool) -> Layer:
    if not multiscale and pixels.dtype == bool:
        pixels = pixels.astype(np.uint8)
    layer = Labels(pixels, name=name, multiscale=multiscale)
    layer.selected_label = max(1, highest)  # what is painted continues what is there
    return layer


def _image(
    name: str,
    pixels: Any,
    limits: tuple[float, float],
    contrast: tuple[float, float],
    *,
    is_rgb: bool,
    multiscale: bool,
) -> Layer:
    if is_rgb:
        return Image(pixels, name=name, rgb=True, multiscale=multiscale)
    dtype = pixels[0].dtype if multiscale else pixels.dtype
    look = MAP_LOOK if dtype.kind == "f" else {}
    layer = Image(pixels, name=name, rgb=False, multiscale=multiscale, contrast_limits=contrast, **look)
    layer.contrast_limits_range = limits
    layer.contrast_limits = contrast
    return layer


def _is_map(pixels: NDArray[Any]) -> bool:
    """Tell whether values are probabilities, by their range."""
    return pixels.dtype.kind == "f" and bool(pixels.size) and pixels.min() >= 0 and pixels.max() <= 1


def detections_layer(
    name: str, content: Any, shape: tuple[int, int], classes: Sequence[str]
) -> Generator[None, None, Layer]:
    """Return the layer of boxes and polygons: outlines of few, a label image of many.

    Parameters
    ----------
    name : str
        Of the layer.
    content : object
        Of the GeoJSON file that a merge wrote.
    shape : (int, int)
        Height and width of the image, px.
    classes : sequence of str
        Names of the dataset's classes; the file may know more.

    Raises
    ------
    AnnotationError
        If the file cannot be understood.
    """
    from napari_tiles_creator._widget.viewing.drawn_pictures import Outlines, colormap_of, plane_picture
    from napari_tiles_creator.annotations.geojson_objects import geojson_objects

    found = geojson_objects(content, name)
    names = list(dict.fromkeys((*classes, *found.class_names)))
    objects = found.objects.renumbered([names.index(one) for one in found.class_names])
    plane = objects.plane(shape, shape)
    picture = yield from plane_picture(plane, shape, names, has_pixels=False, by_class=False)
    if not isinstance(picture, Outlines):
        metadata = {"step": picture.step}
        return Labels(picture.pixels, name=name, colormap=colormap_of(picture), metadata=metadata)
    if not len(picture.drawing):
        return Shapes(ndim=2, name=name)
    look: dict[str, Any] = {"opacity": 1, **picture.drawing.settings(1.0)}
    return Shapes(picture.drawing.shapes, name=name, features=picture.features, **look)
