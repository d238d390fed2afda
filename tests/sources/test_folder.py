"""Which files are sources, in which order, and what their tiles are called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deep_folder import make_deep_folder
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.folder import find_sources, left_out, literal_pattern, stem_of, unique_stems


@pytest.fixture
def folder(tmp_path):
    """Make empty files."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def names(found):
    return [file.name for file in found]


def test_code_point_order_known_extensions_no_hidden_files(folder):
    root = folder(
        "b.tif", "B.tif", "a10.png", "a2.png", "é.tif", "Z.JPG", "_.bmp", "c.jpeg", "d.TIFF",
        ".hidden.tif", "notes.txt", "x.tif.bak", "noextension", "tif", ".tif", "data.csv",
    )  # fmt: skip
    expected = ["B.tif", "Z.JPG", "_.bmp", "a10.png", "a2.png", "b.tif", "c.jpeg", "d.TIFF", "é.tif"]
    assert names(find_sources(root)) == expected
    assert all(file.path == root / file.name for file in find_sources(root))


def test_folders_inside_only_where_asked(folder):
    root = folder("b.tif", "a/z.tif", "a/deep/er.png", "c/x.tif", ".cache/y.tif", "a/.secret/q.tif", "d.tif/inner.tif")
    assert names(find_sources(root)) == ["b.tif"]
    assert names(find_sources(root, recursive=True)) == [
        "a/deep/er.png",
        "a/z.tif",
        "b.tif",
        "c/x.tif",
        "d.tif/inner.tif",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", ["a_c1.tif", "a_c2.tif", "sub/b_c1.tif", "sub/b_c2.png"]),
        ("*_c1.tif", ["a_c1.tif", "sub/b_c1.tif"]),
        ("sub/*", ["sub/b_c1.tif", "sub/b_c2.png"]),
        ("*.PNG", []),
        ("a_c[12].tif", ["a_c1.tif", "a_c2.tif"]),
        ("nothing", []),
    ],
)
def test_pattern(folder, pattern, expected):
    root = folder("a_c1.tif", "a_c2.tif", "sub/b_c1.tif", "sub/b_c2.png")
    assert names(find_sources(root, pattern, recursive=True)) == expected


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        (["a.tif"], ["b.tif", "sub/a.tif"]),
        (["sub/*"], ["a.tif", "b.tif"]),
        (["*/a.tif", "b.*"], ["a.tif"]),
        (["nothing"], ["a.tif", "b.tif", "sub/a.tif"]),
    ],
)
def test_exclude(folder, exclude, expected):
    root = folder("a.tif", "b.tif", "sub/a.tif")
    assert names(find_sources(root, recursive=True, exclude=exclude)) == expected


def test_leaving_a_file_out_renames_no_other(folder):
    root = folder("a.tif", "a.png", "b.tif")
    stems = {file.name: file.stem for file in find_sources(root)}
    assert {file.name: file.stem for file in find_sources(root, exclude=["a.png"])} == {
        name: stem for name, stem in stems.items() if name != "a.png"
    }


def test_names_with_special_characters_are_patterns_only_where_meant(folder):
    root = folder("a[1].tif", "a1.tif")
    assert names(find_sources(root, "a[1].tif")) == ["a1.tif", "a[1].tif"]
    assert names(find_sources(root, exclude=["a[1].tif"])) == []


def test_one_file(folder):
    (only,) = find_sources(folder("x y.ome.tif", "z.tif") / "x y.ome.tif")
    assert (only.name, only.stem) == ("x y.ome.tif", "x_y")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"gone: no such folder or file; check the path"):
        find_sources(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("cells.tif", "cells"),
        ("14-25-23.336.tif", "14-25-23_336"),  # bug 18: names with dots must not collapse to what is before the first
        ("a.b.c.tiff", "a_b_c"),
        ("x.ome.tif", "x"),
        ("x.OME.TIFF", "x"),
        ("x.ome.png", "x_ome"),
        ("my image (2).png", "my_image_2_"),
        ("größe µm.tif", "gr_e_m"),
        ("日本.tif", "_"),
        ("sub/dir/a.tif", "a"),
        ("a--b__c.tif", "a--b__c"),
    ],
)
def test_stems_hold_safe_characters_only(name, stem):
    assert stem_of(name)[0] == stem


