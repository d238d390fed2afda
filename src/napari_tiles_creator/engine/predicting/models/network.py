"""What all trained networks have in common: tiles in 0…1 go in, maps of classes come out."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.predicting.models.class_maps import are_logits, as_maps, checked
from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.inputs import (
    check_channels,
    check_numbers,
    in_colour,
    noise,
    scaled,
)
from napari_tiles_creator.engine.predicting.models.loaded import LoadedModel
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm


class Network(LoadedModel):
    """A network that is in memory; see `base.Model`.

    Parameters
    ----------
    spec : str
        What the user named it by.
    fingerprint : str
        A checksum of its files.
    batch : int
        Tiles at once.
    """

    def __init__(self, spec: str, fingerprint: str, batch: int) -> None:
        super().__init__(spec, fingerprint, batch)
        self._logits: dict[TileForm, bool] = {}

    def channels(self, form: TileForm) -> int | None:
        """Return how many channels it takes, None for any number."""
        return None

    def check_size(self, form: TileForm) -> None:
        """Refuse tiles of a size that it says it cannot take; see `Model.check`."""
        return

    @abstractmethod
    def run(self, values: NDArray[np.float32], form: TileForm) -> NDArray[Any]:
        """Return what the network makes of tiles, array (n, k, rows, columns).

        Parameters
        ----------
        values : array (n, c, y, x)
            Tiles with their bounds mapped to 0 and 1.
        form : TileForm
            What the tiles were.
        """

    def check(self, form: TileForm) -> None:
        """Refuse tiles that it cannot take: by what it says, then by a trial on noise; see `Model.check`."""
        check_channels(self.channels(form), form, self.spec)
        self.check_size(form)
        self._gives_logits(form)

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; see `Model.predict`."""
        logits = self._gives_logits(form)
        values = scaled(tiles, form)
        check_numbers(values, self.spec)
        output = self._tried(values, form)
        return checked(output, form.shape, self.spec, logits=logits)

    def _gives_logits(self, form: TileForm) -> bool:
        if form not in self._logits:
            try:
                output = self._tried(noise(form, form.channels), form)
            except ModelError as error:
                size = " × ".join(str(length) for length in form.shape)
                raise ModelError(f"{self.spec} cannot take tiles of {size} px: {error}") from error
            self._logits[form] = are_logits(as_maps(output, form.shape, self.spec))
        return self._logits[form]

    def _tried(self, values: NDArray[np.float32], form: TileForm) -> NDArray[Any]:
        if self.channels(form) == 3:
            values = in_colour(values)
        with foreign(f"{self.spec} failed"):
            return self.run(values, form)
