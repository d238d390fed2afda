"""A dataset dropped on napari: its images with the tiles drawn over them, a colour a split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, Manifest
from napari_tiles_creator.errors import DatasetError, SourceError, TilesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_tiles_creator._widget.viewing.exported import LayerData
    from napari_tiles_creator._widget.work.worker import Job
    from napari_tiles_creator.engine.back.source_image import SourceImage
    from napari_tiles_creator.engine.back.tiled_image import TiledSource

# Folders beside the dataset in which its images are looked for.
MOST_SIBLINGS = 100
_filling: set[Job] = set()


def dataset_reader(path: str | list[str]) -> Callable[[str], list[LayerData]] | None:
    """Return the reader of a dataset's folder, ``tiles.csv`` or ``tiles.json``; None for anything else."""
    folder = dataset_folder(path) if isinstance(path, str) else None
    if folder is None:
        return None
    return partial(read_dataset, folder)


def dataset_folder(path: str) -> Path | None:
    """Return the folder of the dataset that is meant, None where a path means none."""
    place = Path(path)
    if place.is_file() and place.name in (TABLE, HEAD):
        place = place.parent
    if not Manifest.exists(place):
        return None
    try:
        program = str(Manifest.read_head(place).get("program", ""))
    except DatasetError:
        return None
    return place if program.startswith("napari-tiles-creator") else None


def read_dataset(folder: Path, _: object = None) -> list[LayerData]:
    """Return the images of a dataset, read when they are looked at, and the outlines of their tiles."""
    from napari.utils.notifications import show_info

    from napari_tiles_creator._widget.viewing.exported import FEW, outlines
    from napari_tiles_creator.engine.back.tiled_image import tiled_sources

    sources = tiled_sources(Manifest.read(folder))
    if not sources:
        raise DatasetError(f"{folder}: no tile was exported to it yet")
    if len(sources) > FEW:
        show_info(f"{folder.name}: the first {FEW} of {len(sources)} images are shown")
    places = list(places_of_images(folder))
    layers = []
    for number, source in enumerate(sources[:FEW]):
        for pixels, meta, kind in (_image(source, places), *outlines(source)):
            layers.append((pixels, {**meta, "visible": number == 0}, kind))
    return layers


def places_of_images(folder: Path) -> Iterable[Path]:
    """Return where the images of a dataset may be: where they were at the export, and beside it."""
    from napari_tiles_creator._widget.memory import Memory

    remembered = Memory.load().datasets.get(str(folder.absolute()))
    if remembered:
        place = Path(remembered)
        yield place.parent if place.is_file() else place
    parent = folder.absolute().parent
    yield parent
    try:
        siblings = sorted(place for place in parent.iterdir() if place.is_dir() and place != folder.absolute())
    except OSError:
        return
    yield from siblings[:MOST_SIBLINGS]


def find_image(source: TiledSource, places: Iterable[Path]) -> SourceImage | None:
    """Return the image that a source was: its relative path, its size and its shape must be the same."""
    from napari_tiles_creator.engine.back.source_image import SourceImage

    media = source.recipe.media
    for place in places:
        path = place / source.name
        try:
            if not path.is_file() or path.stat().st_size != source.facts["bytes"]:
                continue
            image = SourceImage(path, media.series, media.rgb)
        except (OSError, SourceError):
            continue
        if list(image.info.shape) == source.facts["shape"] and image.info.dtype.name == source.facts["dtype"]:
            return image
    return None


def _image(source: TiledSource, places: Iterable[Path]) -> LayerData:
    from napari_tiles_creator._widget.viewing.exported import image_layer, source_placement, tile_placement
    from napari_tiles_creator.engine.back.tiled_image import TiledImage

    image: Any = find_image(source, places)
    if image is not None:
        look = {"name": source.stem, "rgb": source.is_rgb, "axis_labels": image.axes}
        placement = source_placement(source)
    else:
        image = TiledImage(source)
        look = {"name": f"{source.stem} (tiles)", "rgb": source.is_rgb, "axis_labels": source.axes}
        placement = tile_placement(source)
    levels, contrast = _levels(image)
    return image_layer(levels, look, placement, contrast, source)


def _levels(image: Any) -> tuple[list[Any], tuple[float, float]]:
    """Return the levels of an image at once; of a large one, the smallest is filled while it is already shown."""
    from napari_tiles_creator._widget.viewing.exported import pyramid
    from napari_tiles_creator._widget.work.worker import Job
    from napari_tiles_creator.engine.back.planes import steps_of

    steps = steps_of(image.plane_shape)
    if len(steps) == 1:
        making = pyramid(image)
        while True:
            try:
                next(making)
            except StopIteration as end:
                levels, contrast = end.value
                return levels, contrast
    last = image.thinned(steps[-1])
    held = np.zeros(last.shape, last.dtype)
    job = Job(
        "Tiles Creator: overview",
        partial(last.fill, held),
        lambda ending: _finish(job, held, ending.error),
        partial(_refresh, held),
    )
    _filling.add(job)
    job.start()
    span = np.iinfo(image.dtype) if image.dtype.kind in "ui" else None
    limits = (float(span.min), float(span.max)) if span else (0.0, 1.0)
    return [image, *(image.thinned(step) for step in steps[1:-1]), held], limits


def _showing(held: Any) -> list[Any]:
    """Return the layers that show what is being filled."""
    import napari

    viewer = napari.current_viewer()
    layers = [] if viewer is None else list(viewer.layers)
    return [layer for layer in layers if getattr(layer, "multiscale", False) and layer.data[-1] is held]


def _refresh(held: Any, _: object = None) -> None:
    """Draw the layers anew that show what is being filled."""
    for layer in _showing(held):
        layer.refresh()


def _finish(job: Job, held: Any, error: TilesError | None) -> None:
    from napari.utils.notifications import show_warning

    from napari_tiles_creator._widget.viewing.picture import value_ranges

    _filling.discard(job)
    for layer in _showing(held):
        layer.refresh()
        if not layer.rgb:
            layer.contrast_limits = value_ranges(held)[1]
    if error is not None:
        show_warning(str(error))
