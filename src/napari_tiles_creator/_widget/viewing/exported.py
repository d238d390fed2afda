"""Layers of exported tiles: each image in all sizes, and the tiles of the dataset over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing.layers import KEY
from napari_tiles_creator._widget.viewing.picture import value_ranges
from napari_tiles_creator._widget.viewing.placement import Placement

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.pixels.pyramid import Pyramid

    LayerData = tuple[Any, dict[str, Any], str]

# Of a dataset with more images than these, only the chosen one is shown.
FEW = 4


def chosen(sources: list[TiledSource], wanted: str) -> list[TiledSource]:
    """Return all sources where they are few, else the wanted one, or the first; the wanted one comes first."""
    first = [source for source in sources if source.name == wanted]
    if len(sources) > FEW:
        return first or sources[:1]
    return [*first, *(source for source in sources if source.name != wanted)]


def dataset_placement(source: TiledSource) -> Placement:
    """Return where the tiles' pixels lie: they begin at the corner of the source's first pixel."""
    scale_y, scale_x = source.scale
    return source_placement(source).resampled(1 / scale_y, 1 / scale_x)


def source_placement(source: TiledSource) -> Placement:
    """Return where the source's own pixels lie."""
    size = source.pixel_size
    return Placement((size.y_um, size.x_um) if size else (1.0, 1.0), (0.0, 0.0), "µm" if size else "pixel")


def filled_contrast(image: Pyramid) -> Generator[None, None, tuple[float, float]]:
    """Fill what is held of an image; return what is to be shown as black and white."""
    yield from image.fill()
    return value_ranges((yield from image.typical_values()))[1]


def image_layer(
    image: Pyramid, source: TiledSource, name: str, placement: Placement, contrast: tuple[float, float]
) -> LayerData:
    """Return an image as napari takes it from a reader."""
    levels = image.levels()
    more = {} if image.is_rgb else {"contrast_limits": contrast}
    meta = {
        "name": name,
        "rgb": image.is_rgb,
        "axis_labels": image.axes,
        **more,
        **placement.settings(len(image.axes)),
        "multiscale": len(levels) > 1,
        "metadata": {KEY: {"dataset": str(source.folder), "source": source.name}},
    }
    return (levels if len(levels) > 1 else levels[0], meta, "image")


def tiles_layer(image: Pyramid, source: TiledSource, contrast: tuple[float, float]) -> LayerData:
    """Return the layer of an image as it lies in its tiles, `source (tiles)`."""
    return image_layer(image, source, f"{source.stem} (tiles)", dataset_placement(source), contrast)
