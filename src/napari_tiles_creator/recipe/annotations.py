"""What is drawn on the images, and what of it goes into the tiles."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from napari_tiles_creator.recipe.section import Section

AtBorder = Literal["clip", "keep", "drop", "mark"]
AT_BORDER: tuple[AtBorder, ...] = get_args(AtBorder)
EmptyTiles = Literal["auto", "keep", "drop"]
LabelsHold = Literal["auto", "instances", "classes"]
LABELS_HOLD: tuple[LabelsHold, ...] = get_args(LabelsHold)
# Names are written into files that have one a line.
LONGEST_NAME = 100


class Annotations(Section):
    """Labels, boxes and polygons to be cut with the tiles."""

    labels: str | None = Field(
        None,
        description="Folder of label images, each named as its image, or with _mask, _masks, _labels, -labels, -masks "
        "after it; for one image, the file itself.",
    )
    boxes: str | None = Field(
        None, description="Folder of YOLO texts (boxes or polygons) named as their images, or a COCO JSON file."
    )
    classes: str | tuple[str, ...] | None = Field(
        None,
        description="Names of the classes in index order, or a text file with a name a line; empty takes them from "
        "the annotations.",
    )
    min_visible: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Smallest visible share of an object that a tile's border cuts and that is kept; an object that "
        "covers such a share of the tile is kept, too.",
    )
    at_border: AtBorder = Field(
        "clip",
        description="Objects cut by a tile's border: clip them to the tile, keep also those of which little is "
        "visible, drop them, or clip and mark them in objects.csv.",
    )
    empty_tiles: EmptyTiles | Annotated[float, Field(ge=0)] = Field(
        "auto",
        description="Tiles without an object: the layout's rule, keep, drop, or a ratio to labelled tiles.",
    )
    labels_hold: LabelsHold = Field(
        "auto",
        description="What a label image's values mean: instances (an object each), classes (1 is the first class, "
        "each connected piece an object); auto takes classes where several are named.",
    )

    @field_validator("labels", "boxes", "classes")
    @classmethod
    def _names_a_place(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if isinstance(value, str) and not value.strip():
            raise ValueError("names nothing: name a place, or leave it out (null)")
        return value

    @field_validator("classes")
    @classmethod
    def _names_differ(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if isinstance(value, tuple):
            if not all(0 < len(name) <= LONGEST_NAME for name in value):
                raise ValueError(f"holds a name that is empty, or longer than {LONGEST_NAME} characters")
            twice = sorted({name for name in value if value.count(name) > 1})
            if twice:
                raise ValueError(f"names {twice[0]} twice: each class needs a name of its own")
            if any(name != name.strip() or not name.isprintable() for name in value):
                raise ValueError("holds a name with blanks around it, or with a line break")
        return value

    def values_of_labels(self, classes: int) -> LabelsHold:
        """Return what the values of a label image mean where so many classes are named; auto is left to its pixels."""
        return "classes" if self.labels_hold == "auto" and classes > 1 else self.labels_hold

    @property
    def is_given(self) -> bool:
        """Whether anything is drawn."""
        return self.labels is not None or self.boxes is not None
