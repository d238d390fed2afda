"""Tables that say where images belong: how they are read, and what is said of those that cannot be."""

import pytest

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.splits.table import values_in_table
from napari_tiles_creator.errors import PlanError

NAMES = ("a.tif", "deep/b c.ome.tif", "deep/c.tif")
EXPECTED = dict(zip(NAMES, ("train", "val", "test"), strict=True))


def images(*names):
    return make_plan(Recipe(), [source(name, (600, 600)) for name in names or NAMES]).images


def table(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("image,split\na.tif,train\ndeep/b c.ome.tif,val\ndeep/c.tif,test\n", id="paths"),
        pytest.param("image,split\r\na.tif,train\r\nb c.ome.tif,val\r\nc.tif,test", id="file names"),
        pytest.param("split,Name\ntrain,a\nval,b c.ome\ntest,c\n", id="stems"),
        pytest.param("FILE;Split\na.tif;train\ndeep\\b c.ome.tif;val\n.\\deep\\c.tif;test\n", id="Windows"),
        pytest.param("filename\tsplit\na.tif\ttrain\ndeep/b c\tval\ndeep/c\ttest\n", id="tabs"),
        pytest.param(
            '\ufeff"path"," split "\n"/data/x/a.tif","train"\n"/data/deep/b c.ome.tif", val\nc.tif,test\n', id="BOM"
        ),
        pytest.param(
            "source,tile,split\na.tif,1,train\na.tif,2,train\n\ndeep/b c.ome.tif,1,val\nc.tif,1,test\n", id="tiles"
        ),
        pytest.param('note,image,split\n"a; b; c",a.tif,train\n,b c.ome.tif,val\n,deep/c.tif,test\n', id="other signs"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_forms_of_tables(tmp_path, text, encoding):
    path = table(tmp_path / "t.csv", text, encoding)
    assert values_in_table(images(), path, "split") == (EXPECTED, [])


def test_the_exact_name_counts_where_several_would_fit(tmp_path):
    path = table(tmp_path / "t.csv", "image,split\na.tif,train\nsub/a.tif,test\n")
    assert values_in_table(images("a.tif", "sub/a.tif"), path, "split")[0] == {"a.tif": "train", "sub/a.tif": "test"}


def test_the_first_column_there_is(tmp_path):
    path = table(tmp_path / "t.csv", "image,Mouse,split\na.tif,m1,train\n")
    assert values_in_table(images("a.tif"), path, "mouse", "split")[0] == {"a.tif": "m1"}
    assert values_in_table(images("a.tif"), path, "rat", "split")[0] == {"a.tif": "train"}


def test_unknown_images_are_a_warning(tmp_path):
    path = table(tmp_path / "t.csv", "image,split\na.tif,train\nold.tif,val\n")
    assert values_in_table(images("a.tif"), path, "split")[1] == [
        "t.csv names what is no image here (export.split): old.tif"
    ]


MANY = ("a.tif", *(f"b{i}.tif" for i in range(7)))


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        pytest.param("", NAMES, "t.csv is empty: its first line must name the columns image and split", id="empty"),
        pytest.param(
            "image,fold\na.tif,1\n", NAMES, "t.csv has no column split: its first line is 'image,fold'", id="split"
        ),
        pytest.param(
            "picture,split\na.tif,train\n", NAMES, "has no column image (or source, file, filename", id="image"
        ),
        pytest.param(
            "image,split\na.tif,train\n",
            MANY,
            "tells no split of 7 of 8 images: b0.tif, b1.tif, b2.tif, b3.tif, b4.tif and 2 more",
            id="missing",
        ),
        pytest.param("image,split\na.tif,\n", ("a.tif",), "tells no split of 1 of 1 images: a.tif", id="empty value"),
        pytest.param("image\na.tif\n", ("a.tif",), "has no column split", id="one column"),
        pytest.param(
            "image,split\na.tif,train\na.tif,val\n",
            ("a.tif",),
            "names a.tif twice, with the split 'train' and 'val'",
            id="twice",
        ),
        pytest.param("image,split\na,train\n", ("a.tif", "a.png"), "'a' may be any of a.tif, a.png", id="whose"),
        pytest.param(
            "image,split\nx/a.tif,train\ny/a.tif,val\n",
            ("a.tif",),
            "names several files that a.tif may be, with different values of split: x/a.tif, y/a.tif",
            id="which",
        ),
    ],
)
def test_tables_that_do_not_tell(tmp_path, text, names, said):
    path = table(tmp_path / "t.csv", text)
    with pytest.raises(PlanError) as caught:
        values_in_table(images(*names), path, "split")
    assert said in str(caught.value)
    assert str(caught.value).endswith("(export.split)")
    assert caught.value.field == "export.split"


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "latin.csv").write_bytes("image,split\nmüll.tif,train\n".encode("latin-1"))
    for name, said in (("none.csv", "No such file"), ("latin.csv", "is no text in UTF-8"), (".", "cannot be read")):
        with pytest.raises(PlanError, match=said):
            values_in_table(images(), str(tmp_path / name), "split")


def test_a_table_of_endless_fields_is_refused(tmp_path):
    path = table(tmp_path / "t.csv", 'image,split\n"' + "x" * 200_000 + '",train\n')
    with pytest.raises(PlanError, match="is no CSV table"):
        values_in_table(images(), path, "split")
