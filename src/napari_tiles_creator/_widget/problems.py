"""Which field an error is about, and what the status line says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.footer import grouped, size
from napari_tiles_creator.errors import ExportError, FieldProblem, PlanError, RecipeError, SourceError

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError

FIELD = re.compile(r"\b(media|calibration|normalization|tiling|export)\.([a-z][a-z_]*)")


def problems_of(error: TilesError) -> tuple[FieldProblem, ...]:
    """Return the fields that an error is about, each with its message; none where it is about no field."""
    if isinstance(error, RecipeError):
        return error.problems
    message = str(error)
    if isinstance(error, ExportError):
        return (FieldProblem("export.folder", message),)
    named = FIELD.search(message)
    if named and isinstance(error, (PlanError, SourceError)):
        return (FieldProblem(named[0], message),)
    if isinstance(error, (PlanError, SourceError)):
        return (FieldProblem("media.folder", message),)
    return ()


def plan_status(plan: Plan) -> str:
    """Return what would be exported."""
    count, tiles = len(plan.images), len(plan)
    dtypes = {image.dtype for image in plan.images}
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else "mixed"
    return (
        f"{grouped(count)} image{'s' * (count != 1)} → {grouped(tiles)} tile{'s' * (tiles != 1)}"
        f" · {size(plan.bytes)} {dtype} {plan.recipe.export.format}"
    )


def plan_notes(plan: Plan) -> list[str]:
    """Return what a user should know before the export."""
    return [*(failure.reason for failure in plan.failed), *plan.warnings]
