"""The files of results that are named like a dataset's tiles, whatever program wrote them."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.partners.names import bare_stem, files_in, folder_of
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.planning.partners.names import PartnerFile

# What programs put behind a tile's name: the first group that a file is found for counts, in a group all are alike.
_EXACT = ("",)
_OF_MASKS = (
    "_cp_masks",
    *(f"{mark}{word}" for mark in "_-" for word in ("mask", "masks", "label", "labels", "seg", "pred", "prediction")),
)
_OTHERS = (
    *(f"{mark}{word}" for mark in "_-" for word in ("prob", "probability", "probabilities", "boxes")),
    "__labels",
)
SUFFIXES = (_EXACT, (*_OF_MASKS, *_OTHERS))
# The same where masks are wanted: some programs write them beside the tiles themselves.
MASKS_FIRST = (_OF_MASKS, _EXACT, _OTHERS)


class ResultFiles:
    """The files of a folder, to be found by the names of tiles.

    A tile ``train/images/a_001.tif`` has its result in the same folder of `folder`, or at its top, or in one folder
    below (``masks/a_001_mask.png``); with the tile's own extension or another one.

    Parameters
    ----------
    folder : Path
        Where results are.
    extensions : collection of str
        Of the files that hold results, lower case with the dot.
    suffixes : sequence of sequence of str
        What may stand behind a tile's name: groups in the order in which they are tried.
    """

    def __init__(self, folder: Path, extensions: Collection[str], suffixes: Sequence[Sequence[str]] = SUFFIXES) -> None:
        self.folder, self._extensions, self._suffixes = folder, extensions, suffixes

    def of(self, tile: str) -> Path | None:
        """Return the result of a tile, named by its path in the dataset; None where there is none.

        Raises
        ------
        DatasetError
            If several files may be it.
        """
        stem = bare_stem(tile)
        for group in self._suffixes:
            found = [file for suffix in group for file in self._by_stem.get((stem + suffix).lower(), ())]
            here = [file for file in found if folder_of(file.name) == folder_of(tile)] or found
            chosen = _of_own_extension(here, PurePosixPath(tile).suffix)
            if len(chosen) > 1:
                names = ", ".join(file.name for file in chosen[:3])
                raise DatasetError(
                    f"{self.folder}: {names} may each be the result of tile {tile}: keep one of them, or name their "
                    f"folder with --tiles"
                )
            if chosen:
                return chosen[0].path
        return None

    @property
    def is_empty(self) -> bool:
        """Whether there is no file that may hold a result."""
        return not self._by_stem

    @cached_property
    def _by_stem(self) -> dict[str, list[PartnerFile]]:
        """The files by stem, whatever the case."""
        if not self.folder.is_dir():
            raise DatasetError(f"{self.folder}: there is no such folder of results (--tiles)")
        try:
            files = sorted(files_in(self.folder, self._extensions, recursive=True), key=lambda file: file.name)
        except OSError as error:
            raise DatasetError(f"{self.folder} cannot be listed: {error.strerror or error}") from error
        found: dict[str, list[PartnerFile]] = {}
        for file in files:
            found.setdefault(bare_stem(file.name).lower(), []).append(file)
        return found


def _of_own_extension(files: Sequence[PartnerFile], extension: str) -> list[PartnerFile]:
    """Return the files; of those of one name with several extensions that which has the tile's own."""
    by_stem: dict[str, list[PartnerFile]] = {}
    for file in files:
        by_stem.setdefault(bare_stem(file.name).lower(), []).append(file)
    chosen = []
    for alike in by_stem.values():
        own = [file for file in alike if PurePosixPath(file.name).suffix == extension]
        chosen += own if len(own) == 1 else alike
    return chosen
