"""The folder of the results: they may not lie among the images, where they would be taken for some."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.placing import real_path, same_place
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.media import Media


def check_output(output: Path | None, media: Media) -> None:
    """Refuse a folder for results that is a file, is that of the images, or lies inside it.

    Parameters
    ----------
    output : Path or None
        Where results go; None is memory.
    media : Media
        Which images there are.

    Raises
    ------
    ExportError
        What it is.
    """
    if output is None:
        return
    existing = next((path for path in (output, *output.parents) if os.path.lexists(path)), output)
    if existing.exists() and not existing.is_dir():
        raise ExportError(f"OUTPUT {existing} is a file: name a folder for the results")
    if media.folder == OPEN_LAYERS:  # nowhere on the disk, so that no folder is too near
        return
    place, source = real_path(output), real_path(Path(media.folder))
    # The folder of a single image may hold anything else.
    images = source.parent if source.is_file() else source
    if same_place(place, images):
        relation = "is the folder of the images"
    elif not source.is_file() and any(same_place(images, parent) for parent in place.parents):
        relation = "lies inside the folder of the images"
    else:
        return
    raise ExportError(f"OUTPUT {output} {relation}: choose another")
