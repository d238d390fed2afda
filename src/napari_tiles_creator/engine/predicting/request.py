"""What is to be predicted, and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.engine.planning.plan import Failure
    from napari_tiles_creator.engine.predicting.models.base import Model

Annotations = Literal["labels", "labelme", "coco", "none"]
ANNOTATIONS: tuple[Annotations, ...] = get_args(Annotations)


@dataclass(frozen=True)
class PredictRequest:
    """What is to be predicted.

    Parameters
    ----------
    dataset : Path
        A finished dataset.
    model : str or Model
        What the user names it by, see `registry.load_model`; or a model that is loaded already.
    wanted : int or None, default 1
        The class whose mask is written; None writes the number of each pixel's most probable class.
    threshold : float, default 0.5
        What its probability must be above, 0 to below 1.
    allow_code : bool, default False
        Whether the model may run code of its own.
    output : Path, optional
        Where predictions go; beside the tiles of a flat dataset, else its folder ``predictions`` by default.
    probabilities : bool, default False
        Whether those are written, too: of the class, or of all.
    annotations : {"labels", "labelme", "coco", "none"}, default "labels"
        In which form outlines of objects are written: Django-Labeller's ``__labels.json`` or LabelMe's JSON beside
        each tile, one COCO file, or none.
    batch : int, optional
        Tiles that the model gets at once; 1 by default.
    overwrite : bool, default False
        Whether predictions that stand there are removed first.
    workers : int, optional
        Threads of the model, and for reading tiles; one a processor by default.
    """

    dataset: Path
    model: str | Model
    wanted: int | None = 1
    threshold: float = 0.5
    allow_code: bool = False
    output: Path | None = None
    probabilities: bool = False
    annotations: Annotations = "labels"
    batch: int | None = None
    overwrite: bool = False
    workers: int | None = None

    def check(self) -> None:
        """Refuse values that mean nothing; ModelError names the value."""
        if not 0 <= self.threshold < 1:
            raise ModelError(f"--threshold {self.threshold:g} is no probability: give 0 to below 1, such as 0.5")
        if self.wanted is not None and self.wanted < 0:
            raise ModelError(f"--class {self.wanted}: classes are numbered from 0, which is background")
        if self.annotations not in ANNOTATIONS:
            raise ModelError(f"--annotations {self.annotations} is not known: use {', '.join(ANNOTATIONS)}")


@dataclass(frozen=True, slots=True)
class PredictReport:
    """What came of it.

    Parameters
    ----------
    folder : Path
        Where predictions are.
    tiles : int
        Tiles that were predicted now.
    skipped : int
        Tiles that were predicted before.
    objects : int
        Objects in the tiles that were predicted now; 0 where no annotations were asked for.
    failed : tuple of Failure
        Tiles, or sources with all their tiles, that have no prediction, and why.
    kind : str
        What masks hold: ``mask``, ``classes`` or ``labels``; empty where no tile was predicted now.
    """

    folder: Path
    tiles: int
    skipped: int
    objects: int
    failed: tuple[Failure, ...]
    kind: str

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``predict --json`` prints."""
        failed = [{"source": one.source, "reason": one.reason} for one in self.failed]
        return {**asdict(self), "folder": str(self.folder), "failed": failed}
