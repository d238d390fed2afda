"""The images of a dataset one after the other: each becomes a file, and the first few layers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.predicting.merged_layers import file_layer
from napari_tiles_creator._widget.predicting.stages import staged
from napari_tiles_creator._widget.viewing.exported import FEW
from napari_tiles_creator._widget.viewing.merged import Original
from napari_tiles_creator.errors import DatasetError, ExportError, ModelError, SourceError, TilesError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from napari.layers import Layer

    from napari_tiles_creator._widget.predicting.stages import Stage
    from napari_tiles_creator.engine.back.request import Kind
    from napari_tiles_creator.engine.back.tiled_image import TiledSource

    Work = Callable[[TiledSource, Path, str], Generator[Stage, None, Kind]]

# Kinds whose values stand for something.
NUMBERED = ("labels", "classes")
READING = "Reading the result"


@dataclass(frozen=True)
class ImageResult:
    """What became of an image.

    Parameters
    ----------
    original : Original
        The image.
    path : Path
        The file.
    layer : Layer or None
        Shows it; None where enough others are shown.
    """

    original: Original
    path: Path
    layer: Layer | None = None


def each_image(
    sources: Sequence[TiledSource], output: Path, work: Work, called: str, notes: list[str]
) -> Generator[Stage, None, list[ImageResult]]:
    """Make a file of each image, ``{stem}.tif``; an image that fails is told, and the others go on.

    Parameters
    ----------
    sources : sequence of TiledSource
        The images, at least one.
    output : Path
        Folder of the files.
    work : callable
        ``work(source, path, which)`` makes the file and returns what it holds; `which` stands behind the names of its
        stages, `` 2 of 5``, empty where there is one image.
    called : str
        What stands behind the name of an image in that of its layer.
    notes : list of str
        Takes why images failed.

    Raises
    ------
    ExportError
        If one of the files is there already: before anything is done.
    TilesError
        If every image fails: why the first does.
    """
    paths = [output / f"{source.stem}.tif" for source in sources]
    for path in paths:
        refuse_taken(path)
    results: list[ImageResult] = []
    errors: list[TilesError] = []
    for number, (source, path) in enumerate(zip(sources, paths, strict=True), 1):
        try:
            kind = yield from work(source, path, f" {number} of {len(sources)}" if len(sources) > 1 else "")
        except (DatasetError, SourceError, ModelError, ValueError) as error:
            errors.append(_named(source, error) if len(sources) > 1 or not isinstance(error, TilesError) else error)
            continue
        layer = None
        if len(results) < FEW:
            name = f"{source.stem} {'merged' if kind in NUMBERED else called}"
            layer = yield from staged(READING, file_layer(name, path, is_labels=kind in NUMBERED), [])
        results.append(ImageResult(original_of(source), path, layer))
    if not results:
        raise errors[0]
    notes += [str(error) for error in errors]
    return results


def refuse_taken(path: Path) -> None:
    """Raise ExportError if a file is there already."""
    if os.path.lexists(path):
        raise ExportError(f"{path} is there already and may be an image of yours: choose another folder, or move it")


def original_of(source: TiledSource) -> Original:
    """Return what a layer needs to know of an image of a dataset."""
    lengths = dict(zip(source.facts["axes"], source.facts["shape"], strict=True))
    return Original(source.name, source.stem, str(source.folder), (lengths["Y"], lengths["X"]), source.pixel_size)


def _named(source: TiledSource, error: TilesError | ValueError) -> TilesError:
    """Return an error with the name of the image in it."""
    if isinstance(error, TilesError) and source.name in str(error):
        return error
    kind = ModelError if isinstance(error, ModelError) else DatasetError
    return kind(f"{source.name}: {error}")
