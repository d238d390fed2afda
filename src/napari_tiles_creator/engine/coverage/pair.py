"""Two files of one size as body and signal: which plane of each is meant, and whether they fit together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.named_file import open_named
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sources.base import Source, SourceInfo

# Axes beside rows and columns: letter, its name where a plane is picked, and what there are several of.
OUTER = (("T", "t", "time points"), ("Z", "z", "planes"), ("C", "channel", "channels"))


@dataclass(frozen=True)
class MaskFile:
    """A file that is meant as a mask.

    Parameters
    ----------
    role : {"body", "signal"}
        What it is a mask of.
    name : str
        The path as the user wrote it; may name an array inside the file: ``file.h5#/path``.
    inverted : bool, default False
        Whether zero is inside, rather than all else.
    plane : mapping of str to int or str
        Position on ``t``, ``z`` and ``channel`` where the file has several; a channel may be named.
    """

    role: str
    name: str
    inverted: bool = False
    plane: Mapping[str, int | str] = field(default_factory=dict)

    def open(self) -> Source:
        """Open the file; see `open_named`."""
        # One of three colours is picked as a channel is.
        return open_named(self.name, Media(rgb=False) if "channel" in self.plane else None)

    def position(self, info: SourceInfo) -> dict[str, int]:
        """Return which plane is read, as `Source.read` takes it.

        Raises
        ------
        PlanError
            If the file holds several planes and none is picked, or one is picked that it has not.
        """
        if info.is_rgb and "channel" not in self.plane:
            raise PlanError(
                f"{self.name} is in colour, a mask has one value a pixel: pick red, green or blue with "
                f"--{self.role}-plane channel=0, 1 or 2, or save it in grey"
            )
        at = {}
        for letter, key, things in OUTER:
            count = 3 if letter == "C" and info.is_rgb else info.length(letter)
            picked = self.plane.get(key)
            if picked is None and count > 1:
                raise PlanError(
                    f"{self.name} holds {count} {things}, a mask is one plane: pick one with "
                    f"--{self.role}-plane {key}=0 (up to {count - 1})"
                )
            number = self._number(picked or 0, info, count, key, things)
            if letter in info.axes or (letter == "C" and info.is_rgb):
                at[key] = number
        return at

    def _number(self, picked: int | str, info: SourceInfo, count: int, key: str, things: str) -> int:
        if isinstance(picked, str) and picked in info.channel_names:
            return info.channel_names.index(picked)
        if isinstance(picked, str) or picked >= count:
            names = f" ({', '.join(info.channel_names)})" if key == "channel" and info.channel_names else ""
            held = f"{count} {things}{names}, from 0" if count > 1 else "one plane"
            raise PlanError(f"{self.name} has no {key} {picked} (--{self.role}-plane): it holds {held}")
        return picked


def fitting(files: tuple[MaskFile, MaskFile], infos: tuple[SourceInfo, SourceInfo]) -> None:
    """Refuse two planes of different size.

    Raises
    ------
    PlanError
        If they differ.
    """
    (body, signal), sizes = files, [f"{h} × {w}" for h, w in (info.plane_shape for info in infos)]
    if sizes[0] != sizes[1]:
        raise PlanError(
            f"{body.name} is {sizes[0]} px and {signal.name} {sizes[1]} px (height × width): "
            f"body and signal must be of one size"
        )


def pixel_size_of(infos: tuple[SourceInfo, SourceInfo]) -> tuple[PixelSize | None, str]:
    """Return the pixel size of a pair, and what is wrong with it, empty where nothing is."""
    body, signal = (info.pixel_size for info in infos)
    if body and signal and str(body) != str(signal):
        names = [info.path.name for info in infos]
        return body, f"{names[0]} has {body} µm per pixel, {names[1]} {signal}: areas are told with {body}"
    return body or signal, ""
