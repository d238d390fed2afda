"""A recipe resolved against real headers: which tiles there will be, before any pixel is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.planning.names import placeholders
from napari_tiles_creator.engine.planning.resolve import resolve_image
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import pair
from napari_tiles_creator.geometry.scatter import TileScatter
from napari_tiles_creator.sinks.registry import make_sink

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.datasets.base import Layout
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.tiling import Tiling
    from napari_tiles_creator.sinks.base import Sink


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that gives no tiles, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an export will do; the same for preview, dry run, export and merge.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    images : tuple of ImagePlan
        The sources that give tiles, in their order.
    failed : tuple of Failure
        The sources that do not, each with its reason.
    warnings : tuple of str
        What a user should know beforehand.
    """

    recipe: Recipe
    images: tuple[ImagePlan, ...]
    failed: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(len(image) for image in self.images)

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles."""
        return sum(image.bytes for image in self.images)

    @property
    def duplicated_percent(self) -> float:
        """(Tile pixels - covered pixels) / covered pixels × 100, padding not counted."""
        covered = sum(len(image.planes) * image.tiling.covered for image in self.images)
        tiles = sum(len(image.planes) * image.box_pixels for image in self.images)
        return (tiles - covered) / covered * 100 if covered else 0.0

    @property
    def layout(self) -> Layout:
        """Where files go."""
        return make_layout(self.recipe.export.layout)

    @property
    def sink(self) -> Sink:
        """How tiles are encoded."""
        export = self.recipe.export
        return make_sink(export.format, export.compression, export.quality)

    def image(self, name: str) -> ImagePlan:
        """Return the image of this relative path, file name or stem."""
        for image in self.images:
            if name in (image.name, image.stem, image.info.path.name):
                return image
        failed = {failure.source: failure.reason for failure in self.failed}
        if name in failed:
            raise PlanError(failed[name])
        names = ", ".join(image.name for image in self.images[:5])
        raise PlanError(f"no image is called {name!r}: there are {len(self.images)}, such as {names}")


def make_plan(recipe: Recipe, scanned: Iterable[Scanned] | None = None) -> Plan:
    """Resolve a recipe against the headers of its sources; reads no pixel and writes nothing.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    scanned : iterable of Scanned, optional
        The result of `scan` for the recipe's media section, to save reading the headers again.

    Raises
    ------
    PlanError
        If there is no source at all, or the tiles of several would share names.
    SourceError
        If the media folder does not exist or cannot be listed.
    """
    images: list[ImagePlan] = []
    failed: list[Failure] = []
    warnings: list[str] = []
    found = list(scan(recipe.media) if scanned is None else scanned)
    if not found:
        raise PlanError(
            f"{recipe.media.folder}: no image fits media.pattern {recipe.media.pattern!r}"
            + ("" if recipe.media.recursive else "; media.recursive would look into its folders too")
        )
    for item in _drawn(found, recipe.tiling):
        try:
            images.append(resolve_image(recipe, item))
        except PlanError as error:
            failed.append(Failure(item.found.name, str(error)))
    warnings += _warnings(recipe, images)
    images = [image for image in images if len(image)]
    if len(images) > 1 and "stem" not in placeholders(recipe.export.name):
        raise PlanError(
            f"export.name {recipe.export.name!r} needs {{stem}}: the tiles of {len(images)} images would share names"
        )
    return Plan(recipe, tuple(images), tuple(failed), tuple(warnings))


def _drawn(found: list[Scanned], tiling: Tiling) -> list[Scanned]:
    """Return the sources that are drawn at random, in their order; all where none are to be drawn."""
    if tiling.images is None or tiling.images >= len(found):
        return found
    rng = np.random.default_rng(tiling.seed)
    return [found[i] for i in sorted(rng.choice(len(found), tiling.images, replace=False))]


def _warnings(recipe: Recipe, images: list[ImagePlan]) -> list[str]:
    """Return what a user should know beforehand, naming the images."""
    size = pair(recipe.tiling.size_px)
    small = [i.name for i in images if any(a < b for a, b in zip(i.shape, size, strict=True))]
    few = [i.name for i in images if isinstance(i.tiling, TileScatter) and len(i.tiling) < (recipe.tiling.count or 0)]
    warnings = [f"{image.name}: {note}" for image in images for note in image.info.notes]
    if small:
        verb = "padded" if recipe.tiling.small_images == "pad" else "skipped"
        warnings.append(f"smaller than a tile and {verb}: {_listed(small)}")
    if few and recipe.tiling.small_images != "skip":
        warnings.append(
            f"fewer than {recipe.tiling.count} different tiles fit (tiling.max_random_overlap "
            f"{recipe.tiling.max_random_overlap:g}): {_listed(few)}"
        )
    if recipe.tiling.sampling == "random":
        same = [i.name for i in images if len(i.tiling) > 1 and all(a <= b for a, b in zip(i.shape, size, strict=True))]
        if same:
            warnings.append(f"no larger than a tile, so that all its random tiles are the same: {_listed(same)}")
    return warnings


def _listed(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
