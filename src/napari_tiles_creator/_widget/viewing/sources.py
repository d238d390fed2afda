"""The viewer's image layers as sources: their headers, and when these change."""

from __future__ import annotations

import math
import re
import weakref
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Image

from napari_tiles_creator._widget.viewing.layers import role_of
from napari_tiles_creator.engine.planning.scan import Scanned
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.folder import Found, left_out, matching, unique_stems
from napari_tiles_creator.sources.projected import ProjectedOpener

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.arrays.array_source import ArraySource
    from napari_tiles_creator.sources.base import SourceInfo

# What a header is made of.
HEADER_EVENTS = ("name", "data", "scale", "affine", "units", "axis_labels")


class LayerOpener:
    """Opens a layer's pixels as they were when its header was read.

    Parameters
    ----------
    layer : napari Image layer
        Whose pixels they are; not kept alive.
    open_array : callable
        Returns the source.
    """

    def __init__(self, layer: Image, open_array: Callable[[], ArraySource]) -> None:
        # What plugins get from a viewer is a proxy that nobody else keeps.
        self._layer = weakref.ref(getattr(layer, "__wrapped__", layer))
        self._open_array = open_array

    def __call__(self) -> ArraySource:
        """Return the source."""
        return self._open_array()

    @property
    def layer(self) -> Image | None:
        """The layer, None where it is gone."""
        return self._layer()


def scan_layers(viewer: Viewer, media: Media) -> list[Scanned]:
    """Read the headers of the viewer's image layers, in the order of their names; ours are none of them.

    To be called in the main thread; computes no pixel. A layer's name stands for a file's: `media.pattern` and
    `media.exclude` mean it, and stems are made of it in the same way.

    Raises
    ------
    SourceError
        If there is no such layer.
    """
    layers = {layer.name: layer for layer in viewer.layers if is_source(layer)}
    if not layers:
        raise SourceError("no image is open in napari: open some, or choose a folder (media.folder)")
    names = matching(sorted(layers), media.pattern)
    if not names:
        raise SourceError(f"no open image layer fits media.pattern {media.pattern!r}")
    out = left_out(names, media.exclude)
    stems = zip(names, unique_stems(names), strict=True)
    return [scanned_layer(layers[name], stem, media) for name, stem in stems if name not in out]


def is_source(layer: Any) -> bool:
    """Whether a layer is an image that is not ours."""
    return isinstance(layer, Image) and not role_of(layer)


def layer_of(viewer: Viewer, image: ImagePlan) -> Image | None:
    """Return the layer that an image comes from, None where it comes from a file or the layer is gone."""
    return layer_of_info(viewer, image.info)


def layer_of_info(viewer: Viewer, info: SourceInfo) -> Image | None:
    """Return the layer that a header was read from, None where it is a file's or the layer is gone."""
    opener = info.opener
    while isinstance(opener, ProjectedOpener):
        opener = opener.opener
    layer = opener.layer if isinstance(opener, LayerOpener) else None
    return layer if layer is not None and layer in viewer.layers else None


def names_of(image: Scanned) -> tuple[str, ...]:
    """Return what an image may be called: its name, that without its extension, its stem."""
    name = image.found.name.rpartition("/")[2]
    return tuple(dict.fromkeys((name, re.sub(r"(\.ome)?\.[A-Za-z0-9]+$", "", name), image.found.stem)))


def scanned_layer(layer: Any, stem: str, media: Media) -> Scanned:
    """Read the header of a layer of pixels, image or labels; its tiles are called by this stem."""
    # Only the last part of a path stands in messages, and it must be the whole name.
    path = Path(OPEN_LAYERS, layer.name.replace("/", "_").replace("\\", "_"))
    found = Found(layer.name, path, stem)
    levels = tuple(layer.data) if layer.multiscale else (layer.data,)
    size_bytes = math.prod(int(n) for n in levels[0].shape) * levels[0].dtype.itemsize
    try:
        if media.series:
            raise SourceError(f"{layer.name}: has no image {media.series} (media.series): a layer holds one, 0")
        size, said = pixel_size_of(layer)
        open_array = partial(
            array_source,
            path,
            levels,
            last=_last_axis(layer, media.rgb),
            labels=_labels(layer, media.axes),
            pixel_size=size,
            pixel_size_from=said,
        )
        info = open_array().info
    except SourceError as error:
        return Scanned(found, size_bytes, None, str(error))
    return Scanned(found, size_bytes, replace(info, opener=LayerOpener(layer, open_array)))


def _labels(layer: Image, told: str | None) -> tuple[str, ...]:
    """Return the names of the axes before rows and columns: what the user says where that fits, else the layer's.

    Raises
    ------
    SourceError
        If the user says that a layer's rows and columns are others than those it is drawn with.
    """
    if not told or len(told) != layer.ndim + _is_rgb(layer):
        return tuple(layer.axis_labels[:-2])
    if not told.removesuffix("S" if _is_rgb(layer) else "").endswith("YX"):
        raise SourceError(f"{layer.name}: axes {told} (media.axes): the last ones of a layer are rows and columns, YX")
    return tuple(told[: layer.ndim - 2])


def _last_axis(layer: Image, rgb: bool | None) -> str:
    """Return what a third axis beside rows and columns is: colours, channels, or that it is none of the last."""
    if rgb or (rgb is None and _is_rgb(layer)):
        return "S"
    return "C" if _is_rgb(layer) else ""


def _is_rgb(layer: Any) -> bool:
    """Whether a layer shows colours; labels have no word for it."""
    return bool(getattr(layer, "rgb", False))


def pixel_size_of(layer: Image) -> tuple[PixelSize | None, str]:
    """Return the size of a layer's pixels, from its scale and units, and where it comes from or why there is none."""
    sizes = []
    for scale, more, unit in zip(layer.scale[-2:], layer.affine.scale[-2:], layer.units[-2:], strict=True):
        if not unit.is_compatible_with("micrometer"):
            return None, f"none: the layer's unit is {unit}"
        sizes.append(abs(float(scale) * float(more)) * float((1 * unit).to("micrometer").magnitude))
    return PixelSize(*sizes), "layer"


class OpenLayers:
    """Tells when layers of the viewer, or what is read from them, have changed.

    Parameters
    ----------
    viewer : napari viewer
        Whose layers are watched.
    changed : callable
        Called after every change, without arguments.
    events : callable, optional
        Returns the names of a layer's events that tell of a change, none for a layer that does not matter; by default
        those of image layers' headers.
    """

    def __init__(
        self,
        viewer: Viewer,
        changed: Callable[[], object],
        events: Callable[[Any], tuple[str, ...]] = lambda layer: HEADER_EVENTS if is_source(layer) else (),
    ) -> None:
        self._viewer, self._changed, self._events = viewer, changed, events
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        for layer in viewer.layers:
            self._watch(layer)

    def close(self) -> None:
        """Watch no longer."""
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for layer in self._viewer.layers:
            self._leave(layer)

    def _watch(self, layer: Any) -> None:
        for name in self._events(layer):
            getattr(layer.events, name).connect(self._on_event)

    def _leave(self, layer: Any) -> None:
        for name in self._events(layer):
            getattr(layer.events, name).disconnect(self._on_event)

    def _on_inserted(self, event: Any) -> None:
        if self._events(event.value):
            self._watch(event.value)
            self._changed()

    def _on_removed(self, event: Any) -> None:
        if self._events(event.value):
            self._leave(event.value)
            self._changed()

    def _on_event(self, event: Any = None) -> None:
        self._changed()
