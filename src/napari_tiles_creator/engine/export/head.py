"""The content of ``tiles.json``: what was asked, of which sources; nothing that depends on when, where or how fast."""

from __future__ import annotations

import zlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_tiles_creator import __version__
from napari_tiles_creator.engine.planning.fingerprint import fingerprint
from napari_tiles_creator.engine.planning.scan import plain_pixel_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from napari_tiles_creator.engine.export.rows import WrittenFile
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Failure, Plan

SCHEMA = 1


def head(
    plan: Plan,
    failed: Iterable[Failure],
    checksum: str | None,
    table: str | None = None,
    ranges: list[list[float | None]] | None = None,
    files: Sequence[WrittenFile] = (),
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
    files : sequence of WrittenFile, optional
        Those that tell of all tiles, once the export is finished.
    """
    reasons = {failure.source: failure.reason for failure in failed}
    sources = [_source(plan, image, reasons.pop(image.name, None)) for image in plan.images]
    sources += [{"path": name, "failed": reason} for name, reason in reasons.items()]
    return {
        "schema": SCHEMA,
        "program": f"napari-tiles-creator {__version__}",
        "finished": table is not None,
        "table_crc32": None if table is None else zlib.crc32(table.encode()),
        "checksum": checksum,
        "recipe": _recipe(plan),
        "classes": list(plan.classes),
        "ranges": ranges,
        "files": [asdict(file) for file in files],
        "sources": sorted(sources, key=lambda source: source["path"]),
    }


def _recipe(plan: Plan) -> dict[str, Any]:
    """Return the recipe without places on this machine: the same bytes wherever files lay."""
    recipe = plan.recipe.to_dict()
    del recipe["media"]["folder"], recipe["export"]["folder"]
    # What stands in a file stands here itself.
    inline = plan.recipe.tiling.model_copy(update={"roi": plan.roi}).model_dump(mode="json", include={"roi"})
    recipe["tiling"] |= inline
    annotations, split = recipe["annotations"], recipe["export"]["split"]
    # Which files they were is told with each source.
    for field in ("labels", "boxes"):
        annotations[field] = annotations[field] and Path(annotations[field]).name
    annotations["classes"] = list(plan.classes) if annotations["classes"] is not None else None
    if split is not None:
        split["table"] = split["table"] and Path(split["table"]).name
    return recipe


def _source(plan: Plan, image: ImagePlan, failed: str | None) -> dict[str, Any]:
    partner = plan.partners.of(image.name) if plan.partners is not None else None
    return {
        "path": image.name,
        "stem": image.stem,
        "bytes": image.size_bytes,
        "fingerprint": fingerprint(image.info.files),
        "axes": image.info.axes,
        "shape": list(image.info.shape),
        "dtype": image.info.dtype.name,
        "pixel_size_um": plain_pixel_size(image.pixel_size),
        "calibrated_shape": list(image.shape),
        "split": image.split or _bands(image),
        "annotations": None if partner is None else partner.fingerprints,
        "tiles": image.tiles,
        "failed": failed,
    }


def _bands(image: ImagePlan) -> list[dict[str, Any]] | None:
    return None if image.bands is None else [{"axis": "yx"[image.bands.axis], **asdict(b)} for b in image.bands.bands]
