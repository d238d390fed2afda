"""What is drawn on the images (refused by name until labels are supported)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_tiles_creator.recipe.section import Section


class Annotations(Section):
    """Labels, boxes and polygons to be cut with the tiles."""

    labels: None = Field(None, description="Folder of label images (not available yet).")
    boxes: None = Field(None, description="Folder or file of boxes and polygons (not available yet).")
    classes: None = Field(None, description="Names of the classes (not available yet).")
    min_visible: float = Field(0.1, ge=0, le=1, description="Smallest visible share of an object that is kept.")
    at_border: Literal["clip", "keep", "drop", "mark"] = Field(
        "clip", description="Objects cut by a tile's border: clip, keep, drop, or mark."
    )
    empty_tiles: Literal["auto", "keep", "drop"] | Annotated[float, Field(ge=0)] = Field(
        "auto",
        description="Tiles without an object: the layout's rule, keep, drop, or a ratio to labelled tiles.",
    )
