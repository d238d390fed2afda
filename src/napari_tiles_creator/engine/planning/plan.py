"""A recipe resolved against real headers: which tiles there will be, before any pixel is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.planning.dataset_ranges import check_ranges
from napari_tiles_creator.engine.planning.filters import inline_roi, region_of
from napari_tiles_creator.engine.planning.names import placeholders
from napari_tiles_creator.engine.planning.offer import check_layout, layout_warnings, splits_of
from napari_tiles_creator.engine.planning.partners.class_counts import class_counts
from napari_tiles_creator.engine.planning.partners.label_files import without_label_images
from napari_tiles_creator.engine.planning.partners.partners import find_partners
from napari_tiles_creator.engine.planning.resolve import resolve_image
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.engine.planning.splits.blocks import tiles_of
from napari_tiles_creator.engine.planning.splits.missing_classes import missing_classes
from napari_tiles_creator.engine.planning.splits.split import split_images
from napari_tiles_creator.engine.planning.warnings import filter_warnings, image_warnings
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.sinks.registry import make_sink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.datasets.base import Layout
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.partners import Partners
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.region import InlineRegion
    from napari_tiles_creator.recipe.tiling import Rectangle, Tiling
    from napari_tiles_creator.sinks.base import Sink


# More files than a file system likes in one folder.
MANY_TILES = 1_000_000


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
    partners : Partners or None
        What is drawn on each image; None where the recipe names no annotations.
    """

    recipe: Recipe
    images: tuple[ImagePlan, ...]
    failed: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    roi: InlineRegion | Rectangle | None = None
    partners: Partners | None = None

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
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in index order; none without annotations."""
        return self.partners.classes if self.partners is not None else ()

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that get tiles, in the order train, val, test; none without a split."""
        return splits_of(self.images)

    @property
    def tiles_by_split(self) -> dict[str, int]:
        """Tiles that remain of each split, in the order of `splits`; nothing without a split."""
        return {split: sum(tiles_of(image).get(split, 0) for image in self.images) for split in self.splits}

    @property
    def draws_shapes(self) -> bool:
        """Whether the layout gets the shapes of objects: not where it needs them and only boxes are known."""
        return self.partners is not None and (self.partners.has_shapes or not self.layout.masks_need_shapes)

    @property
    def is_upper_bound(self) -> bool:
        """Whether fewer tiles may be written than remain now: a filter depends on what they show."""
        if self.partners is not None:
            told = self.recipe.annotations.empty_tiles
            if told != "keep" and not (told == "auto" and self.layout.keeps_empty):
                return True
        return self.recipe.tiling.min_foreground > 0

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


def make_plan(
    recipe: Recipe,
    scanned: Iterable[Scanned] | None = None,
    *,
    given: Mapping[str, Scanned] | None = None,
    drawn: Mapping[str, DrawnObjects] | None = None,
) -> Plan:
    """Resolve a recipe against the headers of its sources; reads no pixel and writes nothing.

    Parameters
    ----------
    recipe : Recipe
        What was asked.
    scanned : iterable of Scanned, optional
        The result of `scan` for the recipe's media section, to save reading the headers again.
    given : mapping of str to Scanned, optional
        The headers of label images that are no files, by the name of their image.
    drawn : mapping of str to DrawnObjects, optional
        Boxes and polygons that stand in no file, by the name of their image.

    Raises
    ------
    PlanError
        If there is no source at all, the tiles of several would share names, or the images cannot be split, or their
        tiles not be put into the layout, as is asked.
    SourceError
        If the media folder does not exist or cannot be listed.
    RecipeError
        If a file that the recipe names cannot be used: of a region, of annotations, of classes.
    """
    failed: list[Failure] = []
    found = _found(recipe, scanned)
    roi = inline_roi(recipe.tiling)
    region, exclude = region_of(roi), tuple(sorted(set(recipe.tiling.exclude_tiles)))
    images: list[ImagePlan] = []
    for item in _drawn(found, recipe.tiling):
        try:
            images.append(resolve_image(recipe, item, region, exclude))
        except PlanError as error:
            failed.append(Failure(item.found.name, str(error), error.field))
    warnings = image_warnings(recipe, images)
    images = [image for image in images if len(image)]
    partners = None
    if recipe.annotations.is_given:
        known = [item.found.name for item in found]
        partners = find_partners(recipe.annotations, images, given=given, drawn=drawn, known=known)
        failed += [Failure(name, reason, field) for name, (reason, field) in partners.problems.items()]
        warnings += partners.warnings
        images = [image for image in images if image.name not in partners.problems]
    if len(images) > 1 and "stem" not in placeholders(recipe.export.name):
        raise PlanError(
            f"export.name {recipe.export.name!r} needs {{stem}}: the tiles of {len(images)} images would share names",
            "export.name",
        )
    if recipe.export.split is not None and images:
        classes_of = partial(class_counts, partners=partners, annotations=recipe.annotations) if partners else None
        shared_out, told = split_images(images, recipe.export.split, recipe.calibration, classes_of)
        images, warnings = list(shared_out), warnings + told
        if classes_of is not None and partners is not None and recipe.export.split.stratify:
            warnings += missing_classes(images, partners.classes, classes_of)
    warnings += filter_warnings(recipe, images)
    tiles = sum(len(image) for image in images)
    if tiles > MANY_TILES:
        warnings.append(f"{tiles:,} tiles, each a file: check tiling.size_px and the pixel sizes")
    check_ranges(recipe, images)
    if images:
        check_layout(recipe, images, partners)
        warnings += layout_warnings(recipe, partners)
    return Plan(recipe, tuple(images), tuple(failed), tuple(warnings), roi, partners)


def _found(recipe: Recipe, scanned: Iterable[Scanned] | None) -> list[Scanned]:
    """Return the sources with their headers, without those that are label images of others."""
    found = list(scan(recipe.media) if scanned is None else scanned)
    if not found and recipe.media.exclude and scanned is not None:
        raise PlanError("all images are left out (media.exclude): take some of them in", "media.folder")
    if not found:
        raise PlanError(
            f"{recipe.media.folder}: no image fits media.pattern {recipe.media.pattern!r}"
            + ("" if recipe.media.recursive else "; media.recursive would look into its folders too"),
            "media.folder",
        )
    return without_label_images(recipe, found) if recipe.annotations.labels else found


def _drawn(found: list[Scanned], tiling: Tiling) -> list[Scanned]:
    """Return the sources that are drawn at random, in their order; all where none are to be drawn."""
    if tiling.images is None or tiling.images >= len(found):
        return found
    rng = np.random.default_rng(tiling.seed)
    return [found[i] for i in sorted(rng.choice(len(found), tiling.images, replace=False))]
