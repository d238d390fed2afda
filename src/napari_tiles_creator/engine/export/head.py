"""The content of ``tiles.json``: what was asked, of which sources; nothing that depends on when, where or how fast."""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Any

from napari_tiles_creator import __version__
from napari_tiles_creator.engine.planning.scan import plain_pixel_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Failure, Plan
    from napari_tiles_creator.sources.base import SourceInfo

SCHEMA = 1
# Of each of three places in a source's file.
SAMPLED_BYTES = 1 << 14


def head(
    plan: Plan,
    failed: Iterable[Failure],
    checksum: str | None,
    table: str | None = None,
    ranges: list[list[float | None]] | None = None,
) -> dict[str, Any]:
    """Return the content of ``tiles.json``: nothing in it depends on when, where or how fast it was made.

    Parameters
    ----------
    plan : Plan
        The export.
    failed : iterable of Failure
        Sources without tiles.
    checksum : str or None
        Digest that the rows hold.
    table : str, optional
        Content of ``tiles.csv``, once the export is finished.
    ranges : list of [low, high], optional
        What all images share with scope dataset, once the export is finished: one range, or one a channel.
    """
    recipe = plan.recipe.to_dict()
    del recipe["media"]["folder"], recipe["export"]["folder"]
    # A region in a file stands here itself: no path, and the same bytes wherever the file lay.
    inline = plan.recipe.tiling.model_copy(update={"roi": plan.roi}).model_dump(mode="json", include={"roi"})
    recipe["tiling"] |= inline
    reasons = {failure.source: failure.reason for failure in failed}
    sources = [_source(image, reasons.pop(image.name, None)) for image in plan.images]
    sources += [{"path": name, "failed": reason} for name, reason in reasons.items()]
    return {
        "schema": SCHEMA,
        "program": f"napari-tiles-creator {__version__}",
        "finished": table is not None,
        "table_crc32": None if table is None else zlib.crc32(table.encode()),
        "checksum": checksum,
        "recipe": recipe,
        "ranges": ranges,
        "sources": sorted(sources, key=lambda source: source["path"]),
    }


def _source(image: ImagePlan, failed: str | None) -> dict[str, Any]:
    return {
        "path": image.name,
        "stem": image.stem,
        "bytes": image.size_bytes,
        "fingerprint": fingerprint(image.info),
        "axes": image.info.axes,
        "shape": list(image.info.shape),
        "dtype": image.info.dtype.name,
        "pixel_size_um": plain_pixel_size(image.pixel_size),
        "calibrated_shape": list(image.shape),
        "tiles": image.tiles,
        "failed": failed,
    }


def fingerprint(info: SourceInfo) -> int | None:
    """Return a checksum of some of a file's bytes, which tells it from another one of the same name and size.

    Its beginning, middle and end: a whole slide is not read for it. None for what is no file, or cannot be read: the
    export tells that.
    """
    if not info.files:
        return None
    crc = 0
    try:
        for path in info.files:
            with open(path, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                for start in (0, (size - SAMPLED_BYTES) // 2, size - SAMPLED_BYTES):
                    file.seek(max(0, start))
                    crc = zlib.crc32(file.read(SAMPLED_BYTES), crc)
    except OSError:
        return None
    return crc
