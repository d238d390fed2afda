"""The programs that train from the datasets: which script runs them, and in which environment."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Judge:
    """A client and how it is asked for its verdict.

    Parameters
    ----------
    environment : str
        Name of the environment it runs in.
    script : str
        File in the folder of the clients' scripts; it takes the dataset's folder.
    arguments : tuple of str
        What it is given besides.
    packages : tuple of str
        The packages that judge, whose versions are told.
    light : tuple of str or None
        Arguments with which it needs nothing but what the test suite has; None where there are none.
    """

    environment: str
    script: str
    arguments: tuple[str, ...]
    packages: tuple[str, ...]
    light: tuple[str, ...] | None = None


def _ultralytics(task: str) -> Judge:
    return Judge("torch", "verify_ultralytics.py", ("--task", task, "--train"), ("ultralytics",))


_COCO = Judge("coco", "verify_coco.py", ("--sahi",), ("pycocotools", "sahi"), light=())
JUDGES = {
    "pairs": Judge("torch", "verify_semantic_pairs.py", ("--smp",), ("monai", "segmentation-models-pytorch")),
    "stardist": Judge("tensorflow", "verify_stardist.py", ("--train",), ("stardist",)),
    "microglia-unet": Judge("tensorflow", "verify_unet_training.py", ("--train",), ("microglia-analyzer",)),
    "microglia-yolo": Judge("torch", "verify_yolov5_training.py", (), ("microglia-analyzer", "yolov5")),
    "annotations-helper": Judge("napari", "verify_annotations_helper.py", (), ("microglia-analyzer", "napari")),
    "yolo": _ultralytics("detect"),
    "yolo-segment": _ultralytics("segment"),
    "yolo-semantic": _ultralytics("semantic"),
    "yolo-classify": _ultralytics("classify"),
    "coco": _COCO,
    "coco-polygons": _COCO,
}
# One thread each: the verdicts run side by side.
_QUIET = {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def verdict(judge: Judge, python: Path, scripts: Path, dataset: Path, *, light: bool = False) -> tuple[bool, str]:
    """Return whether a client takes a dataset, and the line it says."""
    arguments = (judge.light or ()) if light else judge.arguments
    return _said(python, scripts / judge.script, dataset, *arguments)


def models_verdict(python: Path, scripts: Path) -> tuple[bool, str]:
    """Return whether predict gives what each model gives when it is run directly, and the line that is said."""
    return _said(python, Path(__file__).parent / "predictions.py", scripts)


def _said(python: Path, script: Path, *arguments: str | Path) -> tuple[bool, str]:
    """Run a judge; return whether it is content, and its last line that begins with OK or FAIL."""
    done = subprocess.run(
        [str(python), str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | _QUIET,
        check=False,
    )
    said = re.findall(r"^(?:OK|FAIL).*$", done.stdout + "\n" + done.stderr, re.MULTILINE)
    line = said[-1] if said else (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
    return done.returncode == 0 and line.startswith("OK"), line


def versions(packages: tuple[str, ...], python: Path) -> str:
    """Return packages of an environment with their versions."""
    code = "import importlib.metadata as m, sys; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"
    done = subprocess.run([str(python), "-c", code, *packages], capture_output=True, text=True, check=True)
    return done.stdout.strip()
