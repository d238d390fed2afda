"""A dataset dropped on napari: its images with the tiles drawn over them, a colour a split."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.words import grouped
from napari_tiles_creator.engine.export.manifest import HEAD, TABLE, Manifest
from napari_tiles_creator.engine.planning.fingerprint import fingerprint
from napari_tiles_creator.engine.planning.opening import open_found
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.errors import DatasetError, SourceError
from napari_tiles_creator.sources.folder import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from napari_tiles_creator._widget.viewing.exported import LayerData
    from napari_tiles_creator._widget.work.worker import Ending, Job
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.pictures.source_image import SourceImage
    from napari_tiles_creator.engine.pixels.pyramid import Pyramid
    from napari_tiles_creator.sources.base import SourceInfo

    Filling = tuple[Pyramid, tuple[float, float] | None]

# Folders beside the dataset in which its images are looked for.
MOST_SIBLINGS = 100
# All of them are made while the window waits, a fifth of a millisecond each.
MOST_SHAPES = 1_000
# Tiles that a message names.
NAMED = 3
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

    from napari_tiles_creator._widget.viewing.exported import FEW
    from napari_tiles_creator._widget.viewing.exported_outlines import dataset_outlines
    from napari_tiles_creator.engine.back.tiled_image import tiled_sources

    sources = tiled_sources(Manifest.read(folder))
    if not sources:
        raise DatasetError(f"{folder}: no tile was exported to it yet")
    if len(sources) > FEW:
        show_info(f"{folder.name}: the first {FEW} of {len(sources)} images are shown")
    shown = sources[:FEW]
    places = list(places_of_images(folder))
    images = [_image(source, places) for source in shown]
    contrasts = _fill(images)
    layers = []
    most = MOST_SHAPES // len(shown)
    for number, (source, image) in enumerate(zip(shown, images, strict=True)):
        for pixels, meta, kind in (
            _image_layer(image, source, contrasts[number]),
            *dataset_outlines(source, most, most),
        ):
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
    from napari_tiles_creator.engine.pictures.source_image import SourceImage

    media = source.recipe.media
    for place in places:
        path = place / source.name
        try:
            if not path.is_file() or path.stat().st_size != source.facts["bytes"]:
                continue
            image = SourceImage(open_found(Found(path.name, path, source.stem), media))
        except (OSError, SourceError):
            continue
        if _is_same(image.info, source.facts):
            return image
    return None


def _is_same(info: SourceInfo, facts: dict[str, Any]) -> bool:
    """Tell whether a file is the one that was exported; a dataset of an earlier version has no fingerprints."""
    known = facts.get("fingerprint")
    return (
        list(info.shape) == facts["shape"]
        and info.dtype.name == facts["dtype"]
        and (known is None or fingerprint(info.files) == known)
    )


def _image(source: TiledSource, places: Iterable[Path]) -> Pyramid:
    from napari_tiles_creator.engine.back.tiled_image import TiledImage

    return find_image(source, places) or TiledImage(source)


def _image_layer(image: Pyramid, source: TiledSource, contrast: tuple[float, float]) -> LayerData:
    from napari_tiles_creator._widget.viewing.exported import image_layer, source_placement, tiles_layer
    from napari_tiles_creator.engine.back.tiled_image import TiledImage

    if isinstance(image, TiledImage):
        return tiles_layer(image, source, contrast)
    return image_layer(image, source, source.stem, source_placement(source), contrast)


def _fill(images: list[Pyramid]) -> list[tuple[float, float]]:
    """Fill small images at once, the others while they are already shown; return the contrast of each until then."""
    from napari_tiles_creator._widget.viewing.exported import filled_contrast
    from napari_tiles_creator._widget.work.worker import Job
    from napari_tiles_creator.engine.pixels.pyramid import MOST_PIXELS

    contrasts, large = [], []
    for image in images:
        if image.cost() * len(images) <= MOST_PIXELS:
            contrasts.append(result_of(filled_contrast(image)))
        else:
            large.append(image)
            contrasts.append(_full_range(image))
    if unread := _unread(images):
        _warn(unread)
    if large:
        job = Job(
            "Tiles Creator: overview", partial(_filling_steps, large), lambda ending: _finish(job, ending), _refresh
        )
        _filling.add(job)
        job.start()
    return contrasts


def _full_range(image: Pyramid) -> tuple[float, float]:
    if image.dtype.kind not in "ui":
        return 0.0, 1.0
    span = np.iinfo(image.dtype)
    return float(span.min), float(span.max)


def _filling_steps(images: list[Pyramid]) -> Generator[Filling, None, set[str]]:
    """Fill images one after the other; tell at each step which it is, and at its end its contrast."""
    from napari_tiles_creator._widget.viewing.exported import filled_contrast

    for image in images:
        steps = filled_contrast(image)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                yield image, end.value
                break
            yield image, None
    return _unread(images)


def _unread(images: list[Pyramid]) -> set[str]:
    """Return the tiles of some images that could not be read so far."""
    from napari_tiles_creator.engine.back.tiled_image import TiledImage

    return {name for image in images if isinstance(image, TiledImage) for name in image.unread}


def _refresh(batch: list[Filling]) -> None:
    """Draw the layers anew that show what is being filled."""
    contrast_of = {id(image): contrast for image, contrast in batch}
    for image in {id(image): image for image, _ in batch}.values():
        for layer in _showing(image):
            contrast = contrast_of[id(image)]
            layer.refresh()
            # What the user has set meanwhile stays.
            if contrast is not None and not layer.rgb and tuple(layer.contrast_limits) == _full_range(image):
                layer.contrast_limits = contrast


def _showing(image: Pyramid) -> list[Any]:
    """Return the layers that show an image."""
    import napari

    viewer = napari.current_viewer()
    layers = [] if viewer is None else list(viewer.layers)
    levels = [layer.data[0] if getattr(layer, "multiscale", False) else layer.data for layer in layers]
    return [layer for layer, level in zip(layers, levels, strict=True) if getattr(level, "pixels", None) is image]


def _finish(job: Job, ending: Ending) -> None:
    from napari.utils.notifications import show_warning

    _filling.discard(job)
    if ending.error is not None:
        show_warning(str(ending.error))
    elif ending.result:
        _warn(ending.result)


def _warn(unread: set[str]) -> None:
    """Name tiles that are shown black."""
    from napari.utils.notifications import show_warning

    more = f" and {grouped(len(unread) - NAMED)} more" if len(unread) > NAMED else ""
    show_warning(f"Missing or damaged tiles, shown black: {', '.join(sorted(unread)[:NAMED])}{more}")
