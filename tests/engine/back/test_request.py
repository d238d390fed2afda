"""Which options go together."""

import re
from pathlib import Path

import pytest

from napari_tiles_creator.engine.back.request import MergeRequest
from napari_tiles_creator.errors import DatasetError


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "masks"}, "kind 'masks' is not available: use values, labels, classes, detections"),
        ({"at": "here"}, "at 'here' is not available: use calibrated, source"),
        ({"blend": "median"}, "blend 'median' is not available: use linear"),
        ({"format": "coco"}, "format 'coco' is not available for values: use tif, zarr, h5, png"),
        ({"kind": "detections", "format": "tif"}, "format 'tif' is not available for detections: use geojson"),
        ({"kind": "labels", "denormalize": True}, "denormalize maps values, and labels are none"),
        ({"kind": "labels", "missing": 3}, "missing 3: where no tile is there is no object"),
        ({"kind": "classes", "missing": "0.5"}, "missing 0.5: classes are whole numbers from 0"),
        ({"missing": "zero"}, "missing 'zero': use fail, or a number"),
        ({"kind": "detections", "missing": "zero"}, "missing 'zero': use fail, or a number"),
    ],
)
def test_what_does_not_go_together_is_told(options, words):
    with pytest.raises(DatasetError, match=re.escape(words)):
        MergeRequest(Path("a"), Path("b"), **options)


def test_defaults_depend_on_the_kind():
    plain = MergeRequest(Path("a"), Path("b"))
    assert (plain.file_format, plain.fill) == ("tif", None)
    assert MergeRequest(Path("a"), Path("b"), kind="detections").file_format == "geojson"
    assert MergeRequest(Path("a"), Path("b"), kind="classes", missing="2").fill == 2
