"""Networks as packages of bioimage.io, run by bioimageio.core: axes, preprocessing and halo are their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.made_of import fingerprint_of, imported, refuse_code
from napari_tiles_creator.engine.predicting.models.network import Network
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm

DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
EXTRA = "bioimageio"
# Weights that hold numbers alone.
SAFE = "onnx"
# Weights that run code of their own, in the order in which they are tried.
WITH_CODE = ("torchscript", "pytorch_state_dict", "keras_v3", "keras_hdf5", "tensorflow_saved_model_bundle")
# What the axes of our tiles are called here.
TYPES = {"batch": "n", "channel": "c"}


class BioimageioModel(Network):
    """A package that is in memory.

    Parameters
    ----------
    spec : str
        Path of the folder, its ``rdf.yaml``, or a zip file.
    batch : int
        Tiles that are read at once; the network gets one at a time.
    allow_code : bool
        Whether weights may be used that run code.

    Raises
    ------
    ModelError
        If bioimageio.core is missing, code is not allowed, or the package cannot be used for tiles.
    """

    def __init__(self, spec: str, batch: int, *, allow_code: bool) -> None:
        core = imported("bioimageio.core", EXTRA, spec)
        path = description_of(Path(spec))
        with foreign(f"{spec} is no model of bioimage.io"):
            described = core.load_model_description(path, format_version="latest", perform_io_checks=False)
        weights = _weights(described, spec, allow_code)
        self._core, self._description = core, described
        self._input, self._output = _tensors(described, spec)
        self._pipeline = self._ready(weights, spec)
        package = path if path.suffix == ".zip" else path.parent
        super().__init__(spec, fingerprint_of(package), batch)

    def _ready(self, weights: str, spec: str) -> Any:
        if weights == SAFE:
            imported("onnxruntime", EXTRA, spec)
        with foreign(f"{spec} cannot be loaded from its {weights} weights"):
            return self._core.create_prediction_pipeline(self._description, weight_format=weights, devices=["cpu"])

    def channels(self, form: TileForm) -> int | None:
        """Return how many channels it takes; see `Network.channels`."""
        names = [len(axis.channel_names) for axis in self._input.axes if axis.type == "channel"]
        return names[0] if names else 1

    def check_size(self, form: TileForm) -> None:
        """Refuse tiles of a size that the description excludes; see `Network.check_size`."""
        lengths = dict(zip("yx", form.shape, strict=True))
        for axis in self._input.axes:
            if axis.type in TYPES:
                continue
            length, size = lengths.get(str(axis.id), 1), axis.size
            if isinstance(size, int):
                fits, rule = length == size, f"{size}"
            elif hasattr(size, "step"):
                fits = length >= size.min and (size.step == 0 or (length - size.min) % size.step == 0)
                rule = f"{size.min}, {size.min + size.step}, {size.min + 2 * size.step}, …"
            else:
                continue
            if not fits:
                what = (
                    f"tiles that are {rule} px along {axis.id}"
                    if str(axis.id) in lengths
                    else f"stacks along {axis.id}"
                )
                raise ModelError(
                    f"{self.spec} takes {what}, and these have {length}: export tiles of a size that fits (--size), "
                    f"or choose another model"
                )

    def run(self, values: NDArray[np.float32], form: TileForm) -> NDArray[Any]:
        """Return the first output, after the package's own postprocessing; see `Network.run`."""
        return np.concatenate([self._one(tile) for tile in values])

    def _one(self, tile: NDArray[np.float32]) -> NDArray[Any]:
        """Return the maps of a tile, array (c, y, x), as array (1, k, rows, columns)."""
        axes = list(self._input.axes)
        order = [{"n": -1, "c": 0, "y": 1, "x": 2}.get(TYPES.get(axis.type, str(axis.id)), -1) for axis in axes]
        there = [place for place in order if place >= 0]
        # Without an axis of channels a grey tile loses its own; all other axes are of length 1.
        plane = tile if 0 in there else tile[0]
        placed = plane.transpose([place - (0 if 0 in there else 1) for place in there])
        for at, place in enumerate(order):
            if place < 0:
                placed = np.expand_dims(placed, at)
        tensor = self._core.Tensor.from_numpy(_in_type(placed, self._input), dims=[axis.id for axis in axes])
        sample = self._core.Sample(members={self._input.id: tensor}, stat={}, id="tile")
        found = self._pipeline.predict_sample_without_blocking(sample)
        return _maps(np.asarray(found.members[self._output.id].data), self._output)


def description_of(path: Path) -> Path:
    """Return the file that describes a package: itself, or the one in a folder.

    Raises
    ------
    ModelError
        If a folder has none.
    """
    if not path.is_dir():
        return path
    for name in DESCRIPTIONS:
        if (path / name).is_file():
            return path / name
    raise ModelError(f"{path} is no package of bioimage.io: there is no {DESCRIPTIONS[0]} in it")


def _weights(described: Any, spec: str, allow_code: bool) -> str:
    """Return the name of the weights that are used: those that run no code where there are any."""
    given: dict[str, Any] = {name: getattr(described.weights, name, None) for name in (SAFE, *WITH_CODE)}
    there = [name for name, entry in given.items() if entry is not None]
    if not there:
        raise ModelError(f"{spec} has no weights that can be run: {SAFE} or {', '.join(WITH_CODE)} are needed")
    chosen = there[0]
    if chosen != SAFE:
        refuse_code(f"{spec} has no onnx weights but {', '.join(there)}, which run code of the package", allow_code)
    if "://" in str(given[chosen].source):
        raise ModelError(
            f"{spec} has its {chosen} weights on the network, and nothing is downloaded: save the whole package first"
        )
    return chosen


def _tensors(described: Any, spec: str) -> tuple[Any, Any]:
    """Return the one input and the first output."""
    needed = [one for one in described.inputs if not getattr(one, "optional", False)]
    if len(needed) != 1:
        inputs = ", ".join(str(one.id) for one in needed)
        raise ModelError(f"{spec} takes several inputs ({inputs}): one picture is what a tile is")
    names = {str(axis.id) for axis in needed[0].axes}
    if not {"y", "x"} <= names:
        raise ModelError(f"{spec} takes an input with the axes {', '.join(sorted(names))}: y and x are needed")
    return needed[0], described.outputs[0]


def _in_type(values: NDArray[np.float32], described: Any) -> NDArray[Any]:
    """Return values 0…1 in the type that the description tells: whole numbers take all of their range."""
    data = described.data
    wanted = np.dtype(getattr(data, "type", None) or "float32")
    if wanted.kind not in "iu":
        return values.astype(wanted)
    most = min(np.iinfo(wanted).max, 65535)
    return np.clip(np.rint(values * most), 0, most).astype(wanted)


def _maps(output: NDArray[Any], described: Any) -> NDArray[Any]:
    """Return an output as array (1, k, rows, columns); what is not of that form is told by `class_maps.as_maps`."""
    names = [TYPES.get(axis.type, str(axis.id)) for axis in described.axes]
    for at in reversed(range(len(names))):
        if names[at] not in "cyx" and output.shape[at] == 1:
            output = np.take(output, 0, axis=at)
            del names[at]
    if sorted(names) == ["c", "x", "y"]:
        return output.transpose([names.index(name) for name in "cyx"])[None]
    return output.transpose([names.index(name) for name in "yx"])[None] if sorted(names) == ["x", "y"] else output
