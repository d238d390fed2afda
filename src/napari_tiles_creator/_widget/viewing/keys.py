"""Keys of the viewer that belong to us for a while; keys that someone else has taken stay theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari.viewer import Viewer


class Keys:
    """Keys bound in a viewer.

    Parameters
    ----------
    viewer : napari viewer
        Where they are pressed.
    actions : mapping
        Key as napari writes it → what it does.
    """

    def __init__(self, viewer: Viewer, actions: Mapping[str, Callable[[], None]]) -> None:
        self._viewer = viewer
        self._actions = {key: _Action(act) for key, act in actions.items()}

    def start(self) -> None:
        """Bind them; those of another dock of ours change hands."""
        for key, action in self._actions.items():
            bound = self._bound(key)
            if bound is None or isinstance(bound, _Action):
                self._viewer.bind_key(key, action, overwrite=True)

    def stop(self) -> None:
        """Give them back."""
        for key, action in self._actions.items():
            if self._bound(key) is action:
                self._viewer.bind_key(key, None)

    def _bound(self, key: str) -> Any:
        """Return what a key does in the viewer already, None for nothing."""
        from napari.utils.key_bindings import coerce_keybinding

        return self._viewer.keymap.get(coerce_keybinding(key))


class _Action:
    """What a key does; napari calls it with the viewer."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.__name__ = "tiles_creator"  # napari asks for it

    def __call__(self, viewer: Any) -> None:
        self._act()
