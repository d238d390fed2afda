"""How images are shared out between training, validation and test."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from napari_tiles_creator.recipe.section import FieldRuleError, Section

SplitBy = Literal["image", "group", "blocks", "table"]
SPLIT_BY: tuple[SplitBy, ...] = get_args(SplitBy)
SplitName = Literal["train", "val", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = get_args(SplitName)


class Split(Section):
    """Shares of training, validation and test, and what must not straddle two of them."""

    train: float = Field(0.0, ge=0, le=1, description="Share of the training split.")
    val: float = Field(0.0, ge=0, le=1, description="Share of the validation split.")
    test: float = Field(0.0, ge=0, le=1, description="Share of the test split.")
    by: SplitBy = Field(
        "image",
        description="What goes to one split as a whole: an image, a group of images, blocks of each image, "
        "or what a table says.",
    )
    seed: int = Field(0, ge=0, description="Seed of the draw.")
    gap_px: int = Field(0, ge=0, description="Pixels of an image between blocks of different splits, left out.")
    group: str | None = Field(
        None,
        description="What tells a group: a regular expression on the image's path (its first parentheses, or all of "
        "the match), or a column of the table.",
    )
    table: str | None = Field(
        None, description="CSV file with a column image, and a column split or the column that group names."
    )
    stratify: bool = Field(True, description="Give every split a like share of each class, where groups allow.")

    @model_validator(mode="before")
    @classmethod
    def _by_what_is_given(cls, data: Any) -> Any:
        """Take ``by`` from what is named, where it is not."""
        if isinstance(data, dict) and "by" not in data:
            for by in ("group", "table"):
                if data.get(by) is not None:
                    return {**data, "by": by}
        return data

    @model_validator(mode="after")
    def _shares_fit(self) -> Split:
        useless = "group" if self.group is not None else "table" if self.table is not None else ""
        if useless and self.by in ("image", "blocks"):
            raise FieldRuleError("", f"{useless} has no effect with by: {self.by}: leave it out, or set by: {useless}")
        if self.by == "table":
            if self.table is None:
                raise FieldRuleError("", "by table needs table: a CSV file with the columns image and split")
            return self
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-5:
            raise FieldRuleError("", f"train, val and test add up to {total:g}: they must add up to 1")
        if self.by == "group":
            self._check_group()
        return self

    def _check_group(self) -> None:
        if self.group is None:
            raise FieldRuleError("", "by group needs group: a regular expression, or a column of table")
        if self.table is None:
            try:
                re.compile(self.group)
            except re.error as error:
                raise FieldRuleError("", f"group {self.group!r} is no regular expression: {error}") from error

    @property
    def shares(self) -> dict[str, float]:
        """The splits that get images, with their shares, in the order of `SPLIT_NAMES`."""
        every: dict[str, float] = {"train": self.train, "val": self.val, "test": self.test}
        return {name: share for name, share in every.items() if share > 0}
