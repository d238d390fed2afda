"""Names of tiles: templates under which two tiles could share a file are refused."""

import itertools

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError

ALLOWED = [
    "{stem}_{index:03d}",
    "{stem}_{index}",
    "{stem}-r{row}c{column}",
    "{stem}_{y:05d}_{x:05d}",
    "{index}_{stem}",
    "{stem}_z{z}_t{t}_c{channel}_{row:02}_{column:02}",
    "T{index:d}_{stem}",
]


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_templates(name):
    assert Recipe.of({"export": {"name": name}}).export.name == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("{stem}", "needs {index}, or {row} and {column}, or {y} and {x}", id="all tiles alike"),
        pytest.param("{stem}_{row}", "needs {index}", id="all columns alike"),
        pytest.param("{stem}_{row}_{x}", "needs {index}", id="half of each pair"),
        pytest.param("{stem}{index}", "needs a letter, _ or - before {index}", id="stem runs into the number"),
        pytest.param("{stem}_{row}{column}", "needs a letter, _ or - before {column}", id="1,11 and 11,1 are one"),
        pytest.param("{stem}_{row}0{column}", "needs a letter, _ or - before {column}", id="a digit does not part"),
        pytest.param("{stem}/{index}", "may hold letters, digits, _ and -", id="a folder"),
        pytest.param("../{stem}_{index}", "may hold letters, digits, _ and -", id="out of the folder"),
        pytest.param("{stem} {index}", "may hold letters, digits, _ and -", id="blank"),
        pytest.param("{stem}_{index}.tif", "may hold letters, digits, _ and -", id="an extension"),
        pytest.param(
            "{stem}_{number}", "knows no {number}: use stem, index, row, column, y, x, z, t, channel, split", id="name"
        ),
        pytest.param("{stem}_{}", "knows no {}", id="no name"),
        pytest.param("{stem}_{0}", "knows no {0}", id="a position"),
        pytest.param("{stem.__class__}_{index}", "knows no {stem.__class__}", id="an attribute"),
        pytest.param("{stem}_{index", "is no valid name", id="a bracket"),
        pytest.param("{stem}_{index!r}", "cannot format {index} so", id="a conversion"),
        pytest.param("{stem}_{index:.2f}", "cannot format {index} so", id="decimals"),
        pytest.param("{stem}_{index:,}", "cannot format {index} so", id="commas"),
        pytest.param("{stem:3}_{index}", "cannot format {stem} so", id="a cut stem"),
        pytest.param("{stem}_{index:5d}", "would fill {index} up with blanks", id="blanks"),
        pytest.param("{stem}_{index:{row}}", "cannot format {index} so", id="nested"),
        pytest.param("", "needs {index}", id="empty"),
    ],
)
def test_refused_templates(name, said):
    with pytest.raises(RecipeError) as caught:
        Recipe.of({"export": {"name": name}})
    assert str(caught.value).startswith("export.name: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_templates_never_give_two_tiles_one_name(name):
    """Stems that end in numbers included: any two tiles of any two sources."""
    fields = ("stem", "index", "row", "column", "y", "x", "z", "t", "channel")
    small = [0, 1, 11]
    seen: dict[str, tuple] = {}
    for stem, a, b in itertools.product(["a", "a_1", "a_1_1", "1", "1_a", "a-r1c1", "a_z1"], small, small):
        for index in [0, 1, 11, 111] if "index" in name else [0]:
            values = dict(zip(fields, (stem, index, a, b, a, b, 0, 0, 0), strict=True))
            used = (stem, index if "index" in name else (a, b))
            got = name.format(**values).lower()
            assert seen.setdefault(got, used) == used
