"""What is to be segmented and how, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.back.request import PLACES
from napari_tiles_creator.engine.back.values.weights import BLENDS
from napari_tiles_creator.engine.steps import MEMORY_BYTES, default_workers
from napari_tiles_creator.errors import ExportError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.back.request import At
    from napari_tiles_creator.engine.planning.plan import Failure
    from napari_tiles_creator.engine.predicting.models.base import Model
    from napari_tiles_creator.engine.predicting.tile_result import Kind
    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.recipe.document import Recipe


@dataclass(frozen=True)
class SegmentRequest:
    """How images are segmented, and where the results go.

    Parameters
    ----------
    model : str or Model
        What the user names it by (``otsu``, ``module:function``, a file …), or a model that is loaded already.
    output : Path or None
        Folder of the results, ``{stem}.tif`` each; None returns arrays in memory.
    recipe : Recipe or None
        Which images, and how tiles are cut of them; not needed for a plan that is made already.
    allow_code : bool
        Whether models may run code of their own.
    wanted : int or None
        The class that is wanted, as a mask of 0 and 255; None takes the likeliest of all classes, as its number.
    threshold : float
        A pixel is of the wanted class where its probability is above this, 0…1.
    blend : str
        How probabilities of tiles combine where they overlap: linear, hann, gaussian, mean, core, max.
    rule : StitchRule or None
        How objects of tiles are put together, for models that give labels; None is the rule's defaults.
    at : {"calibrated", "source"}
        In which pixels the result is.
    format : str
        Format of the results: tif, zarr, h5, png; geojson writes the outlines of the mask or the objects.
    probabilities : bool
        Whether probabilities are kept, too: ``{stem}_probability.tif``.
    batch : int or None
        Tiles that the model takes at once; None is 1.
    workers : int or None
        Threads; None is one a processor. The model is called by one at a time.
    memory_bytes : int
        Memory for pixels.
    skip_existing : bool
        Whether images whose results are there already are passed over, not refused.
    """

    model: str | Model
    output: Path | None = None
    recipe: Recipe | None = None
    allow_code: bool = False
    wanted: int | None = 1
    threshold: float = 0.5
    blend: str = "linear"
    rule: StitchRule | None = None
    at: At = "calibrated"
    format: str = "tif"
    probabilities: bool = False
    batch: int | None = None
    workers: int | None = None
    memory_bytes: int = MEMORY_BYTES
    skip_existing: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise ModelError(f"--threshold {self.threshold:g} is no probability: give 0 to below 1, such as 0.5")
        if self.wanted is not None and self.wanted < 0:
            raise ModelError(
                f"--class {self.wanted}: classes are numbered from 0; 1 is the first that is no background"
            )
        for name, value, known in (("at", self.at, PLACES), ("blend", self.blend, BLENDS)):
            if value not in known:
                raise ExportError(f"--{name} {value} is not known: use {', '.join(known)}")

    @property
    def threads(self) -> int:
        """Threads that work at one time, besides the model's own."""
        return self.workers or default_workers()


@dataclass(frozen=True)
class Segmented:
    """One image that is segmented.

    Parameters
    ----------
    source : str
        Its path relative to the media folder.
    stem : str
        What its files are called.
    kind : {"mask", "classes", "labels"}
        What the pixels of the result are: 0 and 255, numbers of classes, or numbers of objects, 0 for none.
    axes : str
        Axes of the result: ``YX``, ``ZYX``, ``TYX`` or ``TZYX``.
    shape : tuple of int
        Their lengths.
    dtype : str
        Type of its pixels: uint8, uint16 or uint32.
    scale : (float, float)
        Length of the result / length of the source along y and x: 1.0 at source. A layer of it lies over that of
        the source with ``source scale / scale``.
    pixel_size : PixelSize or None
        Of the result, µm.
    files : tuple of Path
        What was written, none in memory.
    pixels : array (axes), dtype, or None
        The result in memory; None where it was written.
    probability : array (axes), or (t, z, c, y, x) for all classes; float32, or None
        Probabilities in memory where they were wished.
    objects : int or None
        How many objects there are, over all planes; None but for labels.
    inside_px : int
        Pixels other than 0, over all planes.
    """

    source: str
    stem: str
    kind: Kind
    axes: str
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, float]
    pixel_size: PixelSize | None
    files: tuple[Path, ...] = ()
    pixels: NDArray[Any] | None = None
    probability: NDArray[Any] | None = None
    objects: int | None = None
    inside_px: int = 0

    @property
    def share(self) -> float:
        """Pixels other than 0 / all pixels."""
        return self.inside_px / max(1, prod(self.shape))

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``segment --json`` prints."""
        return {
            "source": self.source,
            "kind": self.kind,
            "axes": self.axes,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "files": [str(path) for path in self.files],
            "objects": self.objects,
            "share": self.share,
        }


@dataclass(frozen=True)
class SegmentReport:
    """What came of all images.

    Parameters
    ----------
    images : tuple of Segmented
        Those that are segmented now.
    failed : tuple of Failure
        Those that failed, each with its reason.
    skipped : tuple of str
        Those that were passed over, as their results were there already.
    """

    images: tuple[Segmented, ...]
    failed: tuple[Failure, ...] = ()
    skipped: tuple[str, ...] = ()
