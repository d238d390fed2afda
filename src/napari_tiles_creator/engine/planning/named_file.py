"""One file that somebody names, opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.opening import open_found
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.recipe.media import Media
from napari_tiles_creator.sources.folder import find_sources

if TYPE_CHECKING:
    from napari_tiles_creator.sources.base import Source


def open_named(name: str, media: Media | None = None) -> Source:
    """Open one file by its path; reads the header only.

    Parameters
    ----------
    name : str
        The path, which may name an array inside the file: ``file.h5#/path``.
    media : Media, optional
        How the file is to be understood, as the recipe says it of a whole folder.

    Raises
    ------
    SourceError
        If there is no such file, or it cannot be read.
    """
    found = find_sources(name)
    if len(found) != 1 or (found[0].path != Path(name) and not found[0].dataset):
        raise SourceError(f"{name} is a folder: name one file in it")
    return open_found(found[0], media or Media())
