"""The datasets that the clients are given, exported with the command line from real images."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("alpha", "beta", "gamma")
# What tells a layout's export from the other ones; sides of 96 px leave some tiles of the images empty.
_TIF = ("--preset", "unet", "--size", "96", "--overlap", "0")
# Of each tile's own range: what has hardly any contrast, as dark background, Ultralytics' script takes for a mistake.
_PNG = ("--preset", "yolo", "--scope", "tile", "--size", "96", "--overlap", "0")
_SPLIT = ("--split", "train=0.5,val=0.25,test=0.25")
FLAGS = {
    "pairs": (*_TIF, *_SPLIT),
    "stardist": (*_TIF, *_SPLIT),
    "microglia-unet": (*_TIF, *_SPLIT),
    "microglia-yolo": _PNG,
    "annotations-helper": _TIF,
    "yolo": (*_PNG, *_SPLIT),
    "yolo-segment": (*_PNG, *_SPLIT),
    "yolo-semantic": (*_PNG, *_SPLIT),
    "yolo-classify": (*_PNG, *_SPLIT),
    "coco": (*_PNG, *_SPLIT),
    "coco-polygons": (*_PNG, *_SPLIT),
}
# These have no place for tiles without an object: asked to keep them, they say so.
REFUSES_EMPTY = ("microglia-unet", "microglia-yolo")
# The blood smears are in colour: one takes their green, one no tif of them.
_COLOUR = {
    "microglia-unet": ("--set", "media.rgb=false", "--set", "media.channel=1"),
    "annotations-helper": ("--format", "png", "--dtype", "uint8"),
}


@dataclass(frozen=True)
class Case:
    """One dataset: a layout, the images it is made from, how many classes, and whether empty tiles are kept."""

    layout: str
    data: str
    classes: int
    keeps_empty: bool

    @property
    def is_refused(self) -> bool:
        """Whether the layout cannot hold it."""
        return self.keeps_empty and self.layout in REFUSES_EMPTY

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return f"{self.layout}-{self.data}-{self.classes}-{'all' if self.keeps_empty else 'labelled'}"


def cases(layouts: list[str]) -> list[Case]:
    """Return every combination."""
    return [
        Case(layout, data, classes, keeps)
        for layout in layouts
        for data in ("pairs", "boxes")
        for classes in (1, 3)
        for keeps in (True, False)
    ]


def prepare(data: Path, work: Path) -> None:
    """Write the annotations with other numbers of classes than those that come with the images."""
    import numpy as np
    import tifffile

    labels = work / "pairs-3"
    labels.mkdir(parents=True)
    for path in sorted((data / "pairs" / "masks").iterdir()):
        numbers = tifffile.imread(path)
        # Class ids instead of instance ids.
        classes = np.where(numbers > 0, numbers % len(NAMES) + 1, 0).astype(np.uint8)
        tifffile.imwrite(labels / (path.name.split(".")[0] + ".tif"), classes)
    boxes = work / "boxes-1"
    boxes.mkdir()
    for path in sorted((data / "boxes" / "labels_yolo").glob("*.txt")):
        rows = [row.split(maxsplit=1) for row in path.read_text().splitlines()]
        (boxes / path.name).write_text("".join(f"0 {row[1]}\n" for row in rows))


def export(case: Case, data: Path, work: Path) -> subprocess.CompletedProcess[str]:
    """Export a dataset to its folder in `work`."""
    if case.data == "pairs":
        place = data / "pairs" / "masks" if case.classes == 1 else work / "pairs-3"
        drawn = ["--labels", str(place)]
    else:
        place = data / "boxes" / "labels_yolo" if case.classes == 3 else work / "boxes-1"
        drawn = ["--boxes", str(place), *_COLOUR.get(case.layout, ())]
    command = [sys.executable, "-m", "napari_tiles_creator.cli", "export", str(data / case.data / "images")]
    command += [str(work / case.folder), *FLAGS[case.layout], "--layout", case.layout, *drawn, "--workers", "1"]
    command += ["--classes", ",".join(NAMES[: case.classes])]
    command += ["--set", f"annotations.empty_tiles={'keep' if case.keeps_empty else 'drop'}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
