"""What a reader of a TIFF file should know: what is left out, what is not converted, what else the file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.sources.headers.choice import series_note
from napari_tiles_creator.sources.headers.orientation import ORIENTATIONS
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import tifffile

AS_STORED = "the values are tiled as they are stored"
# Colours that are not red, green and blue, by the number of their photometric interpretation.
OTHER_COLOURS = {5: "inks (CMYK)", 6: "luminance and colour differences (YCbCr)", 8: "CIE L*a*b*", 9: "CIE L*a*b*"}
PALETTE, WHITE_IS_ZERO = 3, 0


def notes_of(file: tifffile.TiffFile, series: tifffile.TiffPageSeries, samples: str) -> Iterator[str]:
    """Yield what a reader of an image should know.

    Parameters
    ----------
    file : TiffFile
        The file.
    series : TiffPageSeries
        The image.
    samples : str
        What the samples of a pixel are: ``S`` colour, ``C`` channels, empty where there is one.
    """
    page = series.keyframe
    yield from series_note(len(file.series), _names(file.series))
    if samples == "S" and page.samplesperpixel == 4:
        yield ALPHA_LEFT_OUT
    elif samples == "C" and _last_is_alpha(page):
        yield "its last channel is an alpha channel"
    photometric = int(page.photometric)
    if photometric == WHITE_IS_ZERO:
        yield f"0 is white in it (WhiteIsZero): {AS_STORED}"
    elif photometric == PALETTE and not page.is_imagej and not _is_grey(page):
        yield f"its colour table is left out: {AS_STORED}"
    elif photometric in OTHER_COLOURS and samples == "C":
        yield f"its channels are {OTHER_COLOURS[photometric]}, not red, green and blue: {AS_STORED}"
    orientation = page.tags.valueof(274, default=1)
    if orientation in ORIENTATIONS:
        turned = f"{ORIENTATIONS[orientation]} (Orientation {orientation})"
        yield f"it wants to be shown {turned}: it is tiled as it is stored"
    missing = sum(page is None for page in series) if series.kind == "ome" else 0
    if missing:
        yield f"{missing} of its {len(series)} planes are missing: is a file that belongs to it?"


def set_notes(path: Path, files: Sequence[Path]) -> Iterator[str]:
    """Yield what to know of an image whose planes lie in several files.

    Parameters
    ----------
    path : Path
        The file that was opened.
    files : sequence of Path
        All files that are there, by name.
    """
    if path != files[0]:
        yield (
            f"it holds a part of an image in {len(files)} files, which is the same from {files[0].name} on: "
            f"leave this one out (media.exclude)"
        )
    else:
        yield f"its planes lie in {len(files)} files"


def _names(series: Sequence[tifffile.TiffPageSeries]) -> str:
    """Return the images' names in brackets, nothing where they have none."""
    if not any(one.name for one in series) or len(series) > 12:
        return ""
    return f" ({', '.join(f'{k} {one.name}'.strip() for k, one in enumerate(series))})"


def _last_is_alpha(page: tifffile.TiffPage) -> bool:
    return bool(page.extrasamples) and int(page.extrasamples[-1]) in (1, 2)


def _is_grey(page: tifffile.TiffPage) -> bool:
    """Tell whether a colour table is a grey ramp, which changes nothing."""
    colours = page.colormap
    return colours is not None and bool((colours[0] == colours[1]).all() and (colours[1] == colours[2]).all())
