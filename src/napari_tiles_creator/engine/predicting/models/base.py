"""What every model can do, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

# Probabilities of each class, or the number of the object that each pixel belongs to.
Gives = Literal["probabilities", "labels"]


@dataclass(frozen=True, slots=True)
class TileForm:
    """What the tiles of a dataset look like to a model.

    Parameters
    ----------
    shape : (int, int)
        Height and width of a tile's file, padding included, px.
    channels : int
        Values of a pixel: 1 for grey, 3 in colour, else the number of channels.
    dtype : str
        Type of the tiles.
    low, high : float
        What the dataset's normalization maps its ranges to: models get ``(x - low) / (high - low)``, 0…1. Tiles that
        were not normalized have the limits of their type, or None where that has none (floats): they stay as they are.
    """

    shape: tuple[int, int]
    channels: int
    dtype: str
    low: float | None
    high: float | None


class Model(Protocol):
    """Segments tiles."""

    @property
    def spec(self) -> str:
        """What the user named it by."""
        ...

    @property
    def gives(self) -> Gives:
        """What `predict` returns."""
        ...

    @property
    def fingerprint(self) -> str:
        """A checksum of what it is made of: predictions of another one are never taken for its own."""
        ...

    @property
    def batch(self) -> int:
        """How many tiles it takes at once at most; 1 or more."""
        ...

    def check(self, form: TileForm) -> None:
        """Refuse tiles that it cannot take.

        Raises
        ------
        ModelError
            If the size, the number of channels or the type of the tiles does not fit its input; the sentence says what
            it wants and what the tiles are.
        """
        ...

    def fitted(self, tiles: Iterable[NDArray[Any]]) -> Model:
        """Return the model for one image, of which these are all tiles; itself where it depends on none.

        Parameters
        ----------
        tiles : iterable of array (y, x) or (y, x, c)
            Parts of the image, in any size: its pixels, each once at best. Read only by models that need all of them,
            such as thresholds; a function of the user's takes the first, to learn what it returns.

        Raises
        ------
        ModelError
            If the image does not tell what the model needs of it.
        """
        ...

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; called from one thread at a time.

        Parameters
        ----------
        tiles : array (n, y, x) or (n, y, x, c)
            As in their files, n at most `batch`.
        form : TileForm
            What they are.

        Returns
        -------
        result : array (n, k, y, x), float32, probabilities 0…1 of classes 0…k-1, which sum to 1 (class 0 is
            background); or array (n, y, x), uint32, numbers of objects, 0 for none

        Raises
        ------
        ModelError
            If it fails, or returns something else.
        """
        ...
