"""Networks for semantic segmentation in a folder as Hugging Face's transformers saves them, such as SegFormer.

The steps of the folder's ``preprocessor_config.json`` are done here, so that torchvision is not needed. The tile, not
what it was resized to for the network, is the size that the logits are enlarged to before softmax.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.models.class_maps import enlarged, softmax, two_classes
from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.engine.predicting.models.inputs import bytes_of, check_channels, check_numbers, in_colour
from napari_tiles_creator.engine.predicting.models.loaded import LoadedModel
from napari_tiles_creator.engine.predicting.models.made_of import fingerprint_of, imported, refuse_code, told
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import TileForm

CONFIG, STEPS = "config.json", "preprocessor_config.json"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
# What transformers takes where the folder does not tell: ImageNet's.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class SegformerModel(LoadedModel):
    """A network and the steps before it; see `base.Model`.

    Nothing is ever taken from the network of computers: the folder must hold everything.

    Parameters
    ----------
    spec : str
        Path of the folder.
    batch : int
        Tiles at once.
    workers : int or None
        Threads; None leaves torch's own number.
    allow_code : bool
        Whether weights may be pickled, which run code when they are loaded.

    Raises
    ------
    ModelError
        If a package is missing, code is not allowed, or the folder holds no such network.
    """

    def __init__(self, spec: str, batch: int, workers: int | None, *, allow_code: bool) -> None:
        folder = Path(spec)
        safe = any(folder.glob("*.safetensors"))
        if not safe and not any(file for pattern in PICKLED for file in folder.glob(pattern)):
            raise ModelError(f"{spec} holds no weights: model.safetensors belongs beside its {CONFIG}")
        if not safe:
            refuse_code(f"{spec} holds no safetensors but pickled weights, which can run any code", allow_code)
        if "auto_map" in _read(folder / CONFIG):
            raise ModelError(f"{spec} asks for code of its own (auto_map in {CONFIG}), which is not run")
        self._torch = imported("torch", "hf", spec)
        transformers = imported("transformers", "hf", spec)
        if workers:
            self._torch.set_num_threads(workers)
        # A bar for the loading of some hundred weights is no news.
        transformers.utils.logging.disable_progress_bar()
        logging.getLogger("transformers").setLevel(logging.ERROR)
        with foreign(f"{spec} holds no network for semantic segmentation"):
            self._net = transformers.AutoModelForSemanticSegmentation.from_pretrained(
                folder, local_files_only=True, use_safetensors=safe
            ).eval()
        self._steps = _Steps(_read(folder / STEPS) if (folder / STEPS).exists() else {})
        super().__init__(spec, fingerprint_of(folder), batch)

    def check(self, form: TileForm) -> None:
        """Refuse tiles that are neither grey nor coloured; see `Model.check`."""
        check_channels(3, form, self.spec)

    def predict(self, tiles: NDArray[Any], form: TileForm) -> NDArray[Any]:
        """Segment some tiles; see `Model.predict`."""
        check_numbers(tiles, self.spec)
        values = self._steps(in_colour(bytes_of(tiles, form)))
        with foreign(f"{self.spec} failed"), self._torch.inference_mode():
            logits = np.asarray(self._net(pixel_values=self._torch.from_numpy(values)).logits.float())
        maps = enlarged(logits, form.shape)
        if not np.isfinite(maps).all():
            raise ModelError(f"{self.spec} returned values that are no numbers (NaN or infinite)")
        return softmax(maps) if maps.shape[1] > 1 else two_classes(1 / (1 + np.exp(-maps)))


class _Steps:
    """What is done with pictures before the network: resized, rescaled, normalized, as the folder says."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._size = config.get("size", {}) if config.get("do_resize", False) else None
        self._resample = int(config.get("resample", 2))
        self._factor = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
        normalize = config.get("do_normalize", True)
        self._mean = np.array(config.get("image_mean", MEAN) if normalize else (0, 0, 0), np.float32)
        self._std = np.array(config.get("image_std", STD) if normalize else (1, 1, 1), np.float32)

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the network takes, array (n, 3, rows, columns), of pictures, array (n, 3, y, x)."""
        if self._size is not None:
            pictures = self._resized(pictures)
        values = pictures.astype(np.float32) * np.float32(self._factor)
        values -= self._mean[:, None, None]
        values /= self._std[:, None, None]
        return values

    def _resized(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        from PIL import Image

        size: dict[str, Any] = self._size if isinstance(self._size, dict) else {"shortest_edge": self._size}
        edge = size.get("shortest_edge", 512)
        height, width = int(size.get("height", edge)), int(size.get("width", edge))
        filter_ = Image.Resampling(self._resample)
        done = [Image.fromarray(np.moveaxis(one, 0, -1)).resize((width, height), filter_) for one in pictures]
        return np.stack([np.moveaxis(np.asarray(one), -1, 0) for one in done])


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {told(error)}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is damaged: it holds no settings")
    return content
