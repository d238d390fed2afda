"""Layers of merged results: exactly over the image that they come from, one result an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

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
        if role_of(layer) == MERGED and layer.metadata[KEY]["dataset"] == folder:
            layer.visible = layer.metadata[KEY]["source"] == name


def _plane(layer: Any) -> tuple[int, int]:
    """Return height and width of what a layer shows, px."""
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    height, width = shape[-3:-1] if layer.rgb else shape[-2:]
    return int(height), int(width)


def show_merged(layers: Layers, layer: Any, original: Original, over: Any) -> None:
    """Put a result into the viewer, in the place of an earlier one of the same image.

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
    layer.metadata = {**layer.metadata, KEY: {"role": MERGED, "dataset": original.folder, "source": original.name}}
    for old in earlier(layers.viewer, original):
        if old._type_string == layer._type_string:
            _take_look(layer, old)
        layers.discard(old)
    layers.append(layer, below=OUTLINES)


def earlier(viewer: Viewer, original: Original) -> list[Any]:
    """Return the layers of earlier results of an image."""
    found = [layer for layer in viewer.layers if role_of(layer) == MERGED]
    return [layer for layer in found if (layer.metadata[KEY]["dataset"], layer.metadata[KEY]["source"]) == original.key]


def _axis_labels(axes: int, over: Any) -> tuple[str, ...]:
    if over is not None and axes == over.ndim:
        return tuple(over.axis_labels)
    return (*("t", "z")[4 - axes :], *AXES) if axes <= 4 else (*"tzc", *AXES)


def _take_look(layer: Any, old: Any) -> None:
    for name in LOOKS.get(layer._type_string, ()):
        value = getattr(old, name)
        if name != "contrast_limits" or tuple(old.contrast_limits_range) == tuple(layer.contrast_limits_range):
            setattr(layer, name, value)
