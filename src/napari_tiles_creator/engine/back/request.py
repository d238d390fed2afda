"""What is to be merged, and whether the options go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from napari_tiles_creator.engine.back.values.weights import BLENDS
from napari_tiles_creator.engine.steps import MEMORY_BYTES
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.labels.rule import StitchRule

# What the tiles hold: numbers to be blended, ids of objects, numbers of classes, boxes and polygons.
Kind = Literal["values", "labels", "classes", "detections"]
# In which pixels the result is: those of the tiles, or those of the image's own file.
At = Literal["calibrated", "source"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACES: tuple[At, ...] = get_args(At)
# Formats by kind; the first is the default.
IMAGE_FORMATS = ("tif", "zarr", "h5", "png")
DETECTION_FORMATS = ("geojson", "coco", "yolo")


@dataclass(frozen=True)
class MergeRequest:
    """What is to be merged, how, and where it goes.

    Parameters
    ----------
    dataset : Path
        An exported dataset.
    output : Path
        Folder of the merged images, ``{stem}.tif`` each; not the dataset itself.
    tiles : Path or None
        Results that are named like the tiles; None takes the dataset's own tiles, or for labels and classes the
        masks beside them.
    kind : {"values", "labels", "classes", "detections"}
        What the tiles hold.
    blend : str
        How overlapping values are combined; for kind values only.
    at : {"calibrated", "source"}
        In which pixels the result is.
    missing : "fail" or float
        What stands where no tile is.
    denormalize : bool
        Whether values are mapped back to the range of the source, and to its type.
    format : str or None
        Of the merged files; None is the kind's first.
    stitch : StitchRule or None
        How labels are put together, None for its defaults.
    join : JoinRule or None
        How detections are put together, None for its defaults.
    workers : int or None
        Threads; None is one a processor.
    memory_bytes : int
        Memory for pixels.
    skip_existing : bool
        Whether sources whose results are there already are passed over; otherwise they are refused.

    Raises
    ------
    DatasetError
        If an option is unknown, or does not belong to the kind.
    """

    dataset: Path
    output: Path
    tiles: Path | None = None
    kind: Kind = "values"
    blend: str = "linear"
    at: At = "calibrated"
    missing: str | float = "fail"
    denormalize: bool = False
    format: str | None = None
    stitch: StitchRule | None = None
    join: JoinRule | None = None
    workers: int | None = None
    memory_bytes: int = MEMORY_BYTES
    skip_existing: bool = False

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, KINDS)
        _check_choice("at", self.at, PLACES)
        _check_choice("blend", self.blend, BLENDS)
        if self.file_format not in self.formats:
            known = ", ".join(self.formats)
            raise DatasetError(f"format {self.file_format!r} is not available for {self.kind}: use {known}")
        if self.denormalize and self.kind != "values":
            raise DatasetError(f"denormalize maps values, and {self.kind} are none: leave it out")
        if self.fill and self.kind in ("labels", "detections"):
            raise DatasetError(f"missing {self.missing}: where no tile is there is no object: use fail, or 0")
        if self.fill is not None and self.kind == "classes" and not (self.fill >= 0 and self.fill.is_integer()):
            raise DatasetError(f"missing {self.missing}: classes are whole numbers from 0: use fail, or 0")

    @property
    def formats(self) -> tuple[str, ...]:
        """Formats that the kind can be written in; the first is the default."""
        return DETECTION_FORMATS if self.kind == "detections" else IMAGE_FORMATS

    @property
    def file_format(self) -> str:
        """The format that is written."""
        return self.format or self.formats[0]

    @property
    def fill(self) -> float | None:
        """What stands where no tile is, None where that is a failure."""
        if self.missing == "fail":
            return None
        try:
            return float(self.missing)
        except ValueError as error:
            raise DatasetError(f"missing {self.missing!r}: use fail, or a number") from error


def _check_choice(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise DatasetError(f"{name} {value!r} is not available: use {', '.join(known)}")
