"""Networks in ONNX's form, run by onnxruntime; loading one runs no code.

Names and shapes are the session's. The axis of channels is the second one, or the last where the second is not as
long as the tiles have channels and the last is (as Keras saves networks).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.made_of import fingerprint_of, imported
from napari_tiles_creator.engine.predicting.models.network import Network
from napari_tiles_creator.engine.steps import default_workers
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm

# What a session calls its types. Whole numbers take 0…255.
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class OnnxModel(Network):
    """A session on the processor.

    Parameters
    ----------
    spec : str
        Path of the file.
    batch : int
        Tiles at once; a network that was saved with a length of its own for that takes as many.
    workers : int or None
        Threads; None is one a processor.

    Raises
    ------
    ModelError
        If onnxruntime is missing, or the file is no network with one picture for input.
    """

    def __init__(self, spec: str, batch: int, workers: int | None) -> None:
        runtime = imported("onnxruntime", "onnx", spec)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = workers or default_workers()
        options.log_severity_level = 3
        with foreign(f"{spec} cannot be read as ONNX"):
            self._session = runtime.InferenceSession(spec, options, providers=["CPUExecutionProvider"])
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in TYPES:
            met = ", ".join(f"{one.name}: {one.type} {one.shape}" for one in inputs)
            raise ModelError(f"{spec} takes {met}: one input of four axes (tiles, channels, height, width) is needed")
        self._input, self._output = inputs[0], outputs[0]
        fixed = self._input.shape[0]
        # Weights of large networks stand in a file beside it.
        files = (Path(spec), *sorted(Path(spec).parent.glob(f"{Path(spec).name}*data")))
        made_of = "-".join(fingerprint_of(file) for file in files)
        super().__init__(spec, made_of, fixed if isinstance(fixed, int) else batch)

    def _channels_last(self, form: TileForm) -> bool:
        first, last = self._input.shape[1], self._input.shape[3]
        fitting = (form.channels, 3)
        return isinstance(last, int) and last in fitting and first not in fitting

    def channels(self, form: TileForm) -> int | None:
        """Return how many channels it takes; see `Network.channels`."""
        length = self._input.shape[3 if self._channels_last(form) else 1]
        return length if isinstance(length, int) else None

    def check_size(self, form: TileForm) -> None:
        """Refuse tiles of another size than a network has that was saved with one; see `Network.check_size`."""
        wanted = self._input.shape[1:3] if self._channels_last(form) else self._input.shape[2:4]
        if any(isinstance(n, int) and n != length for n, length in zip(wanted, form.shape, strict=True)):
            height, width = (n if isinstance(n, int) else "any" for n in wanted)
            raise ModelError(
                f"{self.spec} takes tiles of {height} × {width} px only, and these are {form.shape[0]} × "
                f"{form.shape[1]}: export them with --size {height}x{width}, or save the network with free axes"
            )

    def run(self, values: NDArray[np.float32], form: TileForm) -> NDArray[Any]:
        """Return the network's first output; see `Network.run`."""
        count = len(values)
        if count < self.batch and isinstance(self._input.shape[0], int):
            values = np.concatenate([values, np.zeros((self.batch - count, *values.shape[1:]), values.dtype)])
        last = self._channels_last(form)
        if last:
            values = np.ascontiguousarray(np.moveaxis(values, 1, -1))
        wanted = np.dtype(TYPES[self._input.type])
        given = np.clip(np.rint(values * 255), 0, 255) if wanted.kind == "u" else values
        output = self._session.run([self._output.name], {self._input.name: given.astype(wanted)})[0]
        found: NDArray[Any] = np.moveaxis(output, -1, 1) if last and output.ndim == 4 else output
        return found[:count]
