"""JSON files that are none."""

import pytest

from napari_tiles_creator.annotations.json_text import json_of, told
from napari_tiles_creator.errors import AnnotationError


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "[" * 100_000])
def test_what_is_no_json_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(AnnotationError, match=r"^a\.json: is no JSON: "):
        json_of(tmp_path / "a.json")


def test_values_in_messages_are_short():
    assert told(None) == "missing"
    assert told({"a": "ü"}) == '{"a": "ü"}'
    assert len(told(["x" * 1000])) <= 42
