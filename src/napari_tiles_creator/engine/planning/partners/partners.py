"""What is drawn on each image: its label image, its boxes and polygons, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_tiles_creator.annotations.class_names import default_names, read_class_names, told, unnamed_class
from napari_tiles_creator.engine.planning.fingerprint import checksum
from napari_tiles_creator.engine.planning.partners.drawn_files import DrawnLayers, drawn_files
from napari_tiles_creator.engine.planning.partners.label_files import LabelFiles, LabelLayers
from napari_tiles_creator.engine.planning.partners.names import bare_stem, without_suffix
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import AnnotationError, RecipeError
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.drawn_files import DrawnFiles
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.annotations import Annotations
    from napari_tiles_creator.sources.base import SourceInfo

Given = TypeVar("Given")
LABELS, BOXES, CLASSES = "annotations.labels", "annotations.boxes", "annotations.classes"


@dataclass(frozen=True)
class Partner:
    """What is drawn on one image.

    Parameters
    ----------
    labels : SourceInfo or None
        The header of its label image.
    objects : DrawnObjects or None
        Its boxes and polygons, px of the source.
    names : tuple of str
        What these come from, paths relative to the folders that the recipe names: the label image first.
    files : tuple of Path
        Their files; none for layers.
    problem, field : str
        Why the image cannot be used, and the field of the recipe that can mend it; empty where it can.
    """

    labels: SourceInfo | None = None
    objects: DrawnObjects | None = None
    names: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    problem: str = ""
    field: str = ""

    @cached_property
    def fingerprints(self) -> list[dict[str, Any]]:
        """What tells these annotations from others: name and checksum of each, as JSON holds it."""
        sums = [] if self.labels is None else [checksum(self.labels.files)]
        sums += [] if self.objects is None else [self.objects.checksum]
        return [{"path": name, "fingerprint": crc} for name, crc in zip(self.names, sums, strict=True)]


@dataclass(frozen=True)
class Partners:
    """What is drawn on all images.

    Parameters
    ----------
    by_image : dict of str to Partner
        By the images' names.
    warnings : list of str
        What a user should know beforehand.
    classes : tuple of str
        Names of the classes, in index order.
    """

    by_image: dict[str, Partner]
    warnings: list[str]
    classes: tuple[str, ...]

    def of(self, image_name: str) -> Partner | None:
        """Return what is drawn on an image, None for an image that is not known."""
        return self.by_image.get(image_name)

    @cached_property
    def problems(self) -> dict[str, tuple[str, str]]:
        """The images that cannot be used: why, and the field of the recipe that can mend it."""
        return {name: (p.problem, p.field) for name, p in self.by_image.items() if p.problem}

    @cached_property
    def has_labels(self) -> bool:
        """Whether there are label images."""
        return any(partner.labels is not None for partner in self.by_image.values())

    @cached_property
    def has_shapes(self) -> bool:
        """Whether shapes of objects are known: label images and polygons tell them, boxes do not."""
        drawn = [partner.objects for partner in self.by_image.values() if partner.objects is not None]
        drawn = [objects for objects in drawn if len(objects)]
        return self.has_labels or not drawn or any(objects.has_shapes for objects in drawn)


def find_partners(
    annotations: Annotations,
    images: Sequence[ImagePlan],
    given: Mapping[str, Scanned] | None = None,
    drawn: Mapping[str, DrawnObjects] | None = None,
    known: Collection[str] = (),
) -> Partners:
    """Find what is drawn on each image; reads headers of label images, and texts.

    An image for which something is missing, doubtful or wrong is a problem: that nothing is drawn on it, and that
    nobody has drawn on it yet, are not the same.

    Parameters
    ----------
    annotations : Annotations
        The recipe's section.
    images : sequence of ImagePlan
        The images.
    given : mapping of str to Scanned, optional
        Headers of label images by their images' names, for ``labels`` that are open layers.
    drawn : mapping of str to DrawnObjects, optional
        Boxes and polygons by their images' names, for ``boxes`` that are open layers.
    known : collection of str, optional
        Names of images that are left out: what belongs to them is not told as without an image.

    Raises
    ------
    RecipeError
        If a folder or file that the recipe names is not there, is something else, or is wrong as a whole.
    """
    labels = _label_images(annotations.labels, images, given)
    shapes = _drawn_files(annotations.boxes, images, drawn)
    partners = {image.name: _partner(image, labels, shapes) for image in images}
    classes = _given_names(annotations.classes)
    if labels is not None and classes and classes[0].casefold() == "background":
        raise RecipeError.of(
            CLASSES,
            f"{told(classes)}: 0 is the background of a label image: leave {classes[0]} out, 1 is the first class",
        )
    if shapes is not None:
        if classes and shapes.names_decide:
            partners = _renumbered(partners, _places(shapes.class_names, classes, _used(partners)))
        classes = classes or shapes.class_names or _made_up(partners)
        partners = {name: _with_named_classes(partner, classes, shapes.place) for name, partner in partners.items()}
    return Partners(partners, _warnings(images, partners, labels, shapes, known), classes or default_names(1))


def _label_images(
    named: str | None, images: Sequence[ImagePlan], given: Mapping[str, Scanned] | None
) -> LabelFiles | LabelLayers | None:
    if named is None:
        return None
    if named == OPEN_LAYERS:
        return LabelLayers(_present(given, LABELS))
    return LabelFiles(named, images)


def _drawn_files(
    named: str | None, images: Sequence[ImagePlan], drawn: Mapping[str, DrawnObjects] | None
) -> DrawnFiles | None:
    if named is None:
        return None
    return DrawnLayers(_present(drawn, BOXES)) if named == OPEN_LAYERS else drawn_files(named, images)


def _present(layers: Mapping[str, Given] | None, field: str) -> Mapping[str, Given]:
    if layers is None:
        raise RecipeError.of(
            field, f"{OPEN_LAYERS}: open layers exist only in napari: save them as files and name their folder"
        )
    return layers


def _given_names(classes: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the names that the recipe gives, or the file that it names; none where it does not."""
    if not isinstance(classes, str):
        return classes or ()
    try:
        return read_class_names(Path(classes), classes)
    except AnnotationError as error:
        raise RecipeError.of(CLASSES, str(error)) from error


