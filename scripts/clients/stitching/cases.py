"""The fields that every program puts together from the same tiles, written for them as files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stitching.fields import FieldForm, truth
from stitching.simulated import detected, likely, mapped, segmented

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Of the overlap this much a side is context to StarDist, which drops it: several times what borders distort.
CONTEXT = 1 / 8
FORMS = tuple(
    FieldForm(kind, side, size, overlap)
    for side, size, overlap in ((2048, 512, 128), (2176, 256, 64))
    for kind in ("apart", "touching", "large")
)
WORDS = {"apart": "cells apart", "touching": "cells touching", "large": "all sizes, long ones"}


@dataclass(frozen=True)
class Case:
    """A field, and what a simulated network says of its tiles."""

    form: FieldForm

    @cached_property
    def truth(self) -> NDArray[np.int32]:
        """Labels (y, x)."""
        return truth(self.form)

    @cached_property
    def labels(self) -> list[NDArray[np.int32]]:
        """Labels of each tile."""
        return segmented(self.form, self.truth)

    @cached_property
    def detections(self) -> NDArray[np.float64]:
        """Boxes of all tiles: tile, class, score, y0, x0, y1, x1."""
        return detected(self.form, self.truth, self.labels)

    @cached_property
    def likely(self) -> NDArray[np.float32]:
        """The true probability map (y, x)."""
        return likely(self.truth)

    @cached_property
    def maps(self) -> list[NDArray[np.float32]]:
        """Probabilities of each tile."""
        return mapped(self.form, self.likely)

    @property
    def words(self) -> tuple[str, str]:
        """What the page calls the field and its tiles."""
        form = self.form
        return f"{WORDS[form.kind]}, {form.side}²", f"{form.size} / {form.overlap}"

    def write(self, path: Path) -> None:
        """Write what a program needs to put the tiles together: not the truth."""
        form, tiles = self.form, list(self.form.grid)
        np.savez(
            path,
            side=form.side,
            size=form.size,
            overlap=form.overlap,
            context=int(form.overlap * CONTEXT),
            boxes=np.array([(tile.box.y, tile.box.x, tile.box.height, tile.box.width) for tile in tiles]),
            places=np.array([(tile.row, tile.column) for tile in tiles]),
            labels=np.stack(self.labels),
            detections=self.detections,
            maps=np.stack(self.maps),
        )
