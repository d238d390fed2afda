"""What is in the media folder: every source with its header, or with what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.planning.opening import open_found
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.sources.channel_files import grouped
from napari_tiles_creator.sources.folder import Found, find_sources, left_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.base import SourceInfo


@dataclass(frozen=True, slots=True)
class Scanned:
    """One source and what its header says.

    Parameters
    ----------
    found : Found
        The file and its stem.
    size_bytes : int
        Size of the file.
    info : SourceInfo or None
        The header, None where it cannot be read.
    problem : str
        Why it cannot be read, empty where it can.
    modified_ns : int, default 0
        When the file was last written, ns; 0 where there is no file.
    """

    found: Found
    size_bytes: int
    info: SourceInfo | None
    problem: str = ""
    modified_ns: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``scan --json`` prints."""
        info = self.info
        return {
            "path": self.found.name,
            "axes": info.axes if info else None,
            "shape": list(info.shape) if info else None,
            "dtype": info.dtype.name if info else None,
            "pixel_size_um": plain_pixel_size(info.pixel_size) if info else None,
            "pixel_size_from": info.pixel_size_from if info else None,
            "problem": self.problem or None,
        }


def scan(media: Media) -> Iterator[Scanned]:
    """Read the header of every source that the recipe means, one after the other.

    Parameters
    ----------
    media : Media
        The recipe's section.

    Yields
    ------
    Scanned
        In the order of `find_sources`; a file that cannot be read is one with a problem. Of several files that hold
        one OME image the first stands for all.

    Raises
    ------
    SourceError
        If the folder does not exist or cannot be listed, or layers of napari are meant, which are not seen from here.
    """
    if media.folder == OPEN_LAYERS:
        raise SourceError(
            f"{OPEN_LAYERS}: open layers exist only in napari: save them as files and name their folder (media.folder)"
        )
    found = find_sources(media.folder, media.pattern, media.recursive, media.exclude)
    if media.channels_from:
        found = grouped(found, media.channels_from)
        if not any(image.channels for image in found):
            raise SourceError(f"{media.folder}: no file fits {media.channels_from!r} (media.channels_from)")
        out = left_out([image.name for image in found], media.exclude)
        found = [image for image in found if image.name not in out]
    paths = {file for image in found for file in image.files}
    for image in found:
        item = scan_one(image, media)
        if not is_part_of_another(item, paths):
            yield item


def is_part_of_another(item: Scanned, paths: Collection[Path]) -> bool:
    """Whether all of an image's pixels are in an earlier one: files of one OME image each give the whole of it.

    Parameters
    ----------
    item : Scanned
        The image.
    paths : collection of Path
        All files that are listed.
    """
    if item.info is None or not item.info.files or item.found.channels:
        return False
    path, first = item.found.path, item.info.files[0]
    return first.name != path.name and path.with_name(first.name) in paths and path.is_file()


def scan_one(found: Found, media: Media) -> Scanned:
    """Read the header of one source."""
    if found.problem:
        return Scanned(found, 0, None, found.problem)
    try:
        found.name.encode()
    except UnicodeEncodeError:
        name = found.name.encode(errors="backslashreplace").decode()
        plain = Found(name, found.path, found.stem)
        return Scanned(plain, 0, None, f"{name}: the file's name is not valid Unicode: rename it")
    try:
        source = open_found(found, media)
        source.close()
        # Of a folder only the changes at its top would be seen: its metadata tell more.
        stats = [file.stat() for file in source.info.files or found.files]
    except SourceError as error:
        return Scanned(found, 0, None, str(error))
    except OSError as error:
        return Scanned(found, 0, None, f"{found.path.name} cannot be read: {error.strerror}")
    size_bytes, modified_ns = sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats)
    return Scanned(found, size_bytes, source.info, modified_ns=modified_ns)


def plain_pixel_size(size: PixelSize | None) -> float | list[float] | None:
    """Return a pixel size as JSON holds it: a number, ``[y, x]`` where they differ, or None; µm."""
    if size is None:
        return None
    return size.y_um if size.is_square else [size.y_um, size.x_um]
