"""A line of text on the canvas, which is the user's: what stood there comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.viewer import Viewer


class Notice:
    """Our words on the canvas.

    Parameters
    ----------
    viewer : napari viewer
        Whose canvas.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._shown = ""
        self._before: tuple[str, bool] = ("", False)

    def show(self, text: str) -> None:
        """Show a text; an empty one brings back what stood there before."""
        overlay = self._viewer.canvas.overlays.text
        if text == self._shown:
            return
        is_ours = bool(self._shown) and overlay.text == self._shown
        if text and not is_ours:
            self._before = (overlay.text, overlay.visible)
        if text:
            overlay.text, overlay.visible = text, True
        elif is_ours:
            overlay.text, overlay.visible = self._before
        self._shown = text
