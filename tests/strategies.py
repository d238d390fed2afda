"""Hypothesis strategies: grids, boxes, recipes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from napari_tiles_creator import Recipe, TileGrid
from napari_tiles_creator.geometry.box import Box

EDGES = ("shift", "spread", "pad", "drop", "ragged")
ORDERS = ("rows", "edges_last")


@st.composite
def axes(draw: st.DrawFn, longest: int = 60, largest: int = 20) -> tuple[int, int, int]:
    """Draw length, size and overlap of one axis; shorter, equal and longer than the tile, any overlap."""
    size = draw(st.integers(1, largest))
    overlap = draw(st.one_of(st.integers(0, size - 1), st.sampled_from([0, size - 1])))
    length = draw(st.one_of(st.integers(1, longest), st.sampled_from([size, size + 1, max(1, size - 1)])))
    return length, size, overlap


@st.composite
def grids(
    draw: st.DrawFn, longest: int = 60, largest: int = 20, edges: tuple[str, ...] = EDGES, most_overlap: int = 10**9
) -> TileGrid:
    """Draw a grid of any policy and order, rectangular tiles included."""
    (height, size_y, overlap_y), (width, size_x, overlap_x) = draw(axes(longest, largest)), draw(axes(longest, largest))
    return TileGrid(
        shape=(height, width),
        size=(size_y, size_x),
        overlap=(min(overlap_y, most_overlap), min(overlap_x, most_overlap)),
        edge=draw(st.sampled_from(edges)),
        order=draw(st.sampled_from(ORDERS)),
    )


@st.composite
def boxes_in(draw: st.DrawFn, height: int, width: int) -> Box:
    """Draw a non-empty box inside a plane."""
    y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    return Box.between(y, x, draw(st.integers(y + 1, height)), draw(st.integers(x + 1, width)))


@st.composite
def regions(draw: st.DrawFn) -> Any:
    """Draw a region in one of its forms."""
    y, x = draw(st.integers(-9, 99)), draw(st.floats(0, 99))
    points = draw(st.lists(st.tuples(st.integers(-50, 50), st.floats(-50, 50)), min_size=3, max_size=8, unique=True))
    polygon = {"type": "Polygon", "coordinates": [[list(point) for point in points]]}
    feature = {"type": "Feature", "properties": {"name": "a"}, "geometry": polygon}
    forms = [None, [y, x, y + 5, x + 0.5], "regions/a.geojson", polygon, feature]
    return draw(st.sampled_from([*forms, {"type": "FeatureCollection", "features": [feature, feature]}]))


_NUMBERS = st.floats(1e-9, 1e9, allow_nan=False)
_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
_PLANES = st.one_of(st.sampled_from(["each", "max", "mean"]), st.integers(0, 50))


@st.composite
def _annotations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the recipe's section annotations."""
    classes = st.lists(st.sampled_from(["cell", "dead cell", "Zelle", "a,b"]), min_size=1, unique=True)
    return {
        "labels": draw(st.one_of(st.none(), _TEXTS)),
        "boxes": draw(st.one_of(st.none(), _TEXTS)),
        "classes": draw(st.one_of(st.none(), _TEXTS, classes)),
        "min_visible": draw(st.floats(0, 1)),
        "at_border": draw(st.sampled_from(["clip", "keep", "drop", "mark"])),
        "empty_tiles": draw(st.one_of(st.sampled_from(["auto", "keep", "drop"]), st.floats(0, 100))),
        "labels_hold": draw(st.sampled_from(["auto", "instances", "classes"])),
    }


@st.composite
def _splits(draw: st.DrawFn) -> dict[str, Any] | None:
    """Draw the recipe's ``export.split``."""
    train = draw(st.sampled_from([0.5, 0.7, 0.8]))
    shares = {"train": train, "val": 1 - train}
    forms = [
        None,
        shares,
        {**shares, "by": "blocks", "gap_px": 7, "seed": 3},
        {**shares, "by": "group", "group": "(.*)_\\d+"},
        {**shares, "by": "group", "group": "patient", "table": "groups.csv", "stratify": False},
        {"by": "table", "table": "split.csv"},
    ]
    return draw(st.sampled_from(forms))


