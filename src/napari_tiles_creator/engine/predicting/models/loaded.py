"""What is the same of all models that are in memory: a name, what they are made of, and how many tiles they take."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import Gives, Model, TileForm


class LoadedModel(ABC):
    """A model that depends on no image and gives probabilities; see `base.Model`.

    Parameters
    ----------
    spec : str
        What the user named it by.
    fingerprint : str
        A checksum of what it is made of.
    batch : int
        Tiles at once.
    """

    def __init__(self, spec: str, fingerprint: str, batch: int) -> None:
        self._spec, self._fingerprint, self._batch = spec, fingerprint, batch

    @property
    def spec(self) -> str:
        """What the user named it by."""
        return self._spec

    @property
    def gives(self) -> Gives:
        """Probabilities."""
        return "probabilities"

    @property
    def fingerprint(self) -> str:
        """A checksum of what it is made of."""
        return self._fingerprint

    @property
    def batch(self) -> int:
        """Tiles at once."""
        return self._batch

    @abstractmethod
    def check(self, form: TileForm) -> None:
        """Refuse tiles that it cannot take; see `Model.check`."""

    def fitted(self, tiles: Iterable[NDArray[Any]]) -> Model:
        """Return the model itself; see `Model.fitted`."""
        return self

    @abstractmethod
    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; see `Model.predict`."""
