"""Which tiles of a plane are left out, and why; and which split the others belong to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.percent import percent
from napari_tiles_creator.recipe.split import SPLIT_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

WILL_BE = "will be exported"


@dataclass(frozen=True, eq=False)
class TileStates:
    """The tiles of one plane, by their place in the tiling.

    Parameters
    ----------
    inside : array (places,), bool
        Inside the region and one split.
    rejected : array (places,), bool
        Left out by hand.
    shares : array (places,), float, or None
        Share of foreground; None where it is not asked for or not known yet.
    least : float
        Smallest share that is kept.
    is_unknown : bool, default False
        Whether the shares could not be computed.
    split : str, default ""
        What all tiles belong to, empty without a split.
    splits : array (places,), str, optional
        What each tile belongs to, where the plane is shared out between several splits; empty for those across two.
    """

    inside: NDArray[np.bool_]
    rejected: NDArray[np.bool_]
    shares: NDArray[Any] | None
    least: float
    is_unknown: bool = False
    split: str = ""
    splits: NDArray[np.str_] | None = None

    @classmethod
    def of(cls, image: ImagePlan, plane: int, shares: NDArray[Any] | None, least: float) -> TileStates:
        """Return the states of a plane's tiles."""
        places = len(image.tiling)
        rejected = np.zeros(places, bool)
        numbers = np.fromiter(image.rejected, np.int64, len(image.rejected)) - plane * places
        rejected[numbers[(numbers >= 0) & (numbers < places)]] = True
        splits = image.splits if image.bands is not None else None
        return cls(image.kept, rejected, shares, least, split=image.split, splits=splits)

    @cached_property
    def enough(self) -> NDArray[np.bool_]:
        """Whether there is enough foreground, array (places,); as long as that is not known, there is."""
        return np.ones(len(self.inside), bool) if self.shares is None else np.asarray(self.shares >= self.least)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Whether a tile stays, array (places,)."""
        return self.inside & ~self.rejected & self.enough

    @cached_property
    def is_filtered(self) -> bool:
        """Whether any tile is left out."""
        return not bool(self.kept.all())

    @cached_property
    def parts(self) -> dict[str, NDArray[np.bool_]]:
        """Which tiles stay, arrays (places,), by the split they belong to."""
        if self.splits is None:
            return {self.split: self.kept}
        parts = {name: self.kept & (self.splits == name) for name in SPLIT_NAMES}
        return {name: mask for name, mask in parts.items() if mask.any()}

    @cached_property
    def is_plain(self) -> bool:
        """Whether all tiles look the same: none is left out, and all belong to one split."""
        return not self.is_filtered and len(self.parts) == 1

    def same_as(self, other: TileStates) -> bool:
        """Tell whether the same tiles are left out, by hand or not, and the others belong to the same splits."""
        return (
            np.array_equal(self.kept, other.kept)
            and np.array_equal(self.rejected, other.rejected)
            and self.parts.keys() == other.parts.keys()
            and all(np.array_equal(mask, other.parts[split]) for split, mask in self.parts.items())
        )

    def told(self, place: int) -> str:
        """Return what becomes of a tile, and why."""
        if self.rejected[place]:
            return "rejected by hand"
        split = self.split if self.splits is None else str(self.splits[place])
        if self.splits is not None and not split:
            return "across two splits: left out"
        if not self.inside[place]:
            return "outside the region"
        fate = self._told_of_content(place)
        return f"{split} · {fate}" if split else fate

    def _told_of_content(self, place: int) -> str:
        if not self.least:
            return WILL_BE
        if self.shares is None:
            return "its content could not be measured" if self.is_unknown else "measuring its content …"
        share = f"{percent(float(self.shares[place]))} foreground"
        return share if self.enough[place] else f"{share}: left out"
