"""The pixels of the previewed plane in the viewer: read where they are others, or the user's own layer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing.layers import CURRENT_TILE, MOSAIC, NAMES, PICTURE, PREVIEW_ROLES
from napari_tiles_creator._widget.viewing.picture import read_picture
from napari_tiles_creator._widget.viewing.placement import image_placement, in_unit, place
from napari_tiles_creator._widget.viewing.turns import Turns
from napari_tiles_creator._widget.viewing.view import fit_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.picture import Picture
    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.errors import TilesError

PURPOSE = "preview image"


class PictureLayer:
    """What lies beneath the tiles.

    Parameters
    ----------
    layers : Layers
        Where it is shown.
    jobs : Jobs
        Where pixels are read.
    shown : callable
        Called when the pixels of the latest subject are in the viewer.
    failed : callable
        Told when they cannot be read.
    """

    def __init__(
        self, layers: Layers, jobs: Jobs, shown: Callable[[], None], failed: Callable[[TilesError], None]
    ) -> None:
        self._layers, self._jobs, self._shown, self._failed = layers, jobs, shown, failed
        self._subject: Subject | None = None
        self._before: Subject | None = None  # whose picture is in the viewer
        self._pixels: tuple[Any, ...] = ()
        self._wants_fit = False
        self._turns = Turns()

    def show(self, subject: Subject) -> None:
        """Show a plane; the pixels are read only where they are others."""
        self._subject = subject
        if subject.layer is not None:
            self.forget()
            self._layers.remove(PICTURE, MOSAIC, NAMES)
            subject.turn_to(self._layers.viewer)
            self._shown()
        elif subject.pixels != self._pixels:
            self._pixels = subject.pixels
            of_plane = replace(subject.image, planes=(subject.image.planes[subject.plane],))
            self._jobs.start(PURPOSE, partial(read_picture, of_plane, subject.plan.recipe.media), self._end)
        elif not self._jobs.is_running(PURPOSE):
            if (layer := self._layers.find(PICTURE)) is not None:
                place(layer, image_placement(subject.image))
            self._shown()

    def forget(self) -> None:
        """Give up what is under way; the next plane is read whatever it is."""
        self._jobs.drop(PURPOSE)
        self._turns.stop()
        self._pixels = ()

    def contrast(self, subject: Subject) -> tuple[float, float] | None:
        """Return what is shown as black and white in the image, None for colours."""
        layer = subject.layer if subject.layer is not None else self._layers.find(PICTURE)
        return None if layer is None or layer.rgb else tuple(layer.contrast_limits)

    def _end(self, ending: Ending) -> None:
        if ending.error is not None:
            self._pixels = ()
            self._failed(ending.error)
        elif ending.result is not None:
            foreign = [role for role in (MOSAIC, NAMES) if self._layers.find(role) is not None]
            if self._subject is not None:
                foreign += self._in_other_units(image_placement(self._subject.image).unit)
            removals = (partial(self._layers.remove, role) for role in foreign)
            self._turns.run(*removals, partial(self._put, ending.result), self._shown, self._fit)

    def _in_other_units(self, unit: str) -> list[str]:
        """Return the roles whose layers lie in other units than the picture will: side by side napari shows none."""
        found = {role: self._layers.find(role) for role in PREVIEW_ROLES if role != PICTURE}
        return [role for role, layer in found.items() if layer is not None and not in_unit(layer, unit)]

    def _put(self, picture: Picture) -> None:
        subject = self._subject
        if subject is None:
            return
        before = self._before if self._layers.find(PICTURE) is not None else None
        self._before = subject
        keeps_contrast = before is not None and before.values == subject.values
        limits = (None, None) if keeps_contrast else (picture.limits, picture.contrast)
        self._layers.show_image(PICTURE, picture.pixels, image_placement(subject.image), *limits)
        self._wants_fit = before is None or before.area != subject.area

    def _fit(self) -> None:
        """Let a new image fill the canvas, with the padding of a tile that is larger than it."""
        layers = [self._layers.find(role) for role in (PICTURE, CURRENT_TILE)]
        if self._wants_fit:
            fit_view(self._layers.viewer, *(layer for layer in layers if layer is not None))
        self._wants_fit = False
