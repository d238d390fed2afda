"""From what a user names a model by to the model, imported when first needed."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.predicting.models.thresholds import DARK, METHODS, ThresholdModel
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from napari_tiles_creator.engine.predicting.models.base import Model

THRESHOLDS = (*METHODS, *(f"{name}{DARK}" for name in METHODS))
TORCH = (".pt", ".pt2", ".pth", ".torchscript")
PACKAGES = (".zip", ".yaml", ".yml")
KERAS = (".keras", ".h5", ".hdf5")
KERAS_SAVING = 'model.export("m.onnx", format="onnx")'
# What can be named, in one sentence.
KNOWN = (
    f"{', '.join(THRESHOLDS)}, module:function, an ONNX file, a package of bioimage.io, a folder of Hugging Face's "
    f"transformers, or a file of torch (.pt2, .pt)"
)


def load_model(spec: str, *, allow_code: bool = False, batch: int | None = None, workers: int | None = None) -> Model:
    """Return a model that is ready.

    Parameters
    ----------
    spec : str
        What the user names it by: a threshold, ``module:function``, a file or a folder.
    allow_code : bool, default False
        Whether it may run code of its own: functions, pickled weights, files of torch.
    batch : int, optional
        Tiles at once; 1 by default, which takes the least memory and on a processor hardly more time.
    workers : int, optional
        Threads that it may use; one a processor by default.

    Raises
    ------
    ModelError
        If there is no such model, a package is missing for it, or it is damaged.
    CodeError
        If it can run code, and must not.
    """
    if not spec.strip():
        raise ModelError(f"--model names nothing: models are {KNOWN}")
    tiles, path = batch or 1, Path(spec)
    if spec.lower() in THRESHOLDS:
        return ThresholdModel(spec.lower(), tiles)
    if path.is_dir():
        return _of_folder(spec, tiles, workers, allow_code)
    if path.is_file():
        return _of_file(spec, tiles, workers, allow_code)
    module, colon, function = spec.rpartition(":")
    if colon and module and function and "/" not in function and "\\" not in function:
        from napari_tiles_creator.engine.predicting.models.python_function import FunctionModel

        return FunctionModel(spec, tiles, allow_code=allow_code)
    if path.suffix.lower() in KERAS:
        raise ModelError(f"there is no file {spec}, and a network of Keras is to be saved as ONNX: {KERAS_SAVING}")
    near = difflib.get_close_matches(spec.lower(), THRESHOLDS, 1)
    raise ModelError(f"there is no model {spec}: {f'did you mean {near[0]}? ' if near else ''}Models are {KNOWN}")


def _of_folder(spec: str, batch: int, workers: int | None, allow_code: bool) -> Model:
    from napari_tiles_creator.engine.predicting.models import bioimageio, segformer

    path = Path(spec)
    if any((path / name).is_file() for name in bioimageio.DESCRIPTIONS):
        return bioimageio.BioimageioModel(spec, batch, allow_code=allow_code)
    if (path / segformer.CONFIG).is_file():
        return segformer.SegformerModel(spec, batch, workers, allow_code=allow_code)
    raise ModelError(
        f"{spec} holds no model: a package of bioimage.io has {bioimageio.DESCRIPTIONS[0]}, one of transformers "
        f"{segformer.CONFIG}"
    )


def _of_file(spec: str, batch: int, workers: int | None, allow_code: bool) -> Model:
    ending = Path(spec).suffix.lower()
    if ending == ".onnx":
        from napari_tiles_creator.engine.predicting.models.onnx import OnnxModel

        return OnnxModel(spec, batch, workers)
    if ending in PACKAGES:
        from napari_tiles_creator.engine.predicting.models.bioimageio import BioimageioModel

        return BioimageioModel(spec, batch, allow_code=allow_code)
    if ending in TORCH:
        from napari_tiles_creator.engine.predicting.models.torch_files import TorchModel

        return TorchModel(spec, batch, workers, allow_code=allow_code)
    if ending in KERAS:
        raise ModelError(f"{spec} is a file of Keras: save it as ONNX first: {KERAS_SAVING}")
    if ending == ".py":
        raise ModelError(f"{spec}: name the function in it, too: {spec}:function")
    raise ModelError(f"{spec} is no model: models are {KNOWN}")
