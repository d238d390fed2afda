"""An image written as tiles, of all sizes where the format has them, from bands of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.image_files.pyramid import TilePyramid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.image_files.layout import Layout, Target


class TiledOutput:
    """An image that is being written to a target that takes tiles.

    Parameters
    ----------
    target : Target
        The file.
    layout : Layout
        The image.
    nearest : bool
        Whether smaller levels take the nearest pixel.
    workers : int
        Threads that compress.
    """

    def __init__(self, target: Target, layout: Layout, nearest: bool, workers: int) -> None:
        self._target, self._layout, self._nearest, self._workers = target, layout, nearest, workers
        self.finish, self.close = target.finish, target.close

    def plane(self, position: dict[str, int], bands: Iterable[NDArray[Any]]) -> Iterator[int]:
        """Write a plane; see `Output`."""
        layout = self._layout
        pyramid = TilePyramid(
            layout.shapes,
            dict(layout.outer).get("C", 1),
            layout.samples,
            layout.dtype,
            tile=layout.tile,
            nearest=self._nearest or layout.dtype.kind == "b",
            workers=self._workers,
        )
        for row in pyramid.cut(bands, self._target.at(position)):
            yield min((row + 1) * layout.tile, layout.shapes[0][0])