def _partner(image: ImagePlan, labels: LabelFiles | LabelLayers | None, shapes: DrawnFiles | None) -> Partner:
    """Return what is found for an image, or its problem."""
    partner = Partner()
    looked_at = LABELS
    try:
        if labels is not None:
            name, info = labels.of(image)
            partner = Partner(labels=info, names=(name,), files=info.files or ())
        looked_at = BOXES
        if shapes is not None:
            name, files, objects = shapes.of(image)
            partner = replace(partner, objects=objects, names=(*partner.names, name), files=(*partner.files, *files))
    except AnnotationError as error:
        return replace(partner, problem=str(error), field=looked_at)
    return partner


def _used(partners: Mapping[str, Partner]) -> set[int]:
    """Return the classes of which an object is drawn."""
    drawn = [partner.objects for partner in partners.values() if partner.objects is not None]
    return {int(number) for objects in drawn for number in np.unique(objects.class_numbers)}


def _places(theirs: Sequence[str], classes: Sequence[str], used: Collection[int]) -> list[int]:
    """Return where each class of the annotations stands among the recipe's: names decide, whatever their order."""
    found = []
    for number, name in enumerate(theirs):
        same = [i for i, other in enumerate(classes) if other == name]
        alike = [i for i, other in enumerate(classes) if other.casefold() == name.casefold()]
        if not (same or len(alike) == 1) and number in used:
            raise RecipeError.of(
                CLASSES,
                f"{told(classes)}: the annotations have a class {name!r}, which is none of them: name it so, or leave "
                f"annotations.classes empty",
            )
        found.append((same or alike or [0])[0])
    return found


def _renumbered(partners: Mapping[str, Partner], classes: Sequence[int]) -> dict[str, Partner]:
    """Return the partners with the classes in another order."""
    if list(classes) == list(range(len(classes))):
        return dict(partners)
    return {
        name: partner if partner.objects is None else replace(partner, objects=partner.objects.renumbered(classes))
        for name, partner in partners.items()
    }


def _made_up(partners: Mapping[str, Partner]) -> tuple[str, ...]:
    """Return names for as many classes as there are."""
    drawn = [partner.objects for partner in partners.values() if partner.objects is not None]
    return default_names(1 + max((objects.highest_class for objects in drawn), default=-1))


def _with_named_classes(partner: Partner, classes: tuple[str, ...], place: str) -> Partner:
    """Return the partner, with a problem where a class has no name."""
    unnamed = None if partner.objects is None or partner.problem else unnamed_class(partner.objects, classes)
    if unnamed is None:
        return partner
    number, class_number = unnamed
    reason = (
        f"{partner.names[-1]}, {place} {number}: class {class_number} has no name, there are {len(classes)}: "
        f"{told(classes)}; name it (annotations.classes), or correct the file"
    )
    return replace(partner, problem=reason, field=CLASSES)


def _warnings(
    images: Sequence[ImagePlan],
    partners: Mapping[str, Partner],
    labels: LabelFiles | LabelLayers | None,
    shapes: DrawnFiles | None,
    known: Collection[str],
) -> list[str]:
    """Return what a user should know beforehand."""
    found = []
    stems = {bare_stem(name) for name in known}
    for files, what in ((labels, "label images"), (shapes, "annotations")):
        names = [] if files is None else files.without_image()
        alone = [name for name in names if not {bare_stem(name), without_suffix(bare_stem(name))} & stems]
        if alone:
            found.append(f"{what} without an image: {listed(alone)}")
    drawn = [partner.objects for partner in partners.values() if partner.objects is not None]
    found += dict.fromkeys(note for objects in drawn for note in objects.notes)
    stacks = [i.name for i in images if len(i.planes) > 1 and partners[i.name].objects is not None]
    if stacks:
        found.append(f"the same boxes are drawn on each of their planes: {listed(stacks)}")
    total, boxes = sum(map(len, drawn)), sum(int(objects.only_boxes.sum()) for objects in drawn)
    if 0 < boxes < total:
        found.append(f"of {boxes:,} of {total:,} objects boxes alone are known: as shapes they are filled")
    return found
