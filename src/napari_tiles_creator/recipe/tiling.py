"""Where tiles lie."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from napari_tiles_creator.geometry.edges import EdgePolicy
from napari_tiles_creator.geometry.grid import GridOrder, pair
from napari_tiles_creator.recipe.region import InlineRegion, Number, checked_region
from napari_tiles_creator.recipe.section import FieldRuleError, Section

Pixels = Annotated[int, Field(ge=1)]
Sampling = Literal["grid", "random", "jittered"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)
SmallImages = Literal["pad", "skip", "error"]
Foreground = Literal["bright", "dark"]
Rectangle = tuple[Number, Number, Number, Number]
PadMode = Literal["constant", "reflect", "edge"]


class Tiling(Section):
    """Size, overlap and places of the tiles."""

    size_px: Pixels | tuple[Pixels, Pixels] = Field(
        512, description="Size of a tile, px: one number, or [height, width]."
    )
    overlap_px: Annotated[int, Field(ge=0)] | tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = Field(
        128, description="Pixels shared by neighbours: one number, or [y, x]; less than the size."
    )
    edge: EdgePolicy = Field(
        "shift",
        description="When the last tile does not fit: shift it inwards, spread all tiles evenly, pad, drop the rest, "
        "or keep it ragged (smaller).",
    )
    small_images: SmallImages = Field("pad", description="Images smaller than a tile: pad, skip, or error.")
    pad_mode: PadMode = Field(
        "constant",
        description="What fills padding: the lower bound (constant), a mirror image, or the edge's value.",
    )
    order: GridOrder = Field(
        "rows", description="Numbering: row by row, or the right column, bottom row and corner last."
    )
    sampling: Sampling = Field(
        "grid",
        description="All tiles of a grid, random places, or one random place in each cell of a coarse grid.",
    )
    count: Pixels | None = Field(None, description="Tiles per image for random and jittered sampling.")
    images: Pixels | None = Field(None, description="Draw so many images at random; empty takes all.")
    seed: int = Field(0, ge=0, description="Seed of every random draw of the tiling.")
    max_random_overlap: float = Field(
        1.0, ge=0, le=1, description="Largest share of a random tile that another may cover."
    )
    min_foreground: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Leave out tiles with a smaller share of foreground, 0 to 1; 0 keeps all. Foreground is what "
        "Otsu's threshold of the whole image sets apart.",
    )
    foreground: Foreground = Field("bright", description="What counts as foreground: the bright or the dark pixels.")
    roi: InlineRegion | Rectangle | str | None = Field(
        None,
        description="Only tiles in this region: [y0, x0, y1, x1] in source pixels, a GeoJSON file, or GeoJSON itself; "
        "empty takes all.",
    )
    exclude_tiles: tuple[str, ...] = Field((), description="Names of tiles left out by hand, without their extension.")

    @field_validator("exclude_tiles", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("roi", mode="before")
    @classmethod
    def _is_a_region(cls, value: object) -> object:
        return checked_region(value)

    @model_validator(mode="after")
    def _numbers_fit(self) -> Tiling:
        for size, overlap in zip(pair(self.size_px), pair(self.overlap_px), strict=True):
            if overlap >= size:
                raise FieldRuleError("overlap_px", f"{overlap} is not below the tile size {size}: 0 to {size - 1} px")
        if self.sampling != "grid" and self.count is None:
            raise FieldRuleError("count", f"{self.sampling} sampling needs the number of tiles per image")
        return self
