"""Thresholds: what is brighter (or darker) than a value that an image itself tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.class_maps import two_classes
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import Gives, Model, TileForm

METHODS = ("otsu", "li")
DARK = "-dark"
# Up to so many pixels of an image all of them count, beyond every second, fourth, … one.
MOST_PX = 1 << 24


@dataclass(frozen=True)
class ThresholdModel:
    """One threshold for a whole image, by scikit-image.

    Of colours the sum counts. The threshold itself belongs to the dark pixels, NaN to neither: it is background.

    Parameters
    ----------
    spec : str
        ``otsu`` or ``li``; with ``-dark`` behind it what is darker is class 1.
    batch : int
        Tiles at once.
    threshold : float or None
        Of the image that it was fitted to; None before.
    has_nan : bool
        Whether that image holds pixels that are no numbers.
    """

    spec: str
    batch: int = 1
    threshold: float | None = None
    has_nan: bool = False

    @property
    def gives(self) -> Gives:
        """Probabilities, 0 or 1."""
        return "probabilities"

    @property
    def fingerprint(self) -> str:
        """Its name: it is made of nothing else."""
        return self.spec

    def check(self, form: TileForm) -> None:
        """Refuse tiles of several channels; see `Model.check`."""
        if form.channels not in (1, 3):
            raise ModelError(
                f"{self.spec} takes grey or coloured tiles, and these have {form.channels} channels: export tiles of "
                f"one with media.channel"
            )

    def fitted(self, tiles: Iterable[NDArray[Any]]) -> ThresholdModel:
        """Return the model with the threshold of an image; see `Model.fitted`.

        Raises
        ------
        ModelError
            If there is no pixel with a number in it.
        """
        from skimage.filters import threshold_li, threshold_otsu

        missing = [False]

        def seen() -> Iterator[NDArray[Any]]:
            for tile in tiles:
                missing[0] |= tile.dtype.kind == "f" and bool(np.isnan(tile).any())
                yield tile

        values = sampled(seen())
        if not len(values):
            raise ModelError(f"{self.spec} finds no threshold: no pixel of the image holds a number")
        # A constant image has no two sides: nothing is over its threshold, and nothing is to be below it.
        if values.min() == values.max():
            return replace(self, threshold=np.nan, has_nan=missing[0])
        method = threshold_otsu if self.spec.removesuffix(DARK) == "otsu" else threshold_li
        return replace(self, threshold=float(method(values)), has_nan=missing[0])

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; see `Model.predict`."""
        if self.threshold is None:
            raise ModelError(f"{self.spec} has no threshold yet: it is taken from a whole image first (fitted)")
        values = signal(tiles, form.channels == 3)
        with np.errstate(invalid="ignore"):
            found = values <= self.threshold if self.spec.endswith(DARK) else values > self.threshold
        return two_classes(found[:, None].astype(np.float32))


def threshold_notes(model: Model, in_colour: bool) -> Iterator[str]:
    """Yield what a user may not expect of a threshold on tiles such as these; nothing of other models.

    Parameters
    ----------
    model : Model
        Fitted to an image or not: only then it is known whether that holds pixels that are no numbers.
    in_colour : bool
        Whether the tiles have three channels.
    """
    if not isinstance(model, ThresholdModel):
        return
    if in_colour:
        yield f"{model.spec} takes the brightness of tiles in colour, which is the sum of red, green and blue"
    if model.has_nan:
        yield f"pixels that are no numbers (NaN) count as background with {model.spec}"


def signal(pixels: NDArray[Any], in_colour: bool) -> NDArray[Any]:
    """Return what the threshold applies to: the values, or the sum of red, green and blue."""
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8)
    if not in_colour:
        return pixels
    total: NDArray[Any] = pixels.sum(axis=-1, dtype=np.float64 if pixels.dtype.kind == "f" else np.int64)
    return total


def sampled(tiles: Iterable[NDArray[Any]], most_px: int = MOST_PX) -> NDArray[Any]:
    """Return the values of an image, array (n,); an even sample of at most so many where there are more."""
    parts: list[NDArray[Any]] = []
    held, step, skip = 0, 1, 0
    for tile in tiles:
        values = signal(tile, tile.ndim == 3).ravel()
        part = values[skip::step]
        skip = (skip - len(values)) % step  # where the next tile goes on, so that steps are even across tiles
        part = part[np.isfinite(part)] if part.dtype.kind == "f" else part.copy()
        parts.append(part)
        held += len(part)
        while held > most_px:
            every = np.concatenate(parts)[::2]
            parts, held = [every], len(every)
            step *= 2
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
