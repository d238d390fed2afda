"""JSON that people and programs write, and how its values stand in messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.annotations.plain_text import content_of, shortened
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from pathlib import Path


def json_of(path: Path, name: str = "") -> Any:
    """Return what a JSON file holds; numbers that JSON does not know, such as NaN, are refused.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        What it is called in messages; its own name where nothing is given.

    Raises
    ------
    AnnotationError
        If it cannot be read or is no JSON.
    """
    name = name or path.name
    try:
        return json.loads(content_of(path, name), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        if isinstance(error, AnnotationError):
            raise
        raise AnnotationError(f"{name}: is no JSON: {' '.join(str(error).split())}") from error


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def told(value: object) -> str:
    """Return a value as it stands in a message."""
    if value is None:
        return "missing"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):  # numbers of thousands of digits
        return "too large"
    return text if len(text) <= 40 else shortened(text)
