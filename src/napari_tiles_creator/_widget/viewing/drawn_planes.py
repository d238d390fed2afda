"""What is drawn on the previewed plane, read once and then cut as often as tiles are looked at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.viewing.sources import layer_of_info
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari.viewer import Viewer

    from napari_tiles_creator.annotations.base import DrawnPlane
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.partners import Partner
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.sources.base import SourceInfo


@dataclass(frozen=True, eq=False)
class DrawnOn:
    """What is drawn on a plane, before it is read.

    Parameters
    ----------
    plan, image : Plan, ImagePlan
        Whose annotations.
    plane : int
        Number of the plane.
    key : Hashable
        What it depends on: equal keys are the same drawing.
    """

    plan: Plan
    image: ImagePlan
    plane: int
    key: Hashable

    @classmethod
    def of(cls, viewer: Viewer, plan: Plan, image: ImagePlan, plane: int) -> DrawnOn | None:
        """Return what is drawn on a plane, None where nothing is."""
        partner = partner_of(plan, image)
        if partner is None:
            return None
        content = (
            _labels_key(viewer, partner.labels) if partner.labels is not None else None,
            partner.objects.checksum if partner.objects is not None else None,
        )
        hold = plan.recipe.annotations.labels_hold
        key = (image.name, image.shape, image.info.plane_shape, image.planes[plane], hold, plan.classes, content)
        return cls(plan, image, plane, key)

    @property
    def partner(self) -> Partner:
        """Label image and objects of the image."""
        partner = partner_of(self.plan, self.image)
        assert partner is not None
        return partner

    @property
    def has_classes(self) -> bool:
        """Whether there is more than one class."""
        return len(self.plan.classes) > 1


def partner_of(plan: Plan, image: ImagePlan) -> Partner | None:
    """Return what belongs to an image, None where nothing is drawn on it."""
    return plan.partners.of(image.name) if plan.partners is not None else None


class DrawnPlanes:
    """The plane that was read last; asked by threads, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: Hashable = None
        self._plane: DrawnPlane | None = None

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
                found = ImageAnnotations(drawn.plan, drawn.image, Wanted(), HOLD_BYTES)
                found.read(drawn.plane, stop)
                if stop.is_set():
                    return None
                self._key, self._plane = drawn.key, found.plane(drawn.plane)
            return self._plane

    def forget(self) -> None:
        """Read anew what is asked for next: its pixels may be others."""
        self._key = None


def _labels_key(viewer: Viewer, info: SourceInfo) -> Hashable:
    """Return what tells a label image from another, and a file from what it was before."""
    layer = layer_of_info(viewer, info)
    if layer is not None:
        return id(getattr(layer, "__wrapped__", layer))
    try:
        return str(info.path), info.path.stat().st_mtime_ns
    except OSError:
        return str(info.path)
