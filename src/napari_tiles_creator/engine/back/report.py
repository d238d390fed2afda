"""What a merge came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.engine.planning.plan import Failure


@dataclass(frozen=True, slots=True)
class MergedSource:
    """What was made of one source.

    Parameters
    ----------
    source : str
        Path of the source relative to its media folder.
    files : tuple of Path
        What was written of it; a file of all sources stands with each.
    objects : int or None
        How many objects it has; None where values or classes were merged.
    left_out : int
        Objects that were left out, as only the rim of a tile shows them.
    """

    source: str
    files: tuple[Path, ...]
    objects: int | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class MergeReport:
    """What a merge wrote.

    Parameters
    ----------
    files : tuple of Path
        One a source, in their order.
    warnings : tuple of str
        What may surprise in the result.
    failed : tuple of Failure
        Sources that could not be merged.
    sources : tuple of MergedSource
        Of each source that was merged what became of it.
    there_already : tuple of str
        Sources that were passed over, as their results were there.
    """

    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    failed: tuple[Failure, ...]
    sources: tuple[MergedSource, ...] = ()
    there_already: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of objects by source; empty where values or classes were merged."""
        return {merged.source: merged.objects for merged in self.sources if merged.objects is not None}

    @property
    def left_out(self) -> int:
        """Objects that were left out, as only the rim of a tile shows them."""
        return sum(merged.left_out for merged in self.sources)

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``merge --json`` prints."""
        return {
            "files": [str(path) for path in self.files],
            "counts": self.counts,
            "left_out": self.left_out,
            "there_already": list(self.there_already),
            "warnings": list(self.warnings),
            "failed": [{"source": failure.source, "reason": failure.reason} for failure in self.failed],
        }
