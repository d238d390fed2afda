"""Which values the tiles hold."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from napari_tiles_creator.recipe.section import FieldRuleError, Section

Scope = Literal["none", "tile", "image", "dataset"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
TileType = Literal["float32", "uint8", "uint16"]
TILE_TYPES: tuple[TileType, ...] = get_args(TileType)

# The bound that `high: null` stands for; also the largest value an integer type holds.
FULL_RANGE: dict[TileType, float] = {"float32": 1.0, "uint8": 255.0, "uint16": 65535.0}
Percent = Annotated[float, Field(ge=0, le=100)]


class Normalization(Section):
    """How pixel values are mapped, and the type they are stored in."""

    scope: Scope = Field(
        "image",
        description="Where the range of values is taken: none, each tile (Local), each image (Global), "
        "or all images together (Dataset).",
    )
    low: float = Field(0.0, description="Value that the lower end of the range becomes.")
    high: float | None = Field(
        None,
        description="Value that the upper end becomes; empty is 1 for float32, 255 for uint8, 65535 for uint16.",
    )
    percentiles: tuple[Percent, Percent] = Field(
        (0.0, 100.0),
        description="Ends of the range, in percent of the pixels: 0 and 100 are minimum and maximum.",
    )
    per_channel: bool = Field(
        True, description="Each channel has a range of its own. Red, green and blue always share one."
    )
    dtype: TileType | None = Field(
        "float32", description="Type of the tiles; empty keeps the images' own where nothing is normalized."
    )
    ranges: tuple[tuple[float, float], ...] | None = Field(
        None,
        description="Source values that become the bounds, [[low, high]] or such a pair a channel, as an earlier "
        "dataset has them: with scope dataset nothing is measured then. Empty measures.",
    )

    @model_validator(mode="after")
    def _ranges_fit(self) -> Normalization:
        if self.ranges is None:
            return self
        if self.scope != "dataset":
            raise FieldRuleError("ranges", f"are for scope dataset, and it is {self.scope}: leave them empty")
        if not self.ranges:
            raise FieldRuleError("ranges", "name no range: give [[low, high]], such a pair a channel, or nothing")
        for low, high in self.ranges:
            if low > high:
                raise FieldRuleError("ranges", f"{low:g} to {high:g}: the first must not be above the second")
        if len(self.ranges) > 1 and not self.per_channel:
            raise FieldRuleError("ranges", f"{len(self.ranges)} of them need per_channel true, or give one for all")
        return self

    @model_validator(mode="after")
    def _bounds_fit(self) -> Normalization:
        first, last = self.percentiles
        if first >= last:
            raise FieldRuleError("percentiles", f"{first:g} is not below {last:g}: the first must be the smaller one")
        if self.scope == "none":
            return self
        low, high = self.bounds
        if low >= high:
            field = "low" if self.high is None else "high"
            raise FieldRuleError(field, f"bounds {low:g} to {high:g}: low must be below high")
        if self.tile_type == "float32":
            return self
        most = FULL_RANGE[self.tile_type]
        for field, value in (("low", low), ("high", high)):
            if not 0 <= value <= most:
                raise FieldRuleError(field, f"{value:g} does not fit into {self.tile_type}: 0 to {most:g} is allowed")
        if high - low <= 1:
            raise FieldRuleError(
                "high",
                f"bounds {low:g} to {high:g} leave {self.tile_type} one step: use 0 to {most:g}, or float32",
            )
        return self

    @property
    def tile_type(self) -> TileType:
        """The type of normalized tiles (an empty `dtype` means float32 unless the scope is none)."""
        return self.dtype or "float32"

    @property
    def bounds(self) -> tuple[float, float]:
        """Low and high, with an empty high filled in."""
        return self.low, FULL_RANGE[self.tile_type] if self.high is None else self.high
