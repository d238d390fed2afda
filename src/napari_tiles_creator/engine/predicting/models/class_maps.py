"""What networks return, as probabilities of classes.

A network's last layer is not written in its file in a form that could be relied on. So it is tried once on noise:
values outside 0…1 are logits, and become probabilities by softmax, or by the logistic function where there is one
alone; values within are probabilities. Of one alone it is that of class 1. Probabilities of a pixel that do not sum
to 1 (classes that were told apart one by one) are divided by their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What rounding may add to a probability.
SLACK = 1e-3
# A map is at most so many times smaller than its tile.
LARGEST_STRIDE = 64


def are_logits(output: NDArray[Any]) -> bool:
    """Tell whether what a network returned on noise holds logits."""
    return bool(output.min(initial=0) < -SLACK or output.max(initial=0) > 1 + SLACK)


def checked(output: NDArray[Any], shape: tuple[int, int], spec: str, *, logits: bool) -> NDArray[np.float32]:
    """Return a network's output as probabilities of classes 0…k-1 of each pixel, array (n, k, y, x), which sum to 1.

    Parameters
    ----------
    output : array (n, k, rows, columns)
        A map as large as the tile, or smaller by a whole number: it is enlarged by linear interpolation before softmax.
    shape : (int, int)
        Height and width of the tile, px.
    spec : str
        What the model is called in messages.
    logits : bool
        See `are_logits`.

    Raises
    ------
    ModelError
        If the output is no map of the tile, or holds values that are no probabilities.
    """
    values = enlarged(as_maps(output, shape, spec), shape)
    if not np.isfinite(np.min(values)) or not np.isfinite(np.max(values)):
        raise ModelError(f"{spec} returned values that are no numbers (NaN or infinite)")
    if logits:
        return softmax(values) if values.shape[1] > 1 else two_classes(1 / (1 + np.exp(-values)))
    if are_logits(values):
        raise ModelError(
            f"{spec} returned {float(values.min()):g} to {float(values.max()):g}, and within 0 to 1 on a trial: its "
            f"output is neither probabilities nor logits"
        )
    np.clip(values, 0, 1, out=values)
    return two_classes(values) if values.shape[1] == 1 else shares(values)


def as_maps(output: NDArray[Any], shape: tuple[int, int], spec: str) -> NDArray[np.float32]:
    """Return the output as array (n, k, rows, columns); ModelError where it is no map of a tile."""
    if output.ndim == 3:
        output = output[:, None]
    if output.ndim != 4 or output.dtype.kind != "f":
        raise ModelError(
            f"{spec} returns {output.dtype} values of shape {output.shape}: float values of shape (tiles, classes, "
            f"height, width) are needed; a network that returns classes is to be saved without its argmax"
        )
    if not any(_fits(output.shape[2:], shape, stride) for stride in range(1, LARGEST_STRIDE + 1)):
        rows, columns = output.shape[2:]
        raise ModelError(
            f"{spec} returns {rows} × {columns} px for tiles of {shape[0]} × {shape[1]} px, which is neither their "
            f"size nor that divided by a whole number: a network that leaves out a margin cannot be used"
        )
    return output.astype(np.float32)


def _fits(size: tuple[int, ...], shape: tuple[int, int], stride: int) -> bool:
    """Whether a map is so many times smaller, rounded either way."""
    return all(n in (length // stride, -(-length // stride)) for n, length in zip(size, shape, strict=True))


def enlarged(maps: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return maps, array (n, k, rows, columns), in another size by linear interpolation between centres of pixels.

    As ``torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`` has it.
    """
    if maps.shape[2:] == shape:
        return maps
    down, across = (_weights(n, length) for n, length in zip(maps.shape[2:], shape, strict=True))
    return np.asarray(down @ maps @ across.T, np.float32)


def _weights(n: int, length: int) -> NDArray[np.float32]:
    """Return which share of each old pixel a new one takes, array (length, n)."""
    place = np.clip((np.arange(length) + 0.5) * n / length - 0.5, 0, n - 1)
    first = np.minimum(place.astype(np.int64), n - 1)
    share = place - first
    weights = np.zeros((length, n))
    rows = np.arange(length)
    weights[rows, first] = 1 - share
    weights[rows, np.minimum(first + 1, n - 1)] += share
    return weights.astype(np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax over the classes, array (n, k, y, x)."""
    values: NDArray[np.float32] = np.exp(logits - logits.max(axis=1, keepdims=True))
    values /= values.sum(axis=1, keepdims=True)
    return values


def two_classes(probability: NDArray[Any]) -> NDArray[np.float32]:
    """Return background and class 1 from the probability of the latter, array (n, 1, y, x)."""
    return np.concatenate([1 - probability, probability], axis=1, dtype=np.float32)


def shares(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values, array (n, k, y, x), divided by their sum at each pixel; where that is 0 all is background."""
    total = values.sum(axis=1, keepdims=True)
    if np.all(np.abs(total - 1) <= SLACK):
        return values
    empty = total <= 0
    found: NDArray[np.float32] = np.divide(values, np.where(empty, 1, total), dtype=np.float32)
    found[:, :1][empty] = 1
    return found
