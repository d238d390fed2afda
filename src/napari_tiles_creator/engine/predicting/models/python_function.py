"""Functions of the user's own: ``module:function`` gets a tile and returns what it shows.

What is returned tells by its type what it is: bool, or uint8 of 0 and 255 (or 0 and 1), is a mask; floats are
probabilities 0…1, of class 1 as array (y, x) or of all classes as array (k, y, x); other whole numbers number objects.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.class_maps import SLACK, shares, two_classes
from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.loaded import LoadedModel
from napari_tiles_creator.engine.predicting.models.made_of import fingerprint_of, refuse_code
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import Gives, Model, TileForm

# Modules that were loaded for a model, and the checksum of their file then.
_loaded: dict[str, str] = {}


class FunctionModel(LoadedModel):
    """A function that segments one tile; see `base.Model`.

    Parameters
    ----------
    spec : str
        ``module:function`` or ``file.py:function``; modules in the current folder are found, too.
    batch : int
        Tiles that are read at once; the function gets one at a time.
    allow_code : bool
        Whether it may be imported.

    Raises
    ------
    ModelError
        If code is not allowed, there is no such function, or it does not take one argument.
    """

    def __init__(self, spec: str, batch: int, *, allow_code: bool) -> None:
        module_name, _, name = spec.rpartition(":")
        refuse_code(f"{spec} runs code: it imports {module_name} and calls {name} in it", allow_code)
        module, fingerprint = _module(module_name, spec)
        super().__init__(spec, fingerprint, batch)
        self._function = _function(module, name, spec)
        self._kind: Gives | None = None
        self._form: TileForm | None = None

    @property
    def gives(self) -> Gives:
        """What it returned first; probabilities before."""
        return self._kind or "probabilities"

    def check(self, form: TileForm) -> None:
        """Take note of the tiles: what it cannot take it will tell; see `Model.check`."""
        self._form = form

    def fitted(self, tiles: Iterable[NDArray[Any]]) -> Model:
        """Return the model itself, which knows what it gives; see `Model.fitted`."""
        if self._kind is None:
            tile = next(iter(tiles), None)
            if tile is not None:
                self._segmented(_in_size(tile, self._form))
        return self

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; see `Model.predict`."""
        found = [self._segmented(tile) for tile in tiles]
        if len({one.shape for one in found}) > 1:
            raise ModelError(
                f"{self.spec} returned {found[0].shape[0]} classes for one tile, another number for others"
            )
        return np.stack(found)

    def _segmented(self, tile: NDArray[Any]) -> NDArray[Any]:
        """Return probabilities, array (k, y, x), float32, or objects, array (y, x), uint32, of a tile."""
        with foreign(f"{self.spec} failed", typed=True):
            returned = np.asarray(self._function(tile))
        result = _understood(returned, tile.shape[:2], self.spec)
        kind: Gives = "probabilities" if result.dtype == np.float32 else "labels"
        if self._kind not in (None, kind):
            raise ModelError(f"{self.spec} returned {self._kind} at first and {kind} now: it must return one of them")
        self._kind = kind
        return result


def _understood(returned: NDArray[Any], shape: tuple[int, ...], spec: str) -> NDArray[Any]:
    maps = returned.dtype.kind == "f" and returned.ndim == 3
    if (returned.shape[1:] if maps else returned.shape) != shape or returned.dtype.kind not in "buif":
        raise ModelError(
            f"{spec} returned {returned.dtype} of shape {returned.shape} for a tile of {shape[0]} × {shape[1]} px: a "
            f"mask, numbered objects or probabilities of that size are needed, or (classes, {shape[0]}, {shape[1]})"
        )
    if returned.dtype.kind == "b":
        return _alone(returned)
    if returned.dtype == np.uint8:
        return _alone(_mask(returned, spec))
    if returned.dtype.kind == "f":
        return _probabilities(returned if maps else returned[None], spec)
    if returned.min(initial=0) < 0 or returned.max(initial=0) > np.iinfo(np.uint32).max:
        raise ModelError(
            f"{spec} returned {returned.min()} to {returned.max()}: objects are numbered from 1, 0 is none"
        )
    return returned.astype(np.uint32)


