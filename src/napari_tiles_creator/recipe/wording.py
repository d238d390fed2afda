"""What a field allows, in words: from its type and limits, so that every new field has its message."""

from __future__ import annotations

import types
from difflib import get_close_matches
from reprlib import Repr
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

UNITS = {"_px": " of pixels", "_um": " of µm"}
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxlist = _SHORT.maxtuple = 8


def shown(value: object) -> str:
    """Return a value as it was given, shortened where it is long."""
    return _SHORT.repr(value)


def allowed(model: type[BaseModel], name: str) -> str:
    """Return what a field allows: ``a whole number of pixels above 0, or two of them, [y, x]``."""
    field = model.model_fields[name]
    unit = next((words for suffix, words in UNITS.items() if name.endswith(suffix)), "")
    return _phrase(field.annotation, field.metadata, unit)


def fields_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the model of a field that has fields of its own and may be empty, None for any other."""
    field = model.model_fields.get(name)
    models = [part for part in get_args(field.annotation) if part is not type(None)] if field else []
    one = models[0] if len(models) == 1 else None
    return one if isinstance(one, type) and issubclass(one, BaseModel) else None


def listed(words: Iterable[str]) -> str:
    """Return ``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question after the most similar name, empty where none is similar."""
    similar = get_close_matches(name, list(known), 1)
    return f": did you mean {similar[0]}?" if similar else ""


def _phrase(annotation: Any, limits: list[Any], unit: str) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        found = [m for part in arguments[1:] for m in (part.metadata if isinstance(part, FieldInfo) else [part])]
        return _phrase(arguments[0], [*limits, *found], unit)
    if origin is Literal:
        return listed(repr(value) for value in arguments)
    if origin in (Union, types.UnionType):
        return _alternatives(arguments, limits, unit)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            if get_origin(arguments[0]) is tuple:
                return "a list of pairs of numbers"
            return "a list of texts" if arguments[0] is str else "a list"
        return f"{_NUMBER_WORDS[len(arguments)]} {_number(arguments[0], unit, plural=True)}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping with fields such as {next(iter(annotation.model_fields))}"
    if annotation is bool:
        return "true or false"
    if annotation is str:
        return "a text that is not empty" if _limit(limits, "min_length") else "a text"
    return _number(Annotated[annotation, *limits] if limits else annotation, unit, plural=False)


_NUMBER_WORDS = {2: "two", 3: "three", 4: "four"}


def _alternatives(arguments: tuple[Any, ...], limits: list[Any], unit: str) -> str:
    """Return the members of a union; a pair of what a single one may be is told shortly."""
    words = []
    for argument in arguments:
        if argument is type(None):
            words.append("empty")
        elif get_origin(argument) is tuple and words and Ellipsis not in get_args(argument):
            words.append("two of them, [y, x]")
        else:
            words.append(_phrase(argument, limits, unit))
    return ", or ".join(words)


def _number(annotation: Any, unit: str, *, plural: bool) -> str:
    limits: list[Any] = []
    if get_origin(annotation) is Annotated:
        annotation, *found = get_args(annotation)
        limits = [m for part in found for m in (part.metadata if isinstance(part, FieldInfo) else [part])]
    words = {int: "whole number", float: "number"}.get(annotation, "value") + ("s" if plural else "")
    least, above, most = (_limit(limits, name) for name in ("ge", "gt", "le"))
    if annotation is int and least == 1 and most is None:
        least, above = None, 0
    text = words + unit if plural else f"a {words}{unit}"
    if least is not None and most is not None:
        return f"{text} from {least:g} to {most:g}"
    if least is not None:
        return f"{text}, {least:g} or more"
    return text if above is None else f"{text} above {above:g}"


def _limit(limits: list[Any], name: str) -> float | None:
    """Return a limit of this name (``ge``, ``gt``, ``le``, ``min_length``), None where there is none."""
    return next((getattr(limit, name) for limit in limits if hasattr(limit, name)), None)
