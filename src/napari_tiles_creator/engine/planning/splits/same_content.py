"""Which images are copies of each other: two splits must not share one image under two names."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

# Places in a file, evenly distributed, of which some bytes are compared: a few tell most files apart, many are needed
# to believe that two are the same. Files up to a megabyte are compared as a whole.
FEW_PLACES, MANY_PLACES = 3, 64
# Answers that are kept, a few hundred bytes each.
MOST_ANSWERS = 1 << 16


def first_of_copies(images: Sequence[ImagePlan]) -> dict[str, str]:
    """Return of each image, by name, the name of the first one with the same content: its own where none has.

    Only files of the same size are looked at. Folders (Zarr stores) are taken as different, and so are images in one
    file.
    """
    first = {image.name: image.name for image in images}
    for alike in _several(_by_header(images)):
        for similar in _several(_by_content(alike, FEW_PLACES)):
            for same in _several(_by_content(similar, MANY_PLACES)):
                name = min(image.name for image in same)
                first |= {image.name: name for image in same}
    return first


def _several(groups: Iterable[list[ImagePlan]]) -> list[list[ImagePlan]]:
    return [group for group in groups if len({image.info.files for image in group}) > 1]


def _by_header(images: Sequence[ImagePlan]) -> Iterable[list[ImagePlan]]:
    groups: dict[Hashable, list[ImagePlan]] = defaultdict(list)
    for image in images:
        info = image.info
        # An array in a file is another image than the file's other arrays.
        array = image.name.partition(f"{info.path.name}#")[2]
        if info.files and image.size_bytes:
            groups[image.size_bytes, info.axes, info.shape, info.dtype, array].append(image)
    return groups.values()


def _by_content(images: Sequence[ImagePlan], places: int) -> Iterable[list[ImagePlan]]:
    groups: dict[int, list[ImagePlan]] = defaultdict(list)
    for image in images:
        if not image.info.path.is_dir() and image.info.files:
            checksum = _checksum(image.info.files, image.size_bytes, image.modified_ns, places)
            if checksum is not None:
                groups[checksum].append(image)
    return groups.values()


@lru_cache(MOST_ANSWERS)
def _checksum(files: tuple[Path, ...], _size_bytes: int, _modified_ns: int, places: int) -> int | None:
    """Return the fingerprint of some files; their size and time tell whether it is still theirs."""
    return fingerprint(files, places)