def _mask(returned: NDArray[np.uint8], spec: str) -> NDArray[np.bool_]:
    values = np.flatnonzero(np.bincount(returned.ravel(), minlength=256))
    if not set(values.tolist()) <= {0, 255} and not set(values.tolist()) <= {0, 1}:
        raise ModelError(
            f"{spec} returned uint8 values such as {values[values > 0][0]}: a mask holds 0 and 255, or 0 and 1; return "
            f"numbered objects as int32, probabilities as float"
        )
    found: NDArray[np.bool_] = returned > 0
    return found


def _probabilities(returned: NDArray[Any], spec: str) -> NDArray[np.float32]:
    values = returned.astype(np.float32)
    least, most = float(values.min(initial=0)), float(values.max(initial=0))
    if not (least >= -SLACK and most <= 1 + SLACK):
        raise ModelError(
            f"{spec} returned {least:g} to {most:g}: probabilities lie in 0 to 1; return numbered objects as int32"
        )
    np.clip(values, 0, 1, out=values)
    if len(values) == 1:
        return _alone(values[0])
    found: NDArray[np.float32] = shares(values[None])[0]
    return found


def _alone(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return background and class 1 from the probability of the latter, array (y, x), as array (2, y, x)."""
    found: NDArray[np.float32] = two_classes(values[None, None].astype(np.float32))[0]
    return found


def _in_size(tile: NDArray[Any], form: TileForm | None) -> NDArray[Any]:
    """Return a part of an image as large as its tiles, mirrored where it is smaller."""
    if form is None:
        return tile
    short = [max(0, length - n) for n, length in zip(tile.shape, form.shape, strict=False)]
    widths = [(0, n) for n in short] + [(0, 0)] * (tile.ndim - 2)
    return np.pad(tile, widths, mode="symmetric")[: form.shape[0], : form.shape[1]]


def _module(name: str, spec: str) -> tuple[ModuleType, str]:
    """Return a module and the checksum of its file; one whose file has changed is loaded anew."""
    importlib.invalidate_caches()
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        with foreign(f"{spec}: {name} cannot be imported", typed=True):
            known = sys.modules.get(name)
            if name.endswith(".py"):
                module = _of_file(Path(name), spec)
            elif known is not None and name in _loaded and _checksum(known) != _loaded[name]:
                module = importlib.reload(known)
            else:
                module = importlib.import_module(name)
    finally:
        sys.path.remove(here)
    if here not in sys.path:  # for what the function imports when it runs; behind all else, so that nothing is shadowed
        sys.path.append(here)
    checksum = _checksum(module)
    _loaded[name] = checksum
    return module, checksum


def _of_file(path: Path, spec: str) -> ModuleType:
    if not path.is_file():
        raise ModelError(f"{spec}: there is no file {path}")
    found = importlib.util.spec_from_file_location(path.stem, path)
    if found is None or found.loader is None:
        raise ModelError(f"{spec}: {path} is no file of Python")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _checksum(module: ModuleType) -> str:
    """Return the checksum of a module's file, or its name where it has none."""
    file = getattr(module, "__file__", None)
    return fingerprint_of(Path(file)) if file and Path(file).is_file() else module.__name__


def _function(module: ModuleType, name: str, spec: str) -> Callable[[NDArray[Any]], Any]:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ModelError(f"{spec}: there is no {name} in {module.__name__}: check its name")
        found = getattr(found, part)
    if not callable(found):
        raise ModelError(f"{spec}: {name} is a {type(found).__name__} and no function: name one that takes a tile")
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # built in: it tells when it is called
        return found  # type: ignore[no-any-return]
    try:
        signature.bind(np.zeros((1, 1)))
    except TypeError as error:
        raise ModelError(
            f"{spec}: {name}{signature} cannot be called with a tile ({error}): it must take one argument, an array "
            f"(y, x) or (y, x, c)"
        ) from error
    return found  # type: ignore[no-any-return]
