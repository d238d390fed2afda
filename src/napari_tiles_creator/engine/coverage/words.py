"""A coverage in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.engine.coverage.coverage import Coverage


def verdict(coverage: Coverage) -> str:
    """Return the result as one sentence."""
    share = coverage.coverage
    if share is None:
        return "there is no body: no pixel of it is inside, so there is no coverage"
    word = "positive" if coverage.positive else "negative"
    return f"the signal covers {percent(share, coverage.threshold)} of the body: {word} (threshold {plain(coverage)})"


def percent(share: float, threshold: float) -> str:
    """Return a share in percent, with as many digits as tell it from the threshold, at most 12."""
    for digits in range(1, 13):
        text = f"{share * 100:.{digits}f}"
        if share == threshold or float(text) != float(f"{threshold * 100:.{digits}f}"):
            break
    return f"{text} %"


def plain(coverage: Coverage) -> str:
    """Return the threshold in percent."""
    return f"{coverage.threshold * 100:.12g} %"


def facts(coverage: Coverage) -> list[str]:
    """Return the counts, with areas where the pixel size is known."""
    return [
        f"{name} {_thousands(pixels)} px{_area(pixels, coverage)}"
        for name, pixels in (
            ("body", coverage.body_px),
            ("signal", coverage.signal_px),
            ("signal in the body", coverage.inside_px),
        )
    ]


def area_mm2(pixels: int, coverage: Coverage) -> float | None:
    """Return an area in mm², None where the pixel size is not known."""
    size = coverage.pixel_size
    return pixels * size.y_um * size.x_um / 1e6 if size else None


def area_text(pixels: int, coverage: Coverage) -> str:
    """Return an area in mm², empty where the pixel size is not known."""
    area = area_mm2(pixels, coverage)
    return "" if area is None else f"{area:.4g} mm²"


def _area(pixels: int, coverage: Coverage) -> str:
    text = area_text(pixels, coverage)
    return f" ({text})" if text else ""


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")
