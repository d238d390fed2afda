"""Virtual environments of the clients: one a group, so that what one pins does not break another."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """Packages of one environment, in the order of their installation.

    Parameters
    ----------
    name : str
        Name of its folder.
    steps : tuple of str
        What `pip install` gets, one call each. Pins are the versions that the formats were checked with; some
        packages come without their dependencies: they would pull a build of OpenCV that clashes with Qt, or CUDA.
    """

    name: str
    steps: tuple[str, ...]


_TORCH = ("torch==2.13.0", "--no-deps torchvision==0.28.0")
_MICROGLIA = "--no-deps microglia-analyzer==2.1.1"

ENVIRONMENTS = (
    Environment(
        "coco", ("numpy pillow tifffile pycocotools shapely tqdm opencv-python-headless", "--no-deps sahi==0.12.8")
    ),
    Environment(
        "torch",
        (
            *_TORCH,
            "--no-deps ultralytics==8.4.190 ultralytics-thop thop yolov5==7.0.14 sahi==0.12.8",
            _MICROGLIA,
            "opencv-python-headless matplotlib polars psutil pyyaml requests scipy pillow numpy pandas seaborn "
            "gitpython fire tqdm tensorboard shapely huggingface_hub safetensors setuptools<81 tifffile scikit-image "
            "imagecodecs",
            "monai==1.6.1",
            "--no-deps segmentation-models-pytorch==0.6.0 timm",
        ),
    ),
    Environment(
        "tensorflow",
        (
            "tensorflow-cpu stardist==0.9.2 csbdeep tifffile numpy imagecodecs",
            "scikit-image scipy matplotlib pandas tabulate",
            _MICROGLIA,
        ),
    ),
    # The stitching of Cellpose and of tiler; and the models that predict runs, with what the project itself needs.
    # bioimageio.spec 0.5.12 cannot write packages with a later pydantic.
    Environment(
        "models",
        (
            *_TORCH,
            "numpy scipy tqdm opencv-python-headless fastremap fill-voids tifffile imagecodecs dask distributed "
            "dask-image dask-jobqueue pyyaml zarr",
            "--no-deps cellpose==4.2.1.1 tiler==0.6.0",
            "transformers onnx onnxruntime bioimageio.core pydantic<2.13",
            "click filelock h5py pillow rich scikit-image shapely",
        ),
    ),
    Environment("napari", ("napari[pyqt6] tifffile scikit-image imagecodecs", _MICROGLIA)),
)


def ready(environment: Environment, root: Path) -> Path:
    """Return an environment's Python; makes it, or makes it anew where its packages are others, in minutes."""
    folder = root / environment.name
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # Not the packages themselves but their list tells whether the environment is as it should be.
    stamp, wanted = folder / "steps.sha256", sha256(repr(environment.steps).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Making the environment of {environment.name}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    for step in environment.steps:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *step.split()]
        subprocess.run(command, check=True)
    stamp.write_text(wanted)
    return python
