"""What is drawn on the previewed plane, read once and then cut as often as tiles are looked at."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.viewing.layers import DRAWN_BOXES, DRAWN_LABELS, TILE_BOXES, TILE_LABELS
from napari_tiles_creator._widget.viewing.sources import layer_of_info
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari.viewer import Viewer

    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator.annotations.base import DrawnPlane
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.partners import Partner
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.sources.base import SourceInfo


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of annotations, each with layers of its own: an image may have both.

    Parameters
    ----------
    has_pixels : bool
        Whether these are label images, not boxes and polygons.
    role, tile_role : str
        Of the layer that shows all of a plane, and of that with what an export writes of them with the current tile.
    """

    has_pixels: bool
    role: str
    tile_role: str


KINDS = (Kind(True, DRAWN_LABELS, TILE_LABELS), Kind(False, DRAWN_BOXES, TILE_BOXES))


@dataclass(frozen=True, eq=False)
class DrawnOn:
    """What of one kind is drawn on a plane, before it is read.

    Parameters
    ----------
    plan, image : Plan, ImagePlan
        Whose annotations; the plan knows none of the other kind.
    plane : int
        Number of the plane.
    kind : Kind
        Label image, or boxes and polygons.
    key : Hashable
        What it depends on: equal keys are the same drawing.
    """

    plan: Plan
    image: ImagePlan
    plane: int
    kind: Kind
    key: Hashable

    @classmethod
    def of(cls, viewer: Viewer, subject: Subject, kind: Kind) -> DrawnOn | None:
        """Return what of a kind is drawn on a plane, None where nothing is."""
        plan, image = subject.plan, subject.image
        partner = plan.partners.of(image.name) if plan.partners is not None else None
        if plan.partners is None or partner is None:
            return None
        labels, objects = partner.labels, partner.objects
        if (labels if kind.has_pixels else objects) is None:
            return None
        mine = replace(partner, objects=None) if kind.has_pixels else replace(partner, labels=None)
        content = _labels_key(viewer, labels) if kind.has_pixels and labels is not None else _checksum(partner)
        hold, place = plan.recipe.annotations.labels_hold, image.planes[subject.plane]
        key = (image.name, image.shape, image.info.plane_shape, place, hold, plan.classes, content)
        alone = replace(plan, partners=replace(plan.partners, by_image={image.name: mine}))
        return cls(alone, image, subject.plane, kind, key)

    @property
    def labels(self) -> SourceInfo | None:
        """The header of the label image, None for boxes and polygons."""
        partner = self.plan.partners.of(self.image.name) if self.plan.partners is not None else None
        return partner.labels if partner is not None else None

    @property
    def tells_classes(self) -> bool:
        """Whether there is more than one class, and what is drawn tells which."""
        names_objects = self.kind.has_pixels and self.plan.recipe.annotations.labels_hold == "instances"
        return len(self.plan.classes) > 1 and not names_objects


class DrawnPlanes:
    """The plane that was read last; asked by threads, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: Hashable = None
        self._plane: DrawnPlane | None = None
        self._forgotten = 0

    def read(self, drawn: DrawnOn, stop: threading.Event) -> DrawnPlane | None:
        """Return the plane; None where it was to stop before it was read.

        Raises
        ------
        SourceError
            If a label image cannot be read.
        """
        from napari_tiles_creator.engine.annotating.image_annotations import ImageAnnotations
        from napari_tiles_creator.engine.steps import HOLD_BYTES

        with self._lock:
            if self._plane is None or drawn.key != self._key:
                self._key = self._plane = None
                forgotten = self._forgotten
                found = ImageAnnotations(drawn.plan, drawn.image, Wanted(), HOLD_BYTES)
                found.read(drawn.plane, stop)
                if stop.is_set():
                    return None
                self._plane = found.plane(drawn.plane)
                # What was painted over meanwhile is shown now, and read anew the next time.
                self._key = drawn.key if forgotten == self._forgotten else None
            return self._plane

    def forget(self) -> None:
        """Read anew what is asked for next: its pixels may be others."""
        self._forgotten += 1
        self._key = None


def _checksum(partner: Partner) -> Hashable:
    return partner.objects.checksum if partner.objects is not None else None


def _labels_key(viewer: Viewer, info: SourceInfo) -> Hashable:
    """Return what tells a label image from another, and a file from what it was before."""
    layer = layer_of_info(viewer, info)
    if layer is not None:
        return id(getattr(layer, "__wrapped__", layer))
    try:
        return str(info.path), info.path.stat().st_mtime_ns
    except OSError:
        return str(info.path)
