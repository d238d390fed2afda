"""What consumers ask of tiles, one function a rule: each says what is wrong and which field of the recipe mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.base import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.datasets.base import Offer


def first_of(*refusals: Refusal | None) -> Refusal | None:
    """Return the first rule that is broken, None where all hold."""
    return next((refusal for refusal in refusals if refusal is not None), None)


def annotated(offer: Offer) -> Refusal | None:
    """Ask that objects are drawn on the images."""
    if offer.annotated:
        return None
    return Refusal(
        "nothing is annotated: name label images in annotations.labels (--labels), or boxes in annotations.boxes "
        "(--boxes)",
        "annotations.labels",
    )


def formats(offer: Offer, *names: str) -> Refusal | None:
    """Ask for files of one of these formats, the best first."""
    if offer.format in names:
        return None
    return Refusal(
        f"{offer.format} tiles cannot be read: set export.format to {_either(names)} (--format {names[0]})",
        "export.format",
    )


def types(offer: Offer, *names: str) -> Refusal | None:
    """Ask for numbers of one of these types, the best first."""
    if offer.dtypes <= set(names):
        return None
    return Refusal(
        f"tiles of {_all(offer.dtypes)} lose their values: set normalization.dtype to {_either(names)} "
        f"(--dtype {names[0]})",
        "normalization.dtype",
    )


def grey(offer: Offer) -> Refusal | None:
    """Ask for one value a pixel."""
    if "YXS" in offer.axes:
        return Refusal(
            "tiles are in colour, and one channel is wanted: set media.rgb to false and media.channel to the channel",
            "media.rgb",
        )
    return one_picture(offer)


def one_picture(offer: Offer) -> Refusal | None:
    """Ask for tiles that are grey, or red, green and blue."""
    if "CYX" in offer.axes:
        return Refusal("tiles hold several channels: set media.channel to the one that is wanted", "media.channel")
    if not offer.samples <= {1, 3}:
        return Refusal(
            f"tiles hold {_all(offer.samples)} values a pixel, and 1 or 3 are wanted: set media.rgb to false and "
            "media.channel to the channel",
            "media.rgb",
        )
    return None


def all_alike(offer: Offer) -> Refusal | None:
    """Ask for one type and one number of channels."""
    if len(offer.dtypes) > 1:
        return Refusal(
            f"tiles differ in type ({_all(offer.dtypes)}): set normalization.dtype (--dtype)", "normalization.dtype"
        )
    if len(offer.axes) > 1 or len(offer.samples) > 1:
        return Refusal(
            "tiles differ in their channels or colours: take images of one kind with media.pattern, or one channel "
            "with media.channel",
            "media.pattern",
        )
    return None


def one_size(offer: Offer) -> Refusal | None:
    """Ask for one size."""
    if not offer.is_ragged:
        return None
    return Refusal(
        "tiles at the border may be smaller than the others: set tiling.edge to shift (--edge shift)", "tiling.edge"
    )


def sides(offer: Offer, divisor: int) -> Refusal | None:
    """Ask for multiples of a number as height and width."""
    if not any(side % divisor for side in offer.size):
        return None
    better = [max(divisor, -(-side // divisor) * divisor) for side in offer.size]
    height, width = offer.size
    return Refusal(
        f"sides of {height} × {width} px are no multiples of {divisor}: set tiling.size_px to "
        f"{better[0] if better[0] == better[1] else better} (--size {'x'.join(str(n) for n in dict.fromkeys(better))})",
        "tiling.size_px",
    )


def no_smaller_than(offer: Offer, least: int) -> Refusal | None:
    """Ask for so many px of height and width at least."""
    if min(offer.size) >= least:
        return None
    return Refusal(
        f"sides below {least} px are passed over: set tiling.size_px to {least} or more (--size)", "tiling.size_px"
    )


def splits(offer: Offer, *wanted: str) -> Refusal | None:
    """Ask for tiles in these splits."""
    missing = [name for name in wanted if name not in offer.splits]
    if not missing:
        return None
    what = f"no tile is for {' and '.join(missing)}" if offer.splits else "there is no split"
    return Refusal(
        f"{what}: set export.split, such as {{train: 0.8, val: 0.2}} (--split train=0.8,val=0.2)", "export.split"
    )


def no_empty_tiles(offer: Offer, why: str) -> Refusal | None:
    """Ask that tiles without an object are left out."""
    if offer.empty_tiles in ("auto", "drop", 0):
        return None
    return Refusal(f"{why}: set annotations.empty_tiles to auto", "annotations.empty_tiles")


def most_classes(offer: Offer, most: int) -> Refusal | None:
    """Ask for no more classes than a mask can number."""
    if len(offer.classes) <= most:
        return None
    return Refusal(
        f"{len(offer.classes)} classes are too many for masks of 8 bits: name at most {most} in annotations.classes "
        "(--classes)",
        "annotations.classes",
    )


def plain_names(offer: Offer, why: str) -> Refusal | None:
    """Ask for names of classes in plain ASCII."""
    odd = [name for name in offer.classes if not (name.isascii() and name.isprintable())]
    if not odd:
        return None
    return Refusal(
        f"{why}, and a class is called {odd[0]!r}: give it a plain name in annotations.classes (--classes)",
        "annotations.classes",
    )


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)


def _all(values: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, values)))
