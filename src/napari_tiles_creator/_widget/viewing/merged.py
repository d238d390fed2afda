"""Layers of merged results: exactly over the image that they come from, one result an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_tiles_creator._widget.viewing.colours import OBJECT_WIDTH
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.layers import ALL_TILES, AXES, CURRENT_TILE, KEY, REGION, role_of
from napari_tiles_creator._widget.viewing.placement import Placement, file_placement, line_width

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator.geometry.pixel_size import PixelSize

# What a layer of ours is for; it is of no dock's, stays when a dock begins anew, and goes when its successor comes.
MERGED = "Merged result"
# What must be seen over results.
OUTLINES = (ALL_TILES, REGION, CURRENT_TILE)
# Where a layer lies.
SETTINGS = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")
# What of the last result's look the next one has, by type of layer.
LOOKS = {
    "labels": ("visible", "opacity", "contour", "blending"),
    "image": ("visible", "opacity", "colormap", "blending", "gamma", "contrast_limits"),
    "shapes": ("visible", "opacity", "blending"),
}


@dataclass(frozen=True)
class Original:
    """The image that a result is of.

    Parameters
    ----------
    name : str
        Path relative to its folder, or the layer's name.
    stem : str
        What its files are called.
    folder : str
        The dataset that it is an image of; empty for a layer.
    shape : (int, int)
        Height and width, px.
    pixel_size : PixelSize or None
        Of its file.
    """

    name: str
    stem: str
    folder: str
    shape: tuple[int, int]
    pixel_size: PixelSize | None

    @property
    def key(self) -> tuple[str, str]:
        """What tells its results from those of other images."""
        return self.folder, self.name


def layer_of_original(viewer: Viewer, original: Original) -> Any:
    """Return the user's layer that shows an image of a dataset, None where none does."""
    names = {original.name, PurePath(original.name).name, PurePath(original.name).stem, original.stem}
    for layer in viewer.layers:
        if not isinstance(layer, Image) or role_of(layer) or _plane(layer) != original.shape:
            continue
        ours = layer.metadata.get(KEY)
        if isinstance(ours, dict) and (ours.get("dataset"), ours.get("source")) == original.key[:2]:
            return layer
        path = layer.source.path
        if layer.name in names or (path and PurePath(path).as_posix().endswith(f"/{original.name}")):
            return layer
    return None


def show_alone(viewer: Viewer, folder: str, name: str) -> None:
    """Of the results of a dataset, which all lie in one place, show those of one image."""
    for layer in viewer.layers:
        if is_result(layer) and layer.metadata[KEY]["dataset"] == folder:
            layer.visible = layer.metadata[KEY]["source"] == name


def _plane(layer: Any) -> tuple[int, int]:
    """Return height and width of what a layer shows, px."""
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    height, width = shape[-3:-1] if layer.rgb else shape[-2:]
    return int(height), int(width)


def show_merged(layers: Layers, layer: Any, original: Original, over: Any) -> Any:
    """Put a result into the viewer, with the look of an earlier one of the same image; return the layer that shows it.

    An earlier one that is like it shows the new pixels: with many layers napari takes a large part of a second to
    remove one and to add another.

    Parameters
    ----------
    layers : Layers
        The viewer's.
    layer : Labels, Image or Shapes layer
        The result, in pixels of the image; not in a viewer yet.
    original : Original
        The image.
    over : napari Image layer or None
        The open layer that the image is in, None where it is not open.
    """
    placement = file_placement(original.pixel_size) if over is None else Placement.of(over)
    step = layer.metadata.get("step", 1)
    settings = placement.resampled(step, step).settings(layer.ndim)
    if over is not None and layer.ndim == over.ndim and layer.ndim > 2:
        settings = {name: getattr(over, name) for name in settings}
    for name, value in settings.items():
        setattr(layer, name, value)
    if layer._type_string == "shapes":
        set_width(layer, line_width(layers.viewer, placement, OBJECT_WIDTH))
    layer.axis_labels = _axis_labels(layer.ndim, over)
    ours = {"role": MERGED, "dataset": original.folder, "source": original.name, "called": layer.name}
    ours["layer"] = str(layer.unique_id)
    layer.metadata = {**layer.metadata, KEY: ours}
    for old in earlier(layers.viewer, original):
        if _is_alike(old, layer):
            _take_over(old, layer)
            return old
        if old._type_string == layer._type_string:
            _take_look(layer, old)
    layers.append(layer, below=OUTLINES)
    return layer


def clear_earlier(layers: Layers, layer: Any, original: Original) -> None:
    """Remove the results of an image that came before one that is shown now.

    In this order: where a shapes layer is gone from the canvas, the next layer that comes crashes napari 0.9.2 with
    some drivers (seen with llvmpipe).
    """
    for old in earlier(layers.viewer, original):
        if old.unique_id != layer.unique_id:
            layers.discard(old)
            layer.name = layer.metadata[KEY]["called"]  # it is free now


def is_result(layer: Any) -> bool:
    """Tell whether a layer is a result as we put it there: a copy, which has the same metadata, is the user's."""
    return role_of(layer) == MERGED and bool(layer.metadata[KEY]["layer"] == str(layer.unique_id))


def earlier(viewer: Viewer, original: Original) -> list[Any]:
    """Return the layers of earlier results of an image."""
    found = [layer for layer in viewer.layers if is_result(layer)]
    return [layer for layer in found if (layer.metadata[KEY]["dataset"], layer.metadata[KEY]["source"]) == original.key]


def _axis_labels(axes: int, over: Any) -> tuple[str, ...]:
    if over is not None and axes == over.ndim:
        return tuple(over.axis_labels)
    return (*("t", "z")[4 - axes :], *AXES) if axes <= 4 else (*"tzc", *AXES)


def _is_alike(old: Any, new: Any) -> bool:
    """Tell whether a layer can show the pixels of another one of ours; colours of objects are made for their pixels."""
    is_plain = new._type_string in ("image", "labels") and not any("step" in one.metadata for one in (old, new))
    return is_plain and _kind(old) == _kind(new) and old.metadata[KEY]["called"] == new.name


def _kind(layer: Any) -> tuple[Any, ...]:
    return layer._type_string, layer.ndim, layer.multiscale, getattr(layer, "rgb", False)


def _take_over(old: Any, new: Any) -> None:
    """Let a layer of ours show what another one would; how it looks stays."""
    old.data = new.data
    for name in SETTINGS:  # only what differs: napari redraws for each
        if not np.array_equal(_plain(getattr(old, name)), _plain(getattr(new, name))):
            setattr(old, name, getattr(new, name))
    if new._type_string == "labels":
        old.selected_label = new.selected_label
    elif not new.rgb and tuple(old.contrast_limits_range) != tuple(new.contrast_limits_range):
        old.contrast_limits_range = new.contrast_limits_range
        old.contrast_limits = new.contrast_limits
    old.metadata = {**new.metadata, KEY: {**new.metadata[KEY], "layer": str(old.unique_id)}}


def _plain(setting: Any) -> Any:
    """Return what tells a setting of a layer's place from another one."""
    return setting.affine_matrix if hasattr(setting, "affine_matrix") else np.asarray(setting).astype(str)


def _take_look(layer: Any, old: Any) -> None:
    for name in LOOKS.get(layer._type_string, ()):
        value = getattr(old, name)
        if name != "contrast_limits" or tuple(old.contrast_limits_range) == tuple(layer.contrast_limits_range):
            setattr(layer, name, value)