@pytest.mark.parametrize(
    ("files", "stems"),
    [
        pytest.param(["a.tif", "b.tif"], ["a", "b"], id="nothing to do"),
        pytest.param(["a.tif", "a.tiff"], ["a_tif", "a_tiff"], id="extension (bug 11: they overwrote each other)"),
        pytest.param(["A.tif", "a.png", "b.png"], ["A_tif", "a_png", "b"], id="case counts as equal"),
        pytest.param(["a.ome.tif", "a.tif"], ["a_ome_tif", "a_tif"], id="two-part extension"),
        pytest.param(["p/a.tif", "q/a.tif"], ["a_tif_p", "a_tif_q"], id="folder"),
        pytest.param(["a.tif", "q/a.tif"], ["a_tif", "a_tif_q"], id="folder and none"),
        pytest.param(["a b.tif", "a_b.tif"], ["a_b_tif", "a_b_tif_2"], id="number"),
        pytest.param(["p/r/a.tif", "p r/a.tif"], ["a_tif_p_r", "a_tif_p_r_2"], id="folders alike"),
        pytest.param(["日.tif", "本.tif", "語.tif"], ["__tif", "__tif_2", "__tif_3"], id="nothing left of the name"),
    ],
)
def test_equal_stems_get_extension_then_folder_then_number(files, stems):
    assert unique_stems(files) == stems


def test_a_number_does_not_make_a_new_clash():
    stems = unique_stems(["a b.tif", "a_b.tif", "a_b_tif_2.png"])
    assert len({stem.lower() for stem in stems}) == 3


_NAMES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "p/", "P/", "p q/", "p_q/"]),
        st.text("aAb_ .-é2", min_size=1, max_size=4),
        st.sampled_from([".tif", ".TIF", ".ome.tif", ".png", "_tif.png", "_2.png"]),
    ),
    unique=True,
    max_size=12,
)


@given(_NAMES)
def test_stems_are_unique_whatever_the_case_and_safe(files):
    stems = unique_stems(sorted(files))
    assert len({stem.lower() for stem in stems}) == len(files)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", stem) for stem in stems)


def test_a_folder_inside_that_cannot_be_listed_is_one_problem(tmp_path):
    (tmp_path / "a.tif").touch()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "b.tif").touch()
    make_deep_folder(tmp_path / "inside")
    found = find_sources(tmp_path, recursive=True)
    assert [file.name for file in found if not file.problem] == ["a.tif", "inside/b.tif"]
    (closed,) = [file for file in found if file.problem]
    assert "the folder cannot be listed" in closed.problem
    assert closed.name in closed.problem


def test_left_out_takes_names_and_patterns():
    names = ["a.tif", "a[1].tif", "a1.tif", "b/c.tif"]
    assert left_out(names, ["a.tif", "b/*"]) == {"a.tif", "b/c.tif"}
    assert left_out(names, []) == set()
    assert left_out(names, ["*"]) == set(names)


@pytest.mark.parametrize("name", ["a[1].tif", "a*.tif", "a?.tif", "[ab].tif", "[!x].tif", "plain.tif"])
def test_a_literal_pattern_means_one_name(name):
    others = ["a1.tif", "ab.tif", "a.tif", "b.tif", "x.tif", "!.tif"]
    assert left_out([name, *others], [literal_pattern(name)]) == {name}


def test_an_array_is_named_only_where_there_may_be_several(folder):
    root = folder("a.h5", "b.npz", "c#1.tif", "d.tif")
    for name in ("a.h5", "b.npz"):
        (found,) = find_sources(f"{root / name}#/raw")
        assert (found.name, found.path, found.dataset) == (f"{name}#/raw", root / name, "/raw")
    assert find_sources(root / "c#1.tif")[0].dataset == ""
    with pytest.raises(SourceError, match=r"d\.tif holds no arrays by name: leave out #/raw$"):
        find_sources(f"{root / 'd.tif'}#/raw")


def test_an_array_is_named_behind_the_file_whatever_its_name_and_folder_hold(tmp_path):
    folder = tmp_path / "sub#1"
    folder.mkdir()
    for name in ("a#b.h5", "a.h5"):
        (folder / name).write_bytes(b"any")
    found = [find_sources(f"{folder / name}#/raw/x") for name in ("a#b.h5", "a.h5")]
    assert [(f.path.name, f.dataset, f.name) for (f,) in found] == [
        ("a#b.h5", "/raw/x", "a#b.h5#/raw/x"),
        ("a.h5", "/raw/x", "a.h5#/raw/x"),
    ]
