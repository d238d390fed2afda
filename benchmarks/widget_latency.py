"""How long the dock keeps napari's window waiting: scan, sample, preview, export, slider, redraw.

    python benchmarks/widget_latency.py [--sources 2000] [--size 100000] [--folder SCRATCH]

A window that works through its events one after the other is as fluent as its longest event. Every event is timed,
nested ones included; painting (paint, update and expose events) is napari's and is taken out. "Ours" leaves out, too,
what napari itself needs to take a layer in or out of its list. An image and a shapes layer exist before anything is
measured, because the first layers of a session load shaders and fonts.
Needs a display, or Xvfb: where there is none, a virtual one is started.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

PATIENCE_SECONDS = 60
DRAWING = ("Paint", "UpdateRequest", "UpdateLater", "Expose")


def make_sources(folder: Path, count: int) -> Path:
    """Write many small images."""
    import tifffile

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        tifffile.imwrite(folder / f"field_{number:05d}.tif", rng.integers(0, 4000, (64, 64), np.uint16))
    return folder


def make_large(folder: Path, size: int) -> Path:
    """Write one image of size × size pixels, tiled and compressed, all tiles equal."""
    import tifffile

    folder.mkdir()
    side = 1024
    y, x = np.indices((side, side))
    tile = zlib.compress((128 + 100 * np.sin(y / 40) * np.cos(x / 60)).astype(np.uint8).tobytes())
    tifffile.imwrite(
        folder / "large.tif",
        (tile for _ in range((-(-size // side)) ** 2)),
        shape=(size, size),
        dtype=np.uint8,
        tile=(side, side),
        compression="zlib",
        bigtiff=True,
    )
    return folder


def make_application() -> object:
    """Return a Qt application that times its events; it must be made before napari makes one."""
    from qtpy.QtCore import QEvent
    from qtpy.QtWidgets import QApplication

    drawing = {getattr(QEvent.Type, name) for name in DRAWING}

    class TimedApplication(QApplication):
        def __init__(self) -> None:
            super().__init__(["benchmark"])
            self.depth, self.drawn, self.listed = 0, 0.0, 0.0
            self.forget()

        def forget(self) -> None:
            """Begin to look for the longest event anew."""
            self.longest = self.ours = 0.0

        def notify(self, receiver: object, event: QEvent) -> bool:
            begun = time.perf_counter()
            is_drawing, before, listed = event.type() in drawing, self.drawn, self.listed
            self.depth += 1
            try:
                return super().notify(receiver, event)
            finally:
                self.depth -= 1
                seconds = time.perf_counter() - begun
                if is_drawing:
                    self.drawn = before + seconds
                own = seconds - (self.drawn - before)
                if not self.depth:
                    self.ours = max(self.ours, own - (self.listed - listed))
                    self.longest = max(self.longest, own)

    application = TimedApplication()
    time_layer_list(application)
    return application


def time_layer_list(application: object) -> None:
    """Count the time in which napari takes layers in or out; painting within is painting."""
    from napari.components.layerlist import LayerList

    def timed(method: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*args: object, **kwargs: object) -> object:
            begun, drawn, listed = time.perf_counter(), application.drawn, application.listed
            try:
                return method(*args, **kwargs)
            finally:
                seconds = time.perf_counter() - begun - (application.drawn - drawn)
                application.listed = listed + seconds  # nested calls are part of it

        return wrapper

    for name in ("insert", "remove", "__delitem__"):
        setattr(LayerList, name, timed(getattr(LayerList, name)))


class Window:
    """napari with the dock, and a stopwatch."""

    def __init__(self, application: object) -> None:
        import napari

        self.application = application
        self.viewer = napari.Viewer(show=True)
        _, self.dock = self.viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
        self.turn(1)

    def turn(self, seconds: float = 0.0) -> None:
        """Work through events."""
        end = time.perf_counter() + seconds
        while True:
            self.application.processEvents()
            if time.perf_counter() >= end:
                return
            time.sleep(0.001)

    def until(self, condition: Callable[[], bool]) -> float:
        """Work through events until something is so; return the seconds that took."""
        begun = time.perf_counter()
        while not condition():
            if time.perf_counter() - begun > PATIENCE_SECONDS:
                raise TimeoutError("the window did not come to the expected state")
            self.turn(0.002)
        return time.perf_counter() - begun

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Print the longest wait of the window during something."""
        self.turn(0.3)
        self.application.forget()
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        self.turn(0.3)
        longest, ours = (1000 * value for value in (self.application.longest, self.application.ours))
        print(f"{what:44} ours {ours:6.1f} ms, with napari's layer list {longest:6.1f} ms; {seconds:5.2f} s in all")

    def begin(self, folder: Path, output: Path, **fields: object) -> None:
        """Show a recipe."""
        from napari_tiles_creator import Recipe

        recipe = Recipe.preset("unet", source=folder, output=output)
        self.recipe = recipe.changed({name.replace("__", "."): value for name, value in fields.items()})
        self.dock.set_recipe(self.recipe)

    def planned(self) -> None:
        """Wait for its plan."""
        self.until(lambda: self.dock.plan is not None and self.dock.plan.recipe == self.recipe)

    def layer(self, name: str) -> object:
        """Wait for a layer."""
        self.until(lambda: name in [layer.name for layer in self.viewer.layers])
        return self.viewer.layers[name]


