"""A recipe resolved against real headers: which tiles there will be, before any pixel is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.planning.filters import inline_roi, region_of
from napari_tiles_creator.engine.planning.names import placeholders
from napari_tiles_creator.engine.planning.resolve import resolve_image
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.engine.steps import HOLD_BYTES
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
    from napari_tiles_creator.recipe.region import InlineRegion
    from napari_tiles_creator.recipe.tiling import Rectangle, Tiling
    from napari_tiles_creator.sinks.base import Sink


# More files than a file system likes in one folder.
MANY_TILES = 1_000_000
# Decoded at once, more than this is worth a warning: half of what an export may hold by default.
MUCH_MEMORY_BYTES = HOLD_BYTES


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that gives no tiles, why, and the field of the recipe that can mend it (empty where none can)."""

    source: str
    reason: str
    field: str = ""


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
    roi : InlineRegion, rectangle or None
        The recipe's region, read from its file where it names one.
    """

    recipe: Recipe
    images: tuple[ImagePlan, ...]
    failed: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    roi: InlineRegion | Rectangle | None = None

    def __len__(self) -> int:
        """Return the number of tiles that remain after region and rejections: at most so many are written."""
        return sum(image.tiles for image in self.images)

    @property
    def candidates(self) -> int:
        """All tiles, those that filters leave out included: an export tells of each."""
        return sum(len(image) for image in self.images)

    @property
    def bytes(self) -> int:
        """Uncompressed bytes of all tiles that remain."""
        return sum(image.bytes for image in self.images)

    @property
    def duplicated_percent(self) -> float:
        """(Tile pixels - covered pixels) / covered pixels × 100, padding not counted."""
        covered = sum(image.covered for image in self.images)
        tiles = sum(image.box_pixels for image in self.images)
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
    if not found and recipe.media.exclude and scanned is not None:
        raise PlanError("all images are left out (media.exclude): take some of them in", "media.folder")
    if not found:
        raise PlanError(
            f"{recipe.media.folder}: no image fits media.pattern {recipe.media.pattern!r}"
            + ("" if recipe.media.recursive else "; media.recursive would look into its folders too"),
            "media.folder",
        )
    roi = inline_roi(recipe.tiling)
    region, exclude = region_of(roi), tuple(sorted(set(recipe.tiling.exclude_tiles)))
    for item in _drawn(found, recipe.tiling):
        try:
            images.append(resolve_image(recipe, item, region, exclude))
        except PlanError as error:
            failed.append(Failure(item.found.name, str(error), error.field))
    warnings += _warnings(recipe, images)
    images = [image for image in images if len(image)]
    if len(images) > 1 and "stem" not in placeholders(recipe.export.name):
        raise PlanError(
            f"export.name {recipe.export.name!r} needs {{stem}}: the tiles of {len(images)} images would share names",
            "export.name",
        )
    warnings += _filter_warnings(recipe, images)
    tiles = sum(len(image) for image in images)
    if tiles > MANY_TILES:
        warnings.append(f"{tiles:,} tiles, each a file: check tiling.size_px and the pixel sizes")
    _check_channels(recipe, images)
    return Plan(recipe, tuple(images), tuple(failed), tuple(warnings), roi)


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
    at_once = [image.name for image in images if image.info.whole_bytes > MUCH_MEMORY_BYTES]
    if at_once:
        most = max(image.info.whole_bytes for image in images)
        warnings.append(
            f"cannot be read by rectangle, so that up to {most / 1e9:.1f} GB of an image are decoded and held at once "
            f"(tiles-creator convert makes a copy that can): {_listed(at_once)}"
        )
    from_levels = [image.name for image in images if image.level]
    if from_levels:
        warnings.append(
            f"made from a smaller level of the file's own pyramid (calibration.use_pyramid): {_listed(from_levels)}"
        )
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


def _filter_warnings(recipe: Recipe, images: list[ImagePlan]) -> list[str]:
    """Return what region and rejections leave; PlanError where the region touches no tile at all."""
    warnings = []
    if recipe.tiling.roi is not None and images:
        apart = [image.name for image in images if not image.kept.any()]
        if len(apart) == len(images):
            raise PlanError(
                "no tile of any image lies in the region (tiling.roi): it is in pixels of the images as they are",
                "tiling.roi",
            )
        if apart:
            warnings.append(f"no tile in the region (tiling.roi): {_listed(apart)}")
    if recipe.tiling.exclude_tiles:
        known = {name for image in images for name in image.rejected_names}
        unknown = [name for name in dict.fromkeys(recipe.tiling.exclude_tiles) if name not in known]
        if unknown:
            warnings.append(f"no tile has the name (tiling.exclude_tiles): {_listed(unknown)}")
        if images and not any(image.tiles for image in images):
            warnings.append("every tile is left out (tiling.exclude_tiles)")
    return warnings


def _check_channels(recipe: Recipe, images: list[ImagePlan]) -> None:
    """Refuse one range a channel over images whose channels do not correspond."""
    if recipe.normalization.scope != "dataset" or not recipe.normalization.per_channel:
        return
    counts: dict[int, str] = {}
    for image in images:
        counts.setdefault(image.channels if image.axes == "CYX" else 1, image.name)
    if len(counts) > 1:
        told = ", ".join(f"{name} has {count}" for count, name in sorted(counts.items()))
        raise PlanError(
            f"one range a channel over all images needs the same number of channels in each ({told}): "
            f"set normalization.per_channel to false, pick one with media.channel, or use scope image",
            "normalization.per_channel",
        )


def _listed(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
