"""What is written, and where."""

from __future__ import annotations

import re
from string import Formatter
from typing import Literal, get_args

from pydantic import Field, field_validator

from napari_tiles_creator.recipe.section import Section
from napari_tiles_creator.recipe.split import Split

TileFormat = Literal["tif", "png", "jpg"]
TILE_FORMATS: tuple[TileFormat, ...] = get_args(TileFormat)
Layout = Literal[
    "flat",
    "pairs",
    "stardist",
    "microglia-unet",
    "microglia-yolo",
    "annotations-helper",
    "yolo",
    "yolo-segment",
    "yolo-semantic",
    "yolo-classify",
    "coco",
    "coco-polygons",
]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
Compression = Literal["none", "zlib", "zstd", "lzw"]

NUMBERS = ("index", "row", "column", "y", "x", "z", "t", "channel")
WORDS = ("stem", "split")
PLACEHOLDERS = ("stem", *NUMBERS, "split")


class Export(Section):
    """Folder, form and names of the tiles."""

    folder: str = Field("tiles", description="Folder the tiles go to; made where it is missing.")
    format: TileFormat = Field("tif", description="File format of the tiles: tif, png or jpg.")
    layout: Layout = Field(
        "flat",
        description="Form of the dataset, as the program expects it that is trained: flat puts all tiles into the "
        "folder itself.",
    )
    name: str = Field(
        "{stem}_{index:03d}",
        description="Name of a tile without extension, from {stem}, {index}, {row}, {column}, {y}, {x}, {z}, {t}, "
        "{channel}, {split}; {index:03d} fills up with zeros.",
    )
    compression: Compression = Field("none", description="Compression of tif tiles, lossless.")
    quality: int = Field(95, ge=1, le=100, description="Quality of jpg tiles, 1 to 100.")
    split: Split | None = Field(
        None,
        description="Shares of training, validation and test, {train: 0.8, val: 0.2}, and what must not straddle two; "
        "empty makes no split.",
    )
    shard: None = Field(None, description="Tiles per archive (not available yet).")

    @field_validator("name")
    @classmethod
    def _name_tells_tiles_apart(cls, value: str) -> str:
        check_name(value)
        return value


def check_name(template: str) -> None:
    """Raise ValueError unless every tile of a source gets a name of its own that any program can read.

    Two placeholders need a character that is no digit between them: row 1, column 11 and row 11, column 1
    would otherwise be one file.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"is no valid name: {error}") from error
    fields: list[str] = []
    since_field = "x"
    for literal, field, spec, conversion in parts:
        if not re.fullmatch(r"[A-Za-z0-9_-]*", literal):
            raise ValueError("may hold letters, digits, _ and - beside the placeholders")
        since_field = literal if fields else "x"
        if field is None:
            continue
        if field not in PLACEHOLDERS:
            raise ValueError(f"knows no {{{field}}}: use {', '.join(PLACEHOLDERS)}")
        if conversion or (spec and (field in WORDS or not re.fullmatch(r"0?\d{0,2}d?", spec))):
            raise ValueError(f"cannot format {{{field}}} so: {{index:03d}} fills a number up with zeros")
        if spec and not spec.startswith("0") and spec.strip("d"):
            raise ValueError(f"would fill {{{field}}} up with blanks: write {{{field}:0{spec}}}")
        if not re.search(r"\D", since_field):
            raise ValueError(f"needs a letter, _ or - before {{{field}}} so that no two tiles share a name")
        fields.append(field)
    if "index" not in fields and not {"row", "column"} <= set(fields) and not {"y", "x"} <= set(fields):
        raise ValueError("needs {index}, or {row} and {column}, or {y} and {x}, so that no two tiles share a name")
