"""Which splits show nothing of a class that others show: a model is not trained, or not judged, for it there."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.warnings import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan


def missing_classes(
    images: Sequence[ImagePlan], classes: Sequence[str], classes_of: Callable[[ImagePlan], Mapping[int, float]]
) -> list[str]:
    """Return a warning for each split in whose images nothing of a class is drawn that is drawn elsewhere.

    Images that are divided into blocks are passed over: which of their objects lie where is not known yet.

    Parameters
    ----------
    images : sequence of ImagePlan
        All images of the plan, with their splits.
    classes : sequence of str
        Names of the classes.
    classes_of : callable
        Tells how much of each class an image shows, by the class's number.
    """
    if any(image.bands is not None for image in images):
        return []
    shown: dict[str, Counter[int]] = defaultdict(Counter)
    for image in images:
        shown[image.split].update(dict(classes_of(image)))
    everywhere = {number for counts in shown.values() for number in counts if number < len(classes)}
    return [
        f"{split} shows nothing of the class {listed([classes[number] for number in missing])} (export.split)"
        for split, counts in shown.items()
        if (missing := sorted(everywhere - counts.keys()))
    ]
