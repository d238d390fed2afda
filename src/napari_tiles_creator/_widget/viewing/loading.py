"""Exported tiles back into the viewer."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari.layers import Layer

from napari_tiles_creator._widget.viewing.exported import assembled, chosen, outlines
from napari_tiles_creator._widget.viewing.layers import KEY
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

    def start(self, folder: str, image: str) -> None:
        """Load what stands in a folder; of many images, the one of this name."""
        if not folder:
            self._failed(RecipeError.of("export.folder", "choose the folder of the exported tiles"))
            return
        self._panel.show_loaded("", [])
        self._panel.show_busy("Loading tiles")
        self._jobs.start("load tiles", partial(_load, Path(folder), image), self._show)

    def _show(self, ending: Ending) -> None:
        self._panel.show_busy("")
        if ending.error is not None:
            self._failed(RecipeError.of("export.folder", str(ending.error)))
        elif ending.result is not None:
            layers, shown, total, missing = ending.result
            viewer, active = self._layers.viewer, self._layers.viewer.layers.selection.active
            self._layers.remove(LOADED)
            for layer in layers:
                viewer.add_layer(layer)
            if active is not None and active in viewer.layers:
                viewer.layers.selection.active = active
            fit_view(viewer, layers[0])
            text = f"Shown: {shown} of {total} images. Choose another in Tiles and load again." if shown < total else ""
            self._panel.show_loaded(text, missing)


def _load(folder: Path, image: str) -> Generator[None, None, tuple[list[Layer], int, int, list[str]]]:
    """Make the layers, in the thread; what stands in the viewer is not touched."""
    from napari_tiles_creator.engine.back.tiled_image import tiled_sources
    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.errors import DatasetError

    manifest = Manifest.read(folder)
    sources = tiled_sources(manifest)
    if not sources:
        raise DatasetError(f"{folder}: no tile was exported to it yet")
    layers: list[Layer] = []
    missing: list[str] = []
    picked = chosen(sources, image)
    for number, source in enumerate(picked):
        missing += source.missing()
        yield
        data = [(yield from assembled(source)), *outlines(source)]
        for pixels, meta, kind in data:
            meta["metadata"][KEY]["role"] = LOADED  # replaced by what is loaded next
            layers.append(Layer.create(pixels, {**meta, "visible": number == 0}, kind))
            yield
    return layers, len(picked), len(sources), missing
