"""What every output can do, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Output(Protocol):
    """A file or folder that an image is written to, plane by plane."""

    def plane(self, position: dict[str, int], bands: Iterable[NDArray[Any]]) -> Iterator[int]:
        """Write a plane; yield the number of its rows that are through.

        Parameters
        ----------
        position : dict
            Of the plane on T and Z.
        bands : iterable of array (planes, y, x, samples)
            The plane from top to bottom: all channels, and all colours of a pixel.
        """
        ...

    def finish(self) -> None:
        """Make the image complete; nothing is valid before."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
