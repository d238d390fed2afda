"""Put the same tiles together with ours and with the programs that are known for it, and compare both with the truth.

Each program runs in an environment of its own, made when first needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from environments import ENVIRONMENTS, ready
from judges import versions

from napari_tiles_creator.engine.back.values.weights import BLENDS
from stitching import ours
from stitching.cases import FORMS, Case
from stitching.fields import pieces_of
from stitching.measures import Score, boxes_of, of_boxes, of_labels, seam
from stitching.page import written
from stitching.rows import MapRow, ObjectRow

if TYPE_CHECKING:
    from stitching.fields import FieldForm

SCRIPTS = Path(__file__).parent / "peers"
# Script of each peer, its environment and the packages that it speaks for.
PEERS = {
    "stardist_blocks.py": ("tensorflow", ("stardist",)),
    "cellpose_stitching.py": ("models", ("cellpose",)),
    "sahi_boxes.py": ("coco", ("sahi",)),
    "tiler_windows.py": ("models", ("tiler",)),
}
EVEN = 0.37
OURS = "ours"


def compared(page: Path | None, environments: Path) -> int:
    """Compare everything, print it and write the page; return the exit code."""
    known = {environment.name: environment for environment in ENVIRONMENTS}
    pythons = {name: ready(known[name], environments) for name, _ in PEERS.values()}
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as pool:
        work = Path(temporary)
        parts = list(pool.map(lambda form: rows_of(form, pythons, work), FORMS))
    labels, boxes, maps = ([row for table in tables for row in table] for tables in zip(*parts, strict=True))
    told = ", ".join(versions(packages, pythons[name]) for name, packages in PEERS.values())
    text, failed = written(labels, boxes, maps, told)
    if page:
        page.write_text(text, encoding="utf-8")
    for line in failed:
        print(f"not as good: {line}", file=sys.stderr)
    return 1 if failed else 0


def rows_of(
    form: FieldForm, pythons: dict[str, Path], work: Path
) -> tuple[list[ObjectRow], list[ObjectRow], list[MapRow]]:
    """Return a field's rows of labels, of boxes and, once a size of tiles, of values."""
    case, path = Case(form), work / f"{form.name}.npz"
    case.write(path)

    def made(*scripts: str) -> dict[str, np.ndarray]:
        parts = [said_by(pythons[PEERS[script][0]], SCRIPTS / script, path) for script in scripts]
        return {name: part for made in parts for name, part in made.items()}

    rows = (
        label_rows(case, made("stardist_blocks.py", "cellpose_stitching.py")),
        box_rows(case, made("sahi_boxes.py")),
        map_rows(case, made("tiler_windows.py")) if form.kind == "apart" else [],
    )
    for row in (row for table in rows for row in table):
        print(row, flush=True)
    return rows


def said_by(python: Path, script: Path, case: Path) -> dict[str, np.ndarray]:
    """Return what a peer makes of a case, by the names it gives."""
    out = case.with_name(f"{case.stem}-{script.stem}.npz")
    command = [str(python), str(script), str(case), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=case.parent)
    if done.returncode:
        raise SystemExit(f"{script.name} failed for {case.stem}:\n{done.stderr}")
    with np.load(out) as made:
        return dict(made)


def label_rows(case: Case, made: dict[str, np.ndarray]) -> list[ObjectRow]:
    """Return ours first, then each peer's."""
    score = of_labels(case.truth, ours.stitched(case.form, case.labels))
    rows = [ObjectRow(*case.words, OURS, score)]
    for name, labels in made.items():
        if labels.ndim == 0:
            rows.append(ObjectRow(*case.words, name, None, str(labels), score))
        else:
            rows.append(ObjectRow(*case.words, name, of_labels(case.truth, labels), ours=score))
    return rows


def box_rows(case: Case, made: dict[str, np.ndarray]) -> list[ObjectRow]:
    """Return ours first, then each peer's."""
    true = boxes_of(case.truth)
    score = of_boxes(true, ours.boxed(case.form, case.detections))
    return [
        ObjectRow(*case.words, OURS, score),
        *(ObjectRow(*case.words, name, of_boxes(true, boxes), ours=score) for name, boxes in made.items()),
    ]


def map_rows(case: Case, made: dict[str, np.ndarray]) -> list[MapRow]:
    """Return ours first, with each blend, then each peer's."""
    even = [np.full(tile.shape, EVEN, np.float32) for tile in case.maps]
    both = {
        f"{OURS}, {blend}": (ours.blended(case.form, case.maps, blend), ours.blended(case.form, even, blend))
        for blend in BLENDS
    }
    both |= {name: (merged, made[f"even, {name}"]) for name, merged in made.items() if not name.startswith("even")}
    return [map_row(case, name, merged, constant) for name, (merged, constant) in both.items()]


def map_row(case: Case, name: str, merged: np.ndarray, constant: np.ndarray) -> MapRow:
    """Return the measures of one map."""
    error = merged.astype(np.float64) - case.likely
    score: Score = of_labels(case.truth, pieces_of((merged > 0.5).astype(np.int32)))
    uneven = float(np.abs(constant.astype(np.float64) - np.float32(EVEN)).max())
    return MapRow(
        case.words[1], name, float(np.abs(error).max()), float(np.abs(error).mean()), seam(error), uneven, score
    )
