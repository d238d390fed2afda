"""Which images are meant."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from napari_tiles_creator.recipe.section import Section

# In place of a folder: the image layers that are open in napari.
OPEN_LAYERS = "napari:layers"

PlaneChoice = Literal["each"] | Annotated[int, Field(ge=0)]


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
    channels_from: None = Field(None, description="Pattern that groups one-file-per-channel files (not available yet).")
    rgb: bool | None = Field(
        None, description="Whether the last axis of 3 or 4 samples is colour; empty takes the file's word."
    )
    z: PlaneChoice = Field("each", description="Planes of a stack: each, or one by its index from 0.")
    t: PlaneChoice = Field("each", description="Time points: each, or one by its index from 0.")
    series: int = Field(0, ge=0, description="Which image of a file that holds several, from 0.")

    @field_validator("exclude", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value
