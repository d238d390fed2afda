"""Networks saved by torch with their code: ``torch.export`` (.pt2) and TorchScript (.pt)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.made_of import fingerprint_of, imported, refuse_code
from napari_tiles_creator.engine.predicting.models.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm

SAVING = "save it with torch.export or as TorchScript; weights alone are no network"


class TorchModel(Network):
    """A network on the processor; both forms can hold pickles, which run code when they are loaded.

    Parameters
    ----------
    spec : str
        Path of the file.
    batch : int
        Tiles at once.
    workers : int or None
        Threads; None leaves torch's own number.
    allow_code : bool
        Whether it may be loaded.

    Raises
    ------
    ModelError
        If code is not allowed, torch is missing, or the file is no such network.
    """

    def __init__(self, spec: str, batch: int, workers: int | None, *, allow_code: bool) -> None:
        refuse_code(f"{spec} is a file of torch, which can run any code when it is loaded", allow_code)
        self._torch = imported("torch", "hf", spec)
        if workers:
            self._torch.set_num_threads(workers)
        with foreign(f"{spec} cannot be loaded", SAVING):
            if spec.endswith(".pt2"):
                self._net = self._torch.export.load(spec).module()
            else:
                self._net = self._torch.jit.load(spec, map_location="cpu").eval()
        super().__init__(spec, fingerprint_of(Path(spec)), batch)

    def run(self, values: NDArray[np.float32], form: TileForm) -> NDArray[Any]:
        """Return the network's output, the first where there are several; see `Network.run`."""
        with self._torch.inference_mode():
            output = self._net(self._torch.from_numpy(values))
        if isinstance(output, list | tuple):
            output = output[0]
        found: NDArray[Any] = np.asarray(output.float())
        return found
