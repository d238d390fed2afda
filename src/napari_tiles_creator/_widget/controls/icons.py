"""The theme's icons on our buttons, also after the theme was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QIcon

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer


class ThemeIcons:
    """Icons of napari's current theme.

    Parameters
    ----------
    viewer : napari viewer
        Whose theme is followed.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._users: list[tuple[Callable[[QIcon], Any], str]] = []
        viewer.events.theme.connect(self._refresh)

    def icon(self, name: str) -> QIcon:
        """Return an icon of napari's, such as ``"warning"``."""
        return QIcon(f"theme_{self._viewer.theme}:/{name}.svg")

    def keep(self, show: Callable[[QIcon], Any], name: str) -> None:
        """Hand an icon to `show`, now and whenever the theme changes."""
        self._users.append((show, name))
        show(self.icon(name))

    def close(self) -> None:
        """Follow the theme no longer."""
        self._viewer.events.theme.disconnect(self._refresh)
        self._users.clear()

    def _refresh(self, event: object = None) -> None:
        for show, name in self._users:
            show(self.icon(name))
