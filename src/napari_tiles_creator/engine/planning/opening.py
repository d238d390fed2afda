"""Open sources as the recipe says that they are to be understood."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import UnclearAxesError
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.channel_files import open_channel_files
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.base import Source
    from napari_tiles_creator.sources.folder import Found


def open_found(found: Found, media: Media) -> Source:
    """Open a source; reads its header only.

    The recipe's axes count where the file tells none, or where they are to overrule what it tells.

    Parameters
    ----------
    found : Found
        The file, or files.
    media : Media
        The recipe's section.

    Raises
    ------
    SourceError
        If it cannot be read, or its axes are not clear.
    """
    opening = Opening(media.series, media.rgb, media.axes, found.dataset or media.dataset)
    if media.axes and not media.overrule_axes:
        try:
            return _opened(found, replace(opening, axes=None))
        except UnclearAxesError:
            pass
    return _opened(found, opening)


def _opened(found: Found, opening: Opening) -> Source:
    if found.channels:
        return open_channel_files(found.path, found.channels, opening)
    return open_source(found.path, opening)
