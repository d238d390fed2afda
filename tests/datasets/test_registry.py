"""Every layout by its name, and what holds for all of them."""

import re

import pytest

from drawn_tiles import boxed, drawn, offer
from napari_tiles_creator.datasets.base import Layout, TilePlace
from napari_tiles_creator.datasets.registry import LAYOUTS, make_layout

PLACES = [TilePlace("a_001", ".tif", split, "cell") for split in ("", "train", "val", "test")]


@pytest.mark.parametrize("name", LAYOUTS)
def test_paths_are_relative_and_tell_tiles_of_different_names_apart(name):
    layout = make_layout(name)
    assert isinstance(layout, Layout)
    for place in PLACES[1:]:
        other = TilePlace("a_002", place.extension, place.split, place.label)
        paths = [layout.tile_path(place), layout.tile_path(other)]
        paths += [layout.mask_path(p) for p in (place, other)] if layout.mask_format else []
        paths += [path for p in (place, other) if (path := layout.text_path(p))]
        assert len(set(paths)) == len(paths)
        assert all(re.fullmatch(r"([\w-]+/)*a_00[12]\.(tif|png|txt)", path) for path in paths)


@pytest.mark.parametrize("name", LAYOUTS)
def test_masks_have_the_form_that_is_announced(name):
    layout = make_layout(name)
    mask = layout.mask(drawn([[0, 1], [2, 2]]))
    assert (mask is not None) == (layout.mask_format is not None)
    assert mask is None or (mask.shape == (2, 2) and mask.dtype in ("uint8", "uint16"))
    assert mask is None or layout.wanted.classes or layout.wanted.instances


@pytest.mark.parametrize("name", LAYOUTS)
def test_texts_need_nothing_but_boxes(name):
    layout = make_layout(name)
    text = layout.text(boxed((0, 1, 2, 3, 4)), (9, 9))
    assert (text is not None) == bool(layout.text_path(PLACES[1]))
    assert text is None or re.fullmatch(r"0( \d\.\d{6})+\n", text)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "flat"])
def test_layouts_for_trainers_want_annotations(name):
    refusal = make_layout(name).refusal(offer(annotated=False))
    assert "annotations.labels" in refusal.reason
