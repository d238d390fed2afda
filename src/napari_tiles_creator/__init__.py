"""From folders of microscopy images to tiles ready to retrain a model, and back.

The public names are imported when they are first used, so that importing the package costs nothing and
the command line starts at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME_OF = {
    "Recipe": "napari_tiles_creator.recipe.document",
    "TileGrid": "napari_tiles_creator.geometry.grid",
    "make_plan": "napari_tiles_creator.engine.planning.plan",
    "run": "napari_tiles_creator.engine.export.run",
    "merge": "napari_tiles_creator.engine.back.merge",
    "cut_array": "napari_tiles_creator.engine.back.arrays",
    "merge_arrays": "napari_tiles_creator.engine.back.arrays",
    "merge_bands": "napari_tiles_creator.engine.back.arrays",
    "TilesCreatorWidget": "napari_tiles_creator._widget.dock",
}

# Without the widget: a star import must work where there is no napari.
__all__ = [
    "Recipe",
    "TileGrid",
    "__version__",
    "cut_array",
    "make_plan",
    "merge",
    "merge_arrays",
    "merge_bands",
    "run",
]

if TYPE_CHECKING:
    from napari_tiles_creator.engine.back.arrays import cut_array, merge_arrays, merge_bands
    from napari_tiles_creator.engine.back.merge import merge
    from napari_tiles_creator.engine.export.run import run
    from napari_tiles_creator.engine.planning.plan import make_plan
    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.recipe.document import Recipe


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
