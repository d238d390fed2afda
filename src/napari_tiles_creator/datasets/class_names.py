"""Names of classes in files that have a name a line, and in folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.base import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.datasets.base import Offer

BACKGROUND = "background"
_NO_FOLDER_HOLDS = frozenset('<>:"/\\|?*')
# Names that Windows keeps for its devices, whatever their extension.
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))])


def name_lines(names: Iterable[str]) -> str:
    """Return names in index order, one a line; blanks and line breaks within a name become one blank."""
    return "".join(" ".join(name.split()) + "\n" for name in names)


def helper_name(name: str) -> str:
    """Return a name as the annotations helper writes it: lower case, with - for blanks."""
    return "-".join(name.lower().split())


def told_apart(names: Iterable[str]) -> Refusal | None:
    """Ask that names differ, as the consumer writes them."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return Refusal(
                f"two classes would both be called {name}: give one another name in annotations.classes (--classes)",
                "annotations.classes",
            )
        seen.add(name)
    return None


def without_background(offer: Offer) -> Refusal | None:
    """Ask that no class has the name of that which is no object."""
    if BACKGROUND not in {name.lower() for name in offer.classes}:
        return None
    return Refusal(
        "a class is called background, as are all pixels without an object: give it another name in "
        "annotations.classes (--classes)",
        "annotations.classes",
    )


def folder_names(offer: Offer) -> Refusal | None:
    """Ask for names that a folder can have on any system."""
    for name in offer.classes:
        held = not _NO_FOLDER_HOLDS.intersection(name) and name.isprintable()
        if not held or name.strip(" .") != name or name.partition(".")[0].lower() in _DEVICES:
            return Refusal(
                f"class {name!r} cannot be the name of a folder: give it another in annotations.classes (--classes)",
                "annotations.classes",
            )
    return told_apart(name.lower() for name in offer.classes)
