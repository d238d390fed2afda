"""A double click on the image picks what lies under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

NAPARIS_ZOOM = "double_click_to_zoom"


class Picking:
    """What a double click in the viewer does; where nothing is picked, it zooms as ever.

    One at a time picks in a viewer: who starts takes over from who did before.

    Parameters
    ----------
    viewer : napari viewer
        Where it is clicked.
    pick : callable
        Gets the position, world; tells whether there was something to pick.
    taken_over : callable
        Called when another one takes over.
    """

    def __init__(self, viewer: Viewer, pick: Callable[[Any], bool], taken_over: Callable[[], None]) -> None:
        self._callbacks = viewer.mouse_double_click_callbacks
        self._pick, self._taken_over = pick, taken_over
        self._zoom: Callable[[Any, Any], None] | None = None

    def start(self) -> None:
        """Pick from now on."""
        if self in self._callbacks:
            return
        for other in [other for other in self._callbacks if isinstance(other, Picking)]:
            other._taken_over()
            other.stop()
        zooms = [i for i, callback in enumerate(self._callbacks) if getattr(callback, "__name__", "") == NAPARIS_ZOOM]
        if zooms:  # napari asks nobody whether a click was used already, so that its zoom is called from here
            self._zoom = self._callbacks[zooms[0]]
            self._callbacks[zooms[0]] = self
        else:
            self._callbacks.append(self)

    def stop(self) -> None:
        """Leave the double click to napari again."""
        if self not in self._callbacks:
            return
        place = self._callbacks.index(self)
        if self._zoom is None:
            del self._callbacks[place]
        else:
            self._callbacks[place] = self._zoom
            self._zoom = None

    def __call__(self, viewer: Any, event: Any) -> None:
        """Pick, or zoom: with Alt as napari does, and while the active layer is being drawn in nothing at all."""
        active = viewer.layers.selection.active
        is_free = active is None or active.mode in ("pan_zoom", "transform")
        if is_free and "Alt" not in event.modifiers and self._pick(event.position):
            event.handled = True
        elif self._zoom is not None:
            self._zoom(viewer, event)
