"""How far work is that goes over the same tiles several times."""

from __future__ import annotations

from dataclasses import dataclass

from napari_tiles_creator.engine.steps import Progress


@dataclass
class Passes:
    """Passes over a plane.

    Parameters
    ----------
    pass_px : int
        Pixels of one pass.
    count : int
        How many there are at most.
    through : int, default 0
        How many are over.
    """

    pass_px: int
    count: int
    through: int = 0

    def at(self, share: float) -> Progress:
        """Return the progress when so much of this pass is done, 0…1."""
        return Progress(int((self.through + share) * self.pass_px), self.count * self.pass_px)

    def end(self) -> None:
        """Go to the next pass."""
        self.through += 1
