"""What the values of an array may be: real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from typing import Any

    import numpy as np

# Names of a record's fields that a sentence lists.
LISTED = 4


def check_values(name: str, dtype: np.dtype[Any]) -> None:
    """Refuse what holds no real numbers.

    Raises
    ------
    SourceError
        If the values are records, texts, references or complex numbers.
    """
    if dtype.kind == "c":
        raise SourceError(f"{name}: {dtype} pixels cannot be tiled; take the real part or the magnitude")
    if dtype.names:
        raise SourceError(
            f"{name}: its values are records of {', '.join(dtype.names[:LISTED])}; save one of them alone"
        )
    if dtype.kind not in "uifb":
        raise SourceError(f"{name}: its values are no numbers (numpy calls them {dtype})")
