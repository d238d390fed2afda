"""How much of each class is drawn on an image: what a split is balanced by."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.partners import Partners
    from napari_tiles_creator.recipe.annotations import Annotations
    from napari_tiles_creator.sources.base import SourceInfo

BAND_BYTES = 16 << 20
# Label images whose counts are kept while a recipe is changed again and again.
MOST_ANSWERS = 10_000


def class_counts(image: ImagePlan, *, partners: Partners, annotations: Annotations) -> Mapping[int, float]:
    """Return how much of each class is drawn on an image, by the class's number.

    Objects are counted where they are listed. Of label images that hold classes the pixels are, and read for it (of
    the smallest level of a pyramid): the only pixels that a plan depends on. Label images of instances have one class.
    """
    partner = partners.of(image.name)
    if partner is None:
        return {}
    if partner.objects is not None:
        return dict(Counter(partner.objects.class_numbers.tolist()))
    if partner.labels is None or annotations.values_of_labels(len(partners.classes)) != "classes":
        return {}
    modified = sum(path.stat().st_mtime_ns for path in partner.labels.files or () if path.is_file())
    return _pixels_of(partner.labels, modified)


@lru_cache(MOST_ANSWERS)
def _pixels_of(info: SourceInfo, modified_ns: int) -> Mapping[int, float]:
    """Return the pixels of each class in a label image; none where it cannot be read, which the export tells."""
    level = len(info.levels) - 1
    height, width = info.levels[level]
    rows = max(1, BAND_BYTES // max(1, width * info.dtype.itemsize))
    counts: Counter[int] = Counter()
    try:
        source = reopen(info)
        try:
            for y in range(0, height, rows):
                band = source.read(Box(y, 0, min(rows, height - y), width), level=level)
                values, pixels = np.unique(band[band > 0], return_counts=True)
                counts.update({int(value) - 1: int(count) for value, count in zip(values, pixels, strict=True)})
        finally:
            source.close()
    except SourceError:
        return {}
    return dict(counts)