def warm_up(window: Window, folder: Path) -> None:
    """Let an image and a shapes layer exist, and everything be imported."""
    window.viewer.add_image(np.zeros((64, 64)), name="warm")
    window.viewer.add_shapes([[[0, 0], [0, 9], [9, 9], [9, 0]]], name="warm shapes")
    window.begin(make_sources(folder / "warm", 3), folder / "warm_tiles", tiling__size_px=32, tiling__overlap_px=0)
    window.planned()
    window.dock.show_sample()
    window.layer("Sample names")
    window.dock.preview_tiles()
    window.layer("Current tile")
    window.turn(1)


def many_sources(window: Window, folder: Path, count: int) -> None:
    """Scan, sample, preview and export a folder of many small images."""
    dock = window.dock
    images = make_sources(folder / "many", count)
    with window.timed(f"scan of {count} sources"):
        window.begin(images, folder / "many_tiles", tiling__size_px=32, tiling__overlap_px=0)
        window.planned()
    with window.timed("sample"):
        dock.show_sample()
        window.until(lambda: window.layer("Sample mosaic").data.shape[0] > 1000)
    with window.timed("preview"):
        dock.preview_tiles()
        window.layer("Current tile")
        window.turn(1)
    exported(window, f"export of {len(dock.plan)} tiles")


def exported(window: Window, what: str) -> None:
    """Export, and wait for its end."""
    ends: list[object] = []
    window.dock.exportFinished.connect(ends.append)
    with window.timed(what):
        window.dock.export_tiles()
        window.until(lambda: bool(ends))
    window.dock.exportFinished.disconnect(ends.append)


def large_source(window: Window, folder: Path, size: int) -> None:
    """Do the same with one very large image; the export is cancelled after a while."""
    dock, images = window.dock, make_large(folder / "large", size)
    with window.timed(f"scan of {size} × {size} px"):
        window.begin(images, folder / "large_tiles", tiling__size_px=512, normalization__scope="tile")
        window.planned()
    with window.timed("sample"):
        dock.show_sample()
        window.layer("Sample names")
        window.turn(1)
    with window.timed("preview"):
        dock.preview_tiles()
        window.layer("Current tile")
        window.turn(1)
    print(f"    {len(dock.plan)} tiles")
    dock.tiles.show_all.setChecked(False)
    with window.timed("show all tiles"):
        dock.tiles.show_all.setChecked(True)
        window.layer("All tiles")
        window.turn(1)
    slider(window)
    with window.timed("export, cancelled after 5 s"):
        dock.export_tiles()
        window.turn(5)
        dock.cancel()
        window.until(lambda: not dock._exporting.is_running)


def slider(window: Window) -> None:
    """Move the slider, one step after the other, as when it is dragged."""
    slider, layer = window.dock.tiles.slider, window.layer("Current tile")
    times = []
    for value in np.linspace(0, slider.maximum(), 60).astype(int):
        before = tuple(layer.translate)
        window.turn(0.05)
        window.application.forget()
        begun = time.perf_counter()
        slider.setValue(int(value))
        direct = time.perf_counter() - begun
        window.turn(0.05)
        if tuple(layer.translate) != before:
            times.append((direct + window.application.longest) * 1000)
    what = f"slider over {slider.maximum() + 1} tiles"
    print(f"{what:44} median {statistics.median(times):.1f} ms, most {max(times):.1f} ms")


def redraw(window: Window, folder: Path) -> None:
    """Change a setting where 10,000 tiles are drawn."""
    import tifffile

    dock = window.dock
    (folder / "grid").mkdir()
    tifffile.imwrite(folder / "grid" / "grid.tif", np.zeros((4000, 4000), np.uint8), compression="zlib")
    window.begin(folder / "grid", folder / "grid_tiles", tiling__size_px=40, tiling__overlap_px=0)
    window.planned()
    dock.tiles.show_all.setChecked(True)
    dock.preview_tiles()
    window.until(lambda: window.layer("Preview image").data.shape == (4000, 4000))
    window.turn(2)
    window.viewer.scene.camera.zoom *= 4  # far out, only their area is drawn
    window.turn(1)
    times = []
    for overlap in (1, 2, 3, 4, 5):
        drawn = window.layer("All tiles").data[0].copy()
        window.application.forget()
        begun = time.perf_counter()
        dock.tiles.editor("overlap_px").set_value(overlap)
        window.until(lambda drawn=drawn: not np.array_equal(window.layer("All tiles").data[0], drawn))
        times.append((time.perf_counter() - begun) * 1000)
        longest = window.application.longest * 1000
    print(
        f"{f'redraw of {len(dock.plan)} tiles after a change':44} median {statistics.median(times):.0f} ms "
        f"from the key to the layer, longest wait {longest:.1f} ms"
    )


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="for the images; a temporary folder without")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["NAPARI_CONFIG"] = str(folder / "settings.yaml")
        if not os.environ.get("DISPLAY") and sys.platform == "linux":
            from pyvirtualdisplay import Display

            stack.enter_context(Display(size=(1600, 1000)))
        window = Window(make_application())
        warm_up(window, folder)
        many_sources(window, folder, options.sources)
        redraw(window, folder)
        large_source(window, folder, options.size)
        window.dock.clear_state()
        window.viewer.close()


if __name__ == "__main__":
    main()
