"""Which field an error is about, and what the status line says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.controls.words import counted, size
from napari_tiles_creator._widget.questions import question_in
from napari_tiles_creator.errors import ExportError, FieldProblem, PlanError, RecipeError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError

# What is typed elsewhere and chosen here.
_FORM_WORDS = {
    "by group needs group: ": "say what tells the groups apart: ",
    "by table needs table: ": "choose the table: ",
}
# Where an error points that names no field of its own.
FIELD_OF_ERROR = {ExportError: "export.folder", PlanError: "media.folder", SourceError: "media.folder"}


def problems_of(error: TilesError) -> tuple[FieldProblem, ...]:
    """Return the fields that an error is about, each with its message; none where it is about no field."""
    if isinstance(error, RecipeError):
        return error.problems
    field = error.field or FIELD_OF_ERROR.get(type(error), "")
    return (FieldProblem(field, str(error)),) if field else ()


def nothing_to_cut(plan: Plan) -> PlanError | None:
    """Return why a plan holds no tile, None where it holds any."""
    if len(plan):
        return None
    first = plan.failed[0] if plan.failed else None
    if first is not None:
        question = question_in(first.reason)
        more = f" ({counted(len(plan.failed) - 1, 'other image')} likewise)" if len(plan.failed) > 1 else ""
        if question is not None:  # the panel asks it, with its answers
            return PlanError(f"{first.source}: {question.short}{more}", f"media.{question.field}")
        return PlanError(f"{first.reason}{more}", first.field)
    return PlanError("; ".join(plan.warnings) or "There is no tile to cut: all are left out.", "tiling.size_px")


def in_words(text: str, labels: Mapping[str, str]) -> str:
    """Return a message of the engine with the dock's labels instead of the recipe's fields and the program's options.

    Parameters
    ----------
    text : str
        ``"no pixel size: give --pixel-size (calibration.pixel_size_um)"``.
    labels : mapping
        Label by field, ``{"calibration.pixel_size_um": "Calibration › From"}``.
    """
    text = re.sub(r"give --[a-z-]+ \(([a-z_.]+)\)", r"enter it at \1", text)
    text = re.sub(r"say it with --[a-z-]+, (such as [^()]+) \(([a-z_.]+); ", r"say it at \2, \1 (", text)
    text = re.sub(r" \(--[a-z-]+( [^()\s]+)?\)", "", text)
    text = re.sub(r", such as \{[^{}]*\}", "", text)  # of a field that is a form here
    for told, word in _FORM_WORDS.items():
        text = text.replace(told, word)
    return re.sub(r"\b[a-z]+\.[a-z][a-z_]*\b", lambda field: labels.get(field[0], field[0]), text)


def plan_status(plan: Plan) -> str:
    """Return what would be exported."""
    count, tiles = len(plan.images), len(plan)
    dtypes = {image.dtype for image in plan.images}
    dtype = next(iter(dtypes)) if len(dtypes) == 1 else "mixed"
    at_most = "at most " if plan.is_upper_bound else ""  # pixels or objects decide
    return (
        f"{counted(count, 'image')} → {at_most}{counted(tiles, 'tile')}"
        f" · {size(plan.bytes)} {dtype} {plan.recipe.export.format}"
    )


def plan_notes(plan: Plan) -> list[str]:
    """Return what a user should know before the export."""
    return [*(failure.reason for failure in plan.failed), *plan.warnings]
