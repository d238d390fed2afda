"""Whether tiles hold one and the same value besides 0: masks that are taken for numbers of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OneValue:
    """Looks at the labels of tiles as they are read, until one holds several; from several threads."""

    def __init__(self) -> None:
        self._several = False
        self._values: dict[str, int] = {}

    def look(self, tile: str, labels: NDArray[Any]) -> None:
        """Take note of a tile's labels, array (y, x)."""
        if self._several or tile in self._values:
            return
        value = labels.max(initial=0)
        if ((labels != 0) & (labels != value)).any():
            self._several = True
        else:
            self._values[tile] = int(value)

    @property
    def found(self) -> int | None:
        """The value that all tiles which show anything have, at least two of them; None where there is none."""
        values = [value for value in self._values.values() if value]
        return values[0] if not self._several and len(values) > 1 and len(set(values)) == 1 else None
