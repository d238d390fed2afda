"""Take the screenshots of the documentation: a real napari, driven as a user drives it, on generated images.

Usage: ``python scripts/make_screenshots.py [NAME ...]``; without names, all of them. Where there is no display, a
virtual one is started.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = Path(__file__).absolute().parents[1] / "docs" / "images"
WINDOW = (1280, 720)
PATIENCE_SECONDS = 60


class Stage:
    """A napari window with the dock in it, and a folder of samples."""

    def __init__(self, folder: Path) -> None:
        import napari

        from napari_tiles_creator.engine.samples.bundled import write_samples

        os.chdir(folder)  # so that paths in the pictures are short, and nobody's own
        self.folder = Path()
        self.images = Path("samples", "images")
        write_samples(Path("samples"))
        self.viewer = napari.Viewer()
        _, self.dock = self.viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
        self.viewer.window.resize(*WINDOW)
        self.wait(0.5)

    def begin(self, **fields: object) -> None:
        """Start from the preset for a UNet on the samples."""
        from napari_tiles_creator import Recipe

        self.dock.clear_state()
        recipe = Recipe.preset("unet", source=self.images, output="tiles")
        recipe = recipe.changed({name.replace("__", "."): value for name, value in fields.items()})
        self.dock.set_recipe(recipe)
        self.until(lambda: self.dock.plan is not None and self.dock.plan.recipe == recipe)

    def wait(self, seconds: float) -> None:
        """Let the window live."""
        from qtpy.QtWidgets import QApplication

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            QApplication.processEvents()
            time.sleep(0.01)

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the window did not come to the expected state")
            self.wait(0.05)

    def layer(self, name: str) -> None:
        """Wait for a layer."""
        self.until(lambda: name in [layer.name for layer in self.viewer.layers])

    def only(self, *panels: str) -> None:
        """Unfold these panels and fold the others."""
        for name, panel in self.dock.column.panels.items():
            panel.header.unfold(name in panels)
        self.wait(0.4)

    def shoot(self, name: str) -> None:
        """Save the whole window."""
        self.wait(0.6)
        self.viewer.screenshot(IMAGES / f"{name}.png", canvas_only=False, flash=False)

    def shoot_panel(self, name: str, panel: object) -> None:
        """Save one panel."""
        self.wait(0.4)
        panel.grab().save(str(IMAGES / f"{name}.png"))


def media(stage: Stage) -> None:
    """Show the table of sources, and a sample."""
    stage.begin()
    stage.only("media")
    stage.dock.show_sample()
    stage.layer("Sample names")
    stage.shoot("media")


def calibration(stage: Stage) -> None:
    """Show two pixel sizes in one folder."""
    import tifffile

    folder = stage.folder / "two_microscopes"
    folder.mkdir(exist_ok=True)
    for number, path in enumerate(sorted(stage.images.glob("*.tif"))):
        size = (0.65, 0.325)[number % 2]
        pixels = tifffile.imread(path)[: 1024 >> (number % 2)]
        tifffile.imwrite(folder / path.name, pixels, imagej=True, resolution=(1 / size,) * 2, metadata={"unit": "um"})
    stage.begin(media__folder=str(folder), calibration__enabled=True)
    stage.only("calibration")
    stage.shoot_panel("calibration", stage.dock.calibration)


def normalization(stage: Stage) -> None:
    """Show histograms of one image before and after."""
    stage.begin(normalization__percentiles=(1, 99.8))
    stage.only("normalization")
    stage.until(lambda: len(stage.dock.normalization.after.counts) > 0)
    stage.shoot_panel("normalization", stage.dock.normalization)


def tiles(stage: Stage) -> None:
    """Show the pattern over an image, some tiles left out."""
    stage.begin(tiling__size_px=192, tiling__overlap_px=32, tiling__min_foreground=0.02)
    stage.only("tiling")
    stage.dock.tiles.show_all.setChecked(True)
    stage.dock.preview_tiles()
    stage.layer("All tiles")
    stage.wait(1)
    stage.dock.tiles.slider.setValue(15)
    stage.shoot("tiles")


def export(stage: Stage) -> None:
    """Show a finished export."""
    stage.begin(tiling__size_px=256, tiling__overlap_px=64)
    stage.only("export")
    with _told(stage.dock.exportFinished) as reports:
        stage.dock.export_tiles()
        stage.until(lambda: bool(reports))
    stage.wait(1)
    stage.shoot_panel("export", stage.dock)


def annotations(stage: Stage) -> None:
    """Show the annotations over an image, and the tiles of each split."""
    stage.begin(**_annotated(stage), tiling__size_px=128, tiling__overlap_px=16)
    stage.only("tiling")
    stage.dock.tiles.show_all.setChecked(True)
    stage.dock.preview_tiles()
    stage.layer("Annotated labels")
    stage.layer("All tiles")
    stage.wait(1)
    stage.dock.tiles.slider.setValue(12)
    stage.shoot("annotations")


def annotated_export(stage: Stage) -> None:
    """Show the Export panel with annotations, a layout and a split."""
    stage.begin(**_annotated(stage), tiling__size_px=128, tiling__overlap_px=16, export__layout="pairs")
    stage.only("export", "annotations")
    stage.shoot_panel("annotated_export", stage.dock.export)


def predict(stage: Stage) -> None:
    """Show a layer that was segmented in place."""
    import numpy as np
    import tifffile

    stage.begin(tiling__size_px=256, tiling__overlap_px=64)
    stage.only("predict")
    path = sorted(stage.images.glob("*.tif"))[0]
    pixels = tifffile.imread(path)
    black, white = np.percentile(pixels, (0.5, 99.8))
    place = {"scale": (0.65, 0.65), "units": ("um", "um")}
    stage.viewer.add_image(pixels, name=path.stem, contrast_limits=(black, white), **place)
    stage.viewer.fit_to_view()
    stage.dock.predict.editor("of").set_value("layer")
    with _told(stage.dock.merged) as reports:
        stage.dock.predict_and_merge()
        stage.until(lambda: bool(reports))
    stage.shoot("predict")
    stage.viewer.layers.clear()


def _annotated(stage: Stage) -> dict[str, object]:
    """Return the fields of a recipe with label images, shared out by blocks."""
    labels = str(stage.images.parent / "masks")
    split = {"train": 0.7, "val": 0.3, "by": "blocks"}
    return {"annotations__labels": labels, "annotations__classes": ("microglia",), "export__split": split}


def widget(stage: Stage) -> None:
    """Take the picture in the README: the whole window."""
    stage.begin(calibration__enabled=True, export__folder="calibrated_tiles")
    stage.only("media", "calibration", "normalization", "tiling", "export")
    stage.dock.tiles.show_all.setChecked(True)
    stage.dock.preview_tiles()
    stage.layer("All tiles")
    stage.wait(1)
    stage.dock.tiles.slider.setValue(11)
    stage.shoot("widget")


class _told:
    """Collect what a signal says."""

    def __init__(self, signal: object) -> None:
        self._signal, self._said = signal, []

    def __enter__(self) -> list[object]:
        self._signal.connect(self._said.append)
        return self._said

    def __exit__(self, *_: object) -> None:
        self._signal.disconnect(self._said.append)


# The export comes last: it leaves a notice in the window.
SCENES = (media, calibration, normalization, tiles, annotations, annotated_export, predict, widget, export)
PICTURES = {scene.__name__: scene for scene in SCENES}


def main(names: list[str]) -> int:
    """Take the pictures that are named."""
    unknown = set(names) - set(PICTURES)
    if unknown:
        print(f"no picture is called {', '.join(sorted(unknown))}: there are {', '.join(PICTURES)}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(os.chdir, os.getcwd())
        os.environ["NAPARI_CONFIG"] = str(folder / "settings.yaml")  # nothing of the user's own settings
        if not os.environ.get("DISPLAY") and sys.platform == "linux":
            from pyvirtualdisplay import Display

            stack.enter_context(Display(size=(1600, 1000)))
        IMAGES.mkdir(parents=True, exist_ok=True)
        stage = Stage(folder)
        for name in names or PICTURES:
            PICTURES[name](stage)
            print(IMAGES / f"{name}.png")
        stage.dock.clear_state()
        stage.viewer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
