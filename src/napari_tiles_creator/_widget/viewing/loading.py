"""Exported tiles back into the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Layer

from napari_tiles_creator._widget.viewing.exported import chosen, filled_contrast, tiles_layer
from napari_tiles_creator._widget.viewing.exported_outlines import dataset_outlines
from napari_tiles_creator._widget.viewing.layers import KEY, role_of
from napari_tiles_creator._widget.viewing.turns import Turns
from napari_tiles_creator._widget.viewing.view import fit_view
from napari_tiles_creator.errors import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_tiles_creator._widget.panels.export import ExportPanel
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.errors import TilesError

LOADED = "Exported tiles"


class LoadingTiles:
    """What the button Load tiles does.

    Parameters
    ----------
    layers : Layers
        Where they are shown.
    panel : ExportPanel
        Shows that it is under way.
    jobs : Jobs
        Where files are read.
    failed : callable
        Gets the error.
    """

    def __init__(
        self,
        layers: Layers,
        panel: ExportPanel,
        jobs: Jobs,
        failed: Callable[[TilesError], None],
    ) -> None:
        self._layers, self._panel, self._jobs, self._failed = layers, panel, jobs, failed
        self._turns = Turns()

    def close(self) -> None:
        """Add nothing any more; what is there stays."""
        self._turns.stop()

    def start(self, folder: str, image: str) -> None:
        """Load what stands in a folder; of many images, the one of this name."""
        if not folder:
            self._failed(RecipeError.of("export.folder", "choose the folder of the exported tiles"))
            return
        self._turns.stop()
        self._panel.show_loaded("", [])
        self._panel.show_busy("Loading tiles")
        self._jobs.start("load tiles", partial(_load, Path(folder), image), self._show)

    def _show(self, ending: Ending) -> None:
        if ending.error is not None:
            self._panel.show_busy("")
            self._failed(RecipeError.of("export.folder", str(ending.error)))
        elif ending.result is not None:
            loaded: Loaded = ending.result
            old = [layer for layer in self._layers.viewer.layers if role_of(layer) == LOADED]
            self._turns.run(
                *(partial(self._layers.discard, layer) for layer in old),
                *(partial(self._layers.append, layer) for layer in loaded.layers),
                partial(self._tell, loaded),
            )
        else:
            self._panel.show_busy("")

    def _tell(self, loaded: Loaded) -> None:
        """Show the first image, and say what the user does not see."""
        first = loaded.layers[0]
        if first in self._layers.viewer.layers:
            fit_view(self._layers.viewer, first)
        text = (
            f"Shown: {loaded.shown} of {loaded.total} images. Choose another in Tiles and load again."
            if loaded.shown < loaded.total
            else ""
        )
        self._panel.show_busy("")
        self._panel.show_loaded(text, loaded.unread)


@dataclass(frozen=True)
class Loaded:
    """What stands in a folder.

    Parameters
    ----------
    layers : list of Layer
        Of the images that are shown, each with its tiles.
    shown, total : int
        How many images are shown, and how many there are.
    unread : list of str
        Tiles that are missing or damaged.
    """

    layers: list[Layer]
    shown: int
    total: int
    unread: list[str]


def _load(folder: Path, image: str) -> Generator[None, None, Loaded]:
    """Make the layers, in the thread; what stands in the viewer is not touched."""
    from napari_tiles_creator.engine.back.tiled_image import TiledImage, tiled_sources
    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.errors import DatasetError

    sources = tiled_sources(Manifest.read(folder))
    if not sources:
        raise DatasetError(f"{folder}: no tile was exported to it yet")
    layers: list[Layer] = []
    unread: list[str] = []
    picked = chosen(sources, image)
    for number, source in enumerate(picked):
        tiled = TiledImage(source)
        contrast = yield from filled_contrast(tiled)
        unread += [row.tile for row in source.rows if row.tile in tiled.unread]
        for pixels, meta, kind in (tiles_layer(tiled, source, contrast), *dataset_outlines(source)):
            meta["metadata"][KEY]["role"] = LOADED  # replaced by what is loaded next
            layers.append(Layer.create(pixels, {**meta, "visible": number == 0}, kind))
            yield
    return Loaded(layers, len(picked), len(sources), unread)
