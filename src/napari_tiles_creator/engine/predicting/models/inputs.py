"""Tiles as networks take them: floats in 0…1, channels first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm


def scaled(tiles: NDArray[Any], form: TileForm) -> NDArray[np.float32]:
    """Return tiles with their bounds mapped to 0 and 1, array (n, c, y, x); values without bounds stay as they are.

    Parameters
    ----------
    tiles : array (n, y, x) or (n, y, x, c)
        As in their files.
    form : TileForm
        What they are.
    """
    values = tiles.astype(np.float32)
    if form.low is not None and form.high is not None:
        values -= np.float32(form.low)
        values /= np.float32(form.high - form.low)
    return values[:, None] if values.ndim == 3 else np.ascontiguousarray(np.moveaxis(values, -1, 1))


def bytes_of(tiles: NDArray[Any], form: TileForm) -> NDArray[np.uint8]:
    """Return tiles as pictures, array (n, c, y, x): their bounds become 0 and 255; see `scaled`."""
    if tiles.dtype == np.uint8 and (form.low, form.high) == (0, 255):
        return tiles[:, None] if tiles.ndim == 3 else np.ascontiguousarray(np.moveaxis(tiles, -1, 1))
    return np.clip(np.rint(scaled(tiles, form) * 255), 0, 255).astype(np.uint8)


def in_colour(values: NDArray[Any]) -> NDArray[Any]:
    """Return grey tiles, array (n, 1, y, x), three times over."""
    return np.repeat(values, 3, axis=1) if values.shape[1] == 1 else values


def check_channels(wanted: int | None, form: TileForm, spec: str) -> None:
    """Refuse tiles of another number of channels; grey ones are fine for a network of three colours.

    Parameters
    ----------
    wanted : int or None
        Channels that the network takes; None for any number.

    Raises
    ------
    ModelError
        If they do not fit.
    """
    if wanted in (None, form.channels) or (wanted == 3 and form.channels == 1):
        return
    mend = "pick one with media.channel" if wanted == 1 else "compose them with media.channel or media.colours"
    raise ModelError(
        f"{spec} takes {wanted} channel{'s' * (wanted != 1)} and the tiles have {form.channels}: export tiles that "
        f"fit ({mend}), or choose another model"
    )


def check_numbers(values: NDArray[Any], spec: str) -> None:
    """Refuse tiles with pixels that are no numbers: most networks carry one such pixel over all of their output.

    Raises
    ------
    ModelError
        If there are any.
    """
    if values.dtype.kind == "f" and not (np.isfinite(np.min(values)) and np.isfinite(np.max(values))):
        raise ModelError(f"{spec} cannot take pixels that are no numbers (NaN or infinite)")


def noise(form: TileForm, channels: int) -> NDArray[np.float32]:
    """Return one tile of values in 0…1 to try a network with, array (1, c, y, x); always the same ones."""
    return np.random.default_rng(0).random((1, channels, *form.shape), dtype=np.float32)
