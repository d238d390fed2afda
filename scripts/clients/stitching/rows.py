"""One line of a table of comparisons, and whether ours is at least as good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stitching.measures import Score

# What counts as equal: outlines differ by chance where one copy is as good as the other.
IOU_APART, COUNT_APART = 0.002, 0.001


@dataclass(frozen=True)
class ObjectRow:
    """What became of one field with one program.

    Parameters
    ----------
    field, tiles : str
        What was put together.
    program : str
        Who did it.
    score : Score or None
        Against the truth; None where the program refused.
    said : str
        Why it refused.
    ours : Score or None
        What ours is for the same field; None for ours itself.
    """

    field: str
    tiles: str
    program: str
    score: Score | None
    said: str = ""
    ours: Score | None = None

    @property
    def behind(self) -> list[str]:
        """In what ours is not as good."""
        if self.ours is None or self.score is None:
            return []
        ours, theirs = self.ours, self.score
        slack = COUNT_APART * ours.true
        measures = {
            "count": ours.miscounted <= theirs.miscounted + slack,
            "F1": ours.f1 >= theirs.f1 - COUNT_APART,
            "IoU": ours.iou >= theirs.iou - IOU_APART,
        }
        return [name for name, is_well in measures.items() if not is_well]

    def __str__(self) -> str:
        start = f"| {self.field} | {self.tiles} | {self.program} |"
        if self.score is None:
            return f"{start} refused | | | | | | {self.said} |"
        score = self.score
        said = "" if self.ours is None else "no: " + ", ".join(self.behind) if self.behind else "yes"
        return (
            f"{start} {score.found:,} of {score.true:,} | {score.precision:.3f} | {score.recall:.3f} | "
            f"{score.f1:.4f} | {score.matched_iou:.4f} | {score.iou:.4f} | {said} |"
        )


@dataclass(frozen=True)
class MapRow:
    """How a probability map came out.

    Parameters
    ----------
    tiles : str
        Their size and overlap.
    program : str
        Who merged them, with which window.
    worst, mean : float
        Errors against the truth.
    seam : float
        Largest step of the error from one line of pixels to the next, the mean along the line.
    uneven : float
        By how much tiles that are one value everywhere are off that value.
    score : Score
        Of the map's objects above 0.5.
    """

    tiles: str
    program: str
    worst: float
    mean: float
    seam: float
    uneven: float
    score: Score

    def __str__(self) -> str:
        score = self.score
        return (
            f"| {self.tiles} | {self.program} | {self.worst:.3f} | {self.mean:.5f} | {self.seam:.4f} | "
            f"{self.uneven:.0e} | {score.found:,} of {score.true:,} | {score.iou:.4f} |"
        )
