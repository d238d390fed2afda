"""To which pixel size the images are brought."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from napari_tiles_creator.recipe.section import FieldRuleError, Section

Interpolation = Literal["nearest", "linear", "cubic", "lanczos"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)
Micrometres = Annotated[float, Field(gt=0)]


class Calibration(Section):
    """To which pixel size the images are brought, and how."""

    enabled: bool = Field(False, description="Rescale the images to the target pixel size.")
    pixel_size_um: Micrometres | None = Field(
        None,
        description="Pixel size of the images, µm; overrides what the files say. Empty uses each file's own.",
    )
    target_pixel_size_um: Micrometres = Field(0.325, description="Pixel size of the tiles, µm.")
    scale: Annotated[float, Field(gt=0)] | str | None = Field(
        None, description="Plain factor instead of pixel sizes: a number, or a fraction such as 1/3."
    )
    interpolation: Interpolation = Field(
        "cubic", description="nearest, linear, cubic (B-spline) or lanczos (windowed sinc, as in Pillow)."
    )
    antialias: bool = Field(
        True, description="Smooth before shrinking with linear or cubic, so that fine detail does not alias."
    )

    use_pyramid: bool = Field(
        True,
        description="Make an image less than half its size from the level of its file's pyramid that is just large "
        "enough, if there is one: much less is read.",
    )

    @field_validator("scale")
    @classmethod
    def _scale_is_a_fraction(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str):
            match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", value)
            if not match or not int(match[1]) or not int(match[2]):
                raise ValueError("write a number above 0, or a fraction of whole numbers such as 1/3")
            return f"{int(match[1])}/{int(match[2])}"
        return value

    @model_validator(mode="after")
    def _scale_needs_enabled(self) -> Calibration:
        if self.scale is not None and not self.enabled:
            raise FieldRuleError("scale", f"{self.scale} has no effect: set calibration.enabled to true")
        return self

    @property
    def fraction(self) -> Fraction | None:
        """The scale as a fraction where it was written as one (``"1/3"``)."""
        return Fraction(self.scale) if isinstance(self.scale, str) else None
