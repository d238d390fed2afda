"""Models that are functions, for tests of what is made with models: their results are known without them."""

from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage as ndi

from napari_tiles_creator.errors import ModelError


@dataclass
class Bright:
    """Probability of class 1: how bright a pixel is, between the tiles' bounds."""

    spec: str = "bright"
    batch: int = 3
    gives: str = "probabilities"
    fingerprint: str = "bright"
    seen: list = field(default_factory=list)

    def check(self, form):
        if form.channels not in (1, 3):
            raise ModelError(f"{self.spec} takes grey or coloured tiles, and these have {form.channels} channels")
        self.seen.append(form)

    def fitted(self, tiles):
        return self

    def predict(self, tiles, form):
        assert tiles.shape[1:3] == form.shape
        assert len(tiles) <= self.batch
        share = (tiles.astype(np.float32) - form.low) / (form.high - form.low)
        share = self.changed(share if share.ndim == 3 else share.mean(axis=-1))
        return np.stack([1 - share, share], axis=1).astype(np.float32)

    def changed(self, share):
        return share


@dataclass
class NearBordersWrong(Bright):
    """As `Bright`, but as a network without context: near its tile's border it is wrong, the more the nearer.

    Towards the left and the top it takes all for background, towards the right and the bottom for foreground.
    """

    reach_px: int = 24
    spec: str = "near borders wrong"

    def changed(self, share):
        for axis in (1, 2):
            place = np.arange(share.shape[axis])
            sure = (np.clip(near / self.reach_px, 0, 1) for near in (place, place[::-1]))
            begin, end = (values[:, None] if axis == 1 else values for values in sure)
            share = share * begin * end + (1 - end)
        return share


@dataclass
class ThreeClasses(Bright):
    """Class 0 below a quarter, 1 up to three quarters, 2 above; sure where it is far from these."""

    spec: str = "three classes"

    def predict(self, tiles, form):
        share = (tiles.astype(np.float32) - form.low) / (form.high - form.low)
        near = [np.exp(-8 * abs(share - centre)) for centre in (0, 0.5, 1)]
        return np.stack(near / np.sum(near, axis=0), axis=1).astype(np.float32)

    @staticmethod
    def of(share):
        """Return the likeliest class of each pixel."""
        return (share > 0.25).astype(int) + (share > 0.75)


@dataclass
class Pieces(Bright):
    """Objects: pieces of a tile brighter than half that hang together."""

    spec: str = "pieces"
    gives: str = "labels"

    def predict(self, tiles, form):
        bright = tiles > (form.low + form.high) / 2
        return np.stack([ndi.label(tile)[0] for tile in bright]).astype(np.uint32)
