"""Predict with the tiny models of the clients' folder, and compare every mask with one that is computed directly.

usage: predictions.py CLIENTS [--keep FOLDER]

CLIENTS holds ``make_tiny_models.py``. Packages: those of napari-tiles-creator, torch, torchvision, transformers, onnx,
onnxruntime, bioimageio.core, and pydantic below 2.14, since bioimageio.spec 0.5.12 cannot handle packages with later
ones. Prints a line a model; the last one begins with OK, or with FAIL and the exit code is 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))
MODELS = ("threshold.onnx", "bioimageio", "segformer", "threshold.pt", "threshold.pt2")
# A pixel whose probability is nearer to the threshold may fall on either side, by the order of sums.
DOUBT = 1e-5


def field(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Return noise with bright discs, array (y, x), uint16."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    bright = np.zeros(shape, bool)
    for centre in rng.uniform((0, 0), shape, (14, 2)):
        bright |= np.hypot(y - centre[0], x - centre[1]) < rng.uniform(6, 20)
    return (rng.integers(0, 900, shape) + 2600 * bright).astype(np.uint16)


def export(folder: Path) -> Path:
    """Write two images and their tiles, 64 px with 16 shared; return the dataset."""
    import tifffile

    from napari_tiles_creator import Recipe, make_plan, run

    (folder / "images").mkdir()
    for seed in range(2):
        tifffile.imwrite(folder / "images" / f"cell_{seed}.tif", field(seed, (200, 260)))
    recipe = Recipe.preset("unet", source=str(folder / "images"), output=str(folder / "tiles"))
    for _ in run(make_plan(recipe.changed({"tiling.size_px": 64, "tiling.overlap_px": 16}))):
        pass
    return folder / "tiles"


def by_numpy(tile: np.ndarray) -> np.ndarray:
    """Return the probability of class 1 of the networks that threshold: logits are ±20 (mean of 3 x 3 px − ½)."""
    padded = np.pad(tile.astype(np.float64), 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    return 1 / (1 + np.exp(-40 * (windows.mean(axis=(2, 3)) - 0.5)))


class ByTransformers:
    """The probability of class 1 by transformers' own processor and torch."""

    def __init__(self, folder: Path) -> None:
        from transformers import SegformerForSemanticSegmentation, SegformerImageProcessor

        self.processor = SegformerImageProcessor.from_pretrained(folder)
        self.net = SegformerForSemanticSegmentation.from_pretrained(folder).eval()

    def __call__(self, tile: np.ndarray) -> np.ndarray:
        """Return it for a tile of 0…1, array (y, x)."""
        import torch

        picture = np.repeat(np.rint(tile * 255).astype(np.uint8)[..., None], 3, axis=2)
        with torch.inference_mode():
            logits = self.net(**self.processor(images=picture, return_tensors="pt")).logits
            maps = torch.nn.functional.interpolate(logits, size=tile.shape, mode="bilinear", align_corners=False)
        return maps.softmax(dim=1)[0, 1].numpy()


def compared(dataset: Path, model: Path, folder: Path) -> str:
    """Predict with a model; return what is wrong with its masks, empty where nothing is."""
    import tifffile
    from PIL import Image

    from napari_tiles_creator.engine.predicting.predict import predict_steps
    from napari_tiles_creator.engine.predicting.request import PredictRequest
    from napari_tiles_creator.engine.steps import result_of

    with_code = model.suffix in (".pt", ".pt2")
    request = PredictRequest(dataset, str(model), allow_code=with_code, output=folder, probabilities=True, batch=3)
    report = result_of(predict_steps(request))
    if report.failed:
        return report.failed[0].reason
    expected = ByTransformers(model) if model.name == "segformer" else by_numpy
    inside = most = 0.0
    for tile in sorted(dataset.glob("*.tif")):
        probability = expected(tifffile.imread(tile))
        most = max(most, float(np.abs(tifffile.imread(folder / "probabilities" / tile.name) - probability).max()))
        mask = np.asarray(Image.open(folder / "masks" / f"{tile.stem}_mask.png"))
        certain = np.abs(probability - 0.5) > DOUBT
        if not np.array_equal(mask[certain] > 0, probability[certain] > 0.5):
            return f"{tile.name}: {np.count_nonzero((mask > 0) != (probability > 0.5))} pixels differ"
        inside += float((mask > 0).mean()) / report.tiles
    if most > 1e-4:
        return f"probabilities differ by up to {most:.2g}"
    print(f"{model.name}: {report.tiles} tiles, {inside:.1%} inside, probabilities within {most:.1g}")
    return ""


def main() -> int:
    """Compare all models; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clients", type=Path)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="an empty folder for models, tiles and masks")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.clients.resolve()))
    # The registry's torchvision does not load beside a torch without CUDA otherwise.
    import _cpu_torchvision  # noqa: F401

    with tempfile.TemporaryDirectory() as passing:
        folder = arguments.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        script = arguments.clients / "make_tiny_models.py"
        made = subprocess.run([sys.executable, script, folder / "models"], capture_output=True, text=True, check=False)
        missing = [name for name in MODELS if not (folder / "models" / name).exists()]
        if made.returncode or missing:
            print(f"FAIL: {script.name} did not write {', '.join(missing)}: {(made.stdout + made.stderr)[-300:]}")
            return 1
        dataset = export(folder)
        for name in MODELS:
            problem = compared(dataset, folder / "models" / name, folder / "predicted" / name)
            if problem:
                print(f"FAIL: {name}: {problem}")
                return 1
    print(f"OK {len(MODELS)} models give the masks computed directly")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
