"""What may surprise in a merge, as far as it is known before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_tiles_creator.engine.back.request import MergeRequest
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.manifest import Manifest

# So many images are named.
NAMED = 3


def surprises(request: MergeRequest, manifest: Manifest, sources: Sequence[TiledSource]) -> Iterator[str]:
    """Yield a sentence for each thing that may surprise."""
    recipe = Recipe.of(manifest.head["recipe"])
    if recipe.normalization.scope == "tile" and request.kind == "values":
        yield "each tile was normalized on its own (scope tile): seams between tiles are to be expected"
    if request.file_format == "zarr" and request.tiles is None and any(source.is_rgb for source in sources):
        yield "OME-Zarr has no colours: red, green and blue become channels"
    if request.kind == "labels" and request.tiles is None and holds_classes(recipe, sources):
        yield (
            f"the masks of layout {recipe.export.layout} hold classes rather than numbers of objects: all that a tile "
            f"shows of a class becomes one object; use --kind classes"
        )
    if recipe.tiling.sampling != "grid":
        yield f"tiles of {recipe.tiling.sampling} sampling do not cover the images: there are gaps between them"
        return
    planned = sum(len(source.grid) * len(source.planes) for source in sources if source.grid)
    there = sum(len(source.rows) for source in sources)
    if there < planned:
        yield (
            f"{planned - there} of {planned} tiles of the grid are not in the dataset (filters, annotations or splits "
            f"left them out): what only they showed is not there"
        )
    if request.kind != "detections":
        yield from _dropped(sources, request.fill or 0)


def holds_classes(recipe: Recipe, sources: Sequence[TiledSource]) -> bool:
    """Tell whether the masks beside the tiles hold classes."""
    has_masks = any(row.mask for source in sources for row in source.rows)
    return has_masks and not make_layout(recipe.export.layout).wanted.instances


def _dropped(sources: Sequence[TiledSource], fill: float) -> Iterator[str]:
    """Tell how much the edge policy left in no tile."""
    shares = {}
    for source in sources:
        whole = source.plane_shape[0] * source.plane_shape[1]
        if source.grid is not None and source.grid.edge == "drop" and source.grid.covered < whole:
            shares[source.name] = 1 - source.grid.covered / whole
    if not shares:
        return
    low, high = (_percent(share) for share in (min(shares.values()), max(shares.values())))
    share = high if low == high else f"{low} to {high}"
    names = ", ".join(list(shares)[:NAMED])
    of = names if len(shares) <= NAMED else f"{len(shares)} images ({names}, …)"
    yield f"the edge policy drop left {share} of {of} in no tile: {fill:g} stands there"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "less than 1 %"
