"""What is refused is refused in words that name a setting there is."""

import itertools
import re

import pytest

from drawn_tiles import offer
from napari_tiles_creator.cli import tiles_creator
from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.registry import LAYOUTS, make_layout
from napari_tiles_creator.recipe.document import Recipe

BROKEN = {
    "format": ["tif", "png", "jpg"],
    "dtypes": [frozenset({"uint8"}), frozenset({"float32"}), frozenset({"uint8", "uint16"})],
    "axes": [frozenset({"YX"}), frozenset({"CYX"}), frozenset({"YXS"}), frozenset({"YX", "YXS"})],
    "samples": [frozenset({1}), frozenset({4})],
    "size": [(64, 64), (500, 64), (9, 9)],
    "is_ragged": [False, True],
    "annotated": [True, False],
    "classes": [("cell",), ("µ",), ("a b", "a-b"), ("background",), tuple(map(str, range(300)))],
    "splits": [(), ("train", "val"), ("train", "test")],
    "empty_tiles": ["auto", "keep", 0.5, 0],
    "values": [(0.0, 1.0), (0.0, 255.0), (float("-inf"), float("inf"))],
}
FIELDS = {
    f"{section}.{name}"
    for section, field in Recipe.model_fields.items()
    for name in getattr(type(field.default), "model_fields", ())
}
FLAGS = {flag for option in tiles_creator.commands["export"].params for flag in option.opts if flag.startswith("--")}


def offers():
    """Return an offer that suits, with any two things changed."""
    for one, other in itertools.combinations(BROKEN, 2):
        for value, another in itertools.product(BROKEN[one], BROKEN[other]):
            for suits in ({}, {"format": "tif", "dtypes": frozenset({"float32"}), "values": (0.0, 1.0)}):
                yield offer(**suits | {one: value, other: another})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_refusal_names_a_field_and_only_flags_there_are(layout):
    refusals = {refusal for given in offers() if (refusal := make_layout(layout).refusal(given))}
    assert bool(refusals) == (layout != "flat")
    for refusal in refusals:
        assert refusal.field in FIELDS
        named = set(re.findall(r"\b(?:media|calibration|normalization|tiling|annotations|export)\.\w+", refusal.reason))
        assert named
        assert named <= FIELDS
        assert set(re.findall(r"--[a-z-]+", refusal.reason)) <= FLAGS
        assert re.match("[a-z0-9]", refusal.reason)
        assert "\n" not in refusal.reason


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_suits_a_layout_is_taken(layout):
    """The presets' forms, with a split or without."""
    tif = {"format": "tif", "dtypes": frozenset({"float32"}), "values": (0.0, 1.0)}
    suits = [offer(**form, splits=splits) for form in ({}, tif) for splits in ((), ("train", "val"))]
    assert any(make_layout(layout).refusal(given) is None for given in suits)


def test_the_first_rule_that_is_broken_is_told():
    given = offer(annotated=False, format="jpg")
    told = rules.first_of(None, rules.annotated(given), rules.formats(given, "png"))
    assert told == rules.annotated(given)
    assert rules.first_of(None, None) is None
