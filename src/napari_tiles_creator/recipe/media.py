"""Which images are meant."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from napari_tiles_creator.recipe.section import FieldRuleError, Section

# In place of a folder: the image layers that are open in napari.
OPEN_LAYERS = "napari:layers"

Projection = Literal["max", "mean"]
PlaneChoice = Literal["each"] | Projection | Annotated[int, Field(ge=0)]
# Names of colours that are lights here, of full brightness: of pigments they would be half as bright.
LIGHTS = {"none": "black", "green": "lime", "grey": "white", "gray": "white"}
# Where the channel's name stands in a pattern of file names.
CHANNEL = "{channel}"


class Media(Section):
    """Which images are meant, and which parts of them."""

    folder: str = Field("images", description="Folder of images, or one image file.")
    pattern: str = Field("*", min_length=1, description="Only files whose name fits this pattern, such as *_c1.tif.")
    recursive: bool = Field(False, description="Also look into the folders inside the folder.")
    exclude: tuple[str, ...] = Field(
        (), description="Files left out, by their path relative to the folder; patterns are allowed."
    )
    channel: Annotated[int, Field(ge=0)] | str | None = Field(
        None, description="Keep one channel, by its index from 0 or its name; empty keeps all."
    )
    channels_from: str | None = Field(
        None,
        description="Pattern of file names with {channel}, such as *_{channel}.tif: files that differ there alone are "
        "the channels of one image.",
    )
    rgb: bool | None = Field(
        None, description="Whether the last axis of 3 or 4 samples is colour; empty takes the file's word."
    )
    z: PlaneChoice = Field(
        "each", description="Planes of a stack: each, one by its index from 0, or all as one: max, mean."
    )
    t: PlaneChoice = Field("each", description="Time points: each, one by its index from 0, or all as one: max, mean.")
    series: int = Field(0, ge=0, description="Which image of a file that holds several, from 0.")
    axes: str | None = Field(
        None,
        description="Axes of images whose file does not tell them, such as ZYX or TCYX: T time, C channels, Z depth, "
        "Y rows, X columns, S red, green and blue.",
    )
    overrule_axes: bool = Field(
        False, description="Take the axes above also for images whose file tells others, of as many axes."
    )
    dataset: str | None = Field(
        None, description="Path of the array inside HDF5, Zarr and npz files that hold several, such as /raw."
    )
    colours: tuple[str, ...] | None = Field(
        None,
        description="Colours that compose the channels to RGB, in their order, such as [magenta, green, '#0080ff']; "
        "none leaves a channel out.",
    )

    @field_validator("exclude", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("colours")
    @classmethod
    def _known_colours(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for colour in value or ():
            cls.rgb_of(colour)
        return value or None

    @staticmethod
    def rgb_of(colour: str) -> tuple[float, float, float]:
        """Return red, green and blue of a colour, 0…1; ``none`` is black, which leaves a channel out.

        ``green`` and ``grey`` are as bright as a channel can be, as in every viewer of microscopes' images.

        Raises
        ------
        ValueError
            If it is no colour.
        """
        from PIL.ImageColor import getrgb

        try:
            red, green, blue = getrgb(LIGHTS.get(colour.lower(), colour))[:3]
        except ValueError:
            raise ValueError(f"{colour!r} is no colour: write a name such as magenta, or '#ff00ff'") from None
        return red / 255, green / 255, blue / 255

    @model_validator(mode="after")
    def _colours_need_channels(self) -> Media:
        if self.colours is not None and self.channel is not None:
            raise FieldRuleError("colours", "needs all channels: leave media.channel empty, or media.colours")
        return self

    @field_validator("channels_from")
    @classmethod
    def _holds_channel(cls, value: str | None) -> str | None:
        if value is not None and value.count(CHANNEL) != 1:
            raise ValueError(f"must hold {CHANNEL} once, such as *_{CHANNEL}.tif, not {value!r}")
        return value or None

    @field_validator("axes")
    @classmethod
    def _known_axes(cls, value: str | None) -> str | None:
        if not value:
            return None
        axes = value.upper()
        if not re.fullmatch("[TCZYXS]+", axes) or len(set(axes)) < len(axes) or not {"Y", "X"} <= set(axes):
            raise ValueError(f"must be letters of TCZYXS, each once, Y and X among them, such as ZYX, not {value!r}")
        if {"C", "S"} <= set(axes):
            raise ValueError(f"holds both C and S: colours (S) are not channels (C), not {value!r}")
        return axes