@st.composite
def recipe_data(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid recipe as plain mappings, every section and field now and then left out."""
    size = draw(st.integers(2, 2000))
    scope = draw(st.sampled_from(["none", "tile", "image", "dataset"]))
    dtype = draw(st.sampled_from(["float32", "uint8", "uint16", *([None] if scope == "none" else [])]))
    formats = {"float32": ["tif"], "uint16": ["tif", "png"]}.get(dtype, ["tif", "png", "jpg"])
    sampling = draw(st.sampled_from(["grid", "random", "jittered"]))
    enabled = draw(st.booleans())
    low = draw(st.floats(0, 100))
    first = draw(st.floats(0, 50))
    colours = draw(st.one_of(st.none(), st.lists(st.sampled_from(["magenta", "none", "#00ff7f"]), min_size=1)))
    sections = {
        "media": {
            "folder": draw(_TEXTS),
            "pattern": draw(_TEXTS),
            "recursive": draw(st.booleans()),
            "exclude": draw(st.lists(_TEXTS, max_size=3)),
            "channel": draw(st.one_of(st.none(), st.integers(0, 9), _TEXTS)) if colours is None else None,
            "channels_from": draw(st.sampled_from([None, "*_{channel}.tif", "c{channel} '*'.png"])),
            "rgb": draw(st.sampled_from([None, True, False])),
            "z": draw(_PLANES),
            "t": draw(_PLANES),
            "series": draw(st.integers(0, 9)),
            "axes": draw(st.sampled_from([None, "ZYX", "TCYX", "XYS"])),
            "overrule_axes": draw(st.booleans()),
            "dataset": draw(st.one_of(st.none(), _TEXTS)),
            "colours": colours,
        },
        "calibration": {
            "enabled": enabled,
            "pixel_size_um": draw(st.one_of(st.none(), _NUMBERS)),
            "target_pixel_size_um": draw(_NUMBERS),
            "scale": draw(st.one_of(st.none(), _NUMBERS, st.sampled_from(["1/3", "2/1"]))) if enabled else None,
            "interpolation": draw(st.sampled_from(["nearest", "linear", "cubic", "lanczos"])),
            "antialias": draw(st.booleans()),
            "use_pyramid": draw(st.booleans()),
        },
        "normalization": {
            "scope": scope,
            "low": low,
            "high": draw(st.one_of(st.none(), st.floats(low + 2, 255))),
            "percentiles": [first, draw(st.floats(first + 1, 100))],
            "per_channel": draw(st.booleans()),
            "dtype": dtype,
        },
        "tiling": {
            "size_px": draw(st.sampled_from([size, [size, size + 7]])),
            "overlap_px": draw(st.one_of(st.integers(0, size - 1), st.tuples(*[st.integers(0, size - 1)] * 2))),
            "edge": draw(st.sampled_from(EDGES)),
            "small_images": draw(st.sampled_from(["pad", "skip", "error"])),
            "pad_mode": draw(st.sampled_from(["constant", "reflect", "edge"])),
            "order": draw(st.sampled_from(ORDERS)),
            "sampling": sampling,
            "count": draw(st.integers(1, 500)) if sampling != "grid" else None,
            "images": draw(st.one_of(st.none(), st.integers(1, 20))),
            "seed": draw(st.integers(0, 2**40)),
            "max_random_overlap": draw(st.floats(0, 1)),
            "min_foreground": draw(st.floats(0, 1)),
            "foreground": draw(st.sampled_from(["bright", "dark"])),
            "roi": draw(regions()),
            "exclude_tiles": draw(st.lists(_TEXTS, max_size=3)),
        },
        "annotations": draw(_annotations()),
        "export": {
            "folder": draw(_TEXTS),
            "format": draw(st.sampled_from(formats)),
            "layout": draw(st.sampled_from(["flat", "pairs", "yolo-classify", "coco"])),
            "split": draw(_splits()),
            "name": draw(st.sampled_from(["{stem}_{index:03d}", "{stem}-{index}", "t{index:05d}_{stem}"])),
            "compression": draw(st.sampled_from(["none", "zlib", "zstd", "lzw"])),
            "quality": draw(st.integers(1, 100)),
        },
    }
    if scope != "none" and sections["normalization"]["high"] is None and dtype == "float32":
        sections["normalization"]["low"] = min(low, 0.5)
    return sections


def recipes() -> st.SearchStrategy[Recipe]:
    """Return a strategy of valid recipes."""
    return recipe_data().map(Recipe.of)


@st.composite
def masks(draw: st.DrawFn, longest: int = 24) -> np.ndarray:
    """Draw a mask, uint8, from empty over stripes and noise to full."""
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    share = draw(st.sampled_from([0.0, 0.03, 0.3, 0.5, 0.9, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    drawn = rng.random((height, width)) < share
    if draw(st.booleans()):  # whole rows or columns
        axis = draw(st.integers(0, 1))
        drawn = np.repeat(drawn.take([0], axis), drawn.shape[axis], axis)
    return drawn * np.uint8(draw(st.integers(1, 255)))
