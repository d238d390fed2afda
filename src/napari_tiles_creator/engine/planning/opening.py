"""What the recipe says of how files are to be understood, as the sources take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.sources.base import Opening

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.media import Media


def opening_of(media: Media, dataset: str = "") -> Opening:
    """Return how the recipe's sources are to be opened.

    Parameters
    ----------
    media : Media
        The recipe's section.
    dataset : str, default ""
        Path of an array inside one file, which comes before the recipe's.
    """
    return Opening(media.series, media.rgb, media.axes, dataset or media.dataset)
