"""Networks of one layer, written in the test: what they return can be worked out by numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter


def bright(tiles: np.ndarray) -> np.ndarray:
    """Return the probability of class 1 of the network below, array (n, y, x), of tiles in 0…1, array (n, y, x).

    Logits are ±20 times (mean of 3 x 3 px − 0.5), outside the tile is 0: class 1 has the logistic function of 40 times.
    """
    mean = uniform_filter(tiles.astype(np.float64), (0, 3, 3), mode="constant")
    return 1 / (1 + np.exp(-40 * (mean - 0.5)))


def write_onnx(
    path: Path,
    *,
    size: tuple[object, object] = ("h", "w"),
    count: object = "n",
    channels: int = 1,
    classes: int = 2,
    end: str = "",
    stride: int = 1,
    channels_last: bool = False,
    margin: int = 0,
) -> Path:
    """Write a network that tells bright from dark by the mean of 3 x 3 px of the first channel.

    Parameters
    ----------
    path : Path
        The file.
    size : (int or str, int or str)
        Height and width of its input, names where they are free.
    count : int or str
        Tiles at once.
    channels, classes : int
        Of its input; of its output, 1 or 2.
    end : str
        Name of the last operation, ``Softmax`` or ``Sigmoid``; none for logits.
    stride : int
        How many times smaller its output is.
    channels_last : bool
        Whether channels are the last axis, as Keras saves networks.
    margin : int
        Pixels that are left out at each border.
    """
    from onnx import TensorProto, checker, helper, numpy_helper, save

    weights = np.zeros((classes, channels, 3, 3), np.float32)
    weights[-1, 0] = 20 / 9 * (2 if classes == 1 else 1)
    bias = np.array([-20.0 if classes == 1 else -10.0], np.float32)
    if classes == 2:
        weights[0, 0], bias = -20 / 9, np.array([10, -10], np.float32)
    shape = [count, channels, *size]
    nodes, name = [], "tile"
    if channels_last:
        shape = [count, *size, channels]
        nodes.append(helper.make_node("Transpose", ["tile"], ["first"], perm=[0, 3, 1, 2]))
        name = "first"
    pads = [1 - margin] * 4
    nodes.append(helper.make_node("Conv", [name, "w", "b"], ["maps"], pads=pads, strides=[stride, stride]))
    name = "maps"
    if end:
        options = {"axis": 1} if end == "Softmax" else {}
        nodes.append(helper.make_node(end, [name], ["ended"], **options))
        name = "ended"
    if channels_last:
        nodes.append(helper.make_node("Transpose", [name], ["last"], perm=[0, 2, 3, 1]))
        name = "last"
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("tile", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, path)
    return path
