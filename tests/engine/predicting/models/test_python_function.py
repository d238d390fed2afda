import sys

import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import ModelError

FORM = TileForm((8, 12), 1, "float32", 0.0, 1.0)
TILES = np.random.default_rng(0).random((3, 8, 12)).astype(np.float32)

CODE = """
import numpy as np
def mask(tile): return tile > 0.5
def bytes_(tile): return (tile > 0.5).astype(np.uint8) * 255
def ones(tile): return (tile > 0.5).astype(np.uint8)
def one_map(tile): return tile.astype(float)
def maps(tile): return np.stack([1 - tile, tile / 2, tile / 2])
def numbered(tile): return np.where(tile > 0.5, np.arange(tile.size).reshape(tile.shape) + 70000, 0)
def numbered_bytes(tile): return np.full(tile.shape, 7, np.uint8)
def logits(tile): return tile * 9
def negative(tile): return np.full(tile.shape, -1, np.int32)
def smaller(tile): return tile[:4]
def nothing(tile): return None
def two(tile, other): return tile
def many(tile, *others, scale=1): return tile > 0.5
def fails(tile): raise ValueError("the bright side is missing")
def changes(tile): return tile > 0.5 if tile[0, 0] > 0.3 else np.ones(tile.shape, np.int32)
class Net:
    def __call__(self, tile): return tile > 0.5
net = Net()
number = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_models.py").write_text(CODE)
    yield tmp_path
    sys.modules.pop("my_models", None)


def load(name, **options):
    return load_model(f"my_models:{name}", allow_code=True, **options)


@pytest.mark.parametrize("name", ["mask", "bytes_", "ones", "net", "many"])
def test_masks_become_probabilities_of_0_and_1(here, name):
    found = load(name).predict(TILES, FORM)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.stack([TILES <= 0.5, TILES > 0.5], axis=1))


def test_probabilities_of_one_class_or_of_all(here):
    np.testing.assert_allclose(load("one_map").predict(TILES, FORM), np.stack([1 - TILES, TILES], axis=1))
    np.testing.assert_allclose(load("maps").predict(TILES, FORM), np.stack([1 - TILES, TILES / 2, TILES / 2], axis=1))


def test_other_whole_numbers_number_objects(here):
    model = load("numbered")
    found = model.fitted(iter(TILES)).predict(TILES, FORM)
    assert (model.gives, found.dtype) == ("labels", np.uint32)
    np.testing.assert_array_equal(found, np.where(TILES > 0.5, np.arange(96).reshape(8, 12) + 70000, 0))


def test_an_example_tells_what_it_gives_in_the_size_of_the_tiles(here):
    (here / "my_models.py").write_text(
        CODE + "\nseen = []\ndef looks(tile):\n    seen.append(tile.shape)\n    return np.ones(tile.shape, np.int64)\n"
    )
    model = load("looks")
    model.check(FORM)
    assert model.gives == "probabilities"
    model.fitted(iter([TILES[0, :5, :5]]))
    assert model.gives == "labels"
    assert sys.modules["my_models"].seen == [(8, 12)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("numbered_bytes", "uint8 values such as 7: a mask holds 0 and 255"),
        ("logits", "probabilities lie in 0 to 1"),
        ("negative", "returned -1 to -1: objects are numbered from 1"),
        ("smaller", "shape (4, 12) for a tile of 8 × 12 px"),
        ("nothing", "returned object of shape ()"),
        ("fails", "my_models:fails failed: ValueError: the bright side is missing"),
        ("changes", "returned probabilities at first and labels now"),
    ],
)
def test_what_it_must_not_return_is_told(here, name, words):
    model = load(name)
    with pytest.raises(ModelError) as caught:
        model.predict(np.stack([TILES[0] * 0 + 0.5, TILES[0] * 0 + 0.2]), FORM)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("my_models:two", "two(tile, other) cannot be called with a tile (missing a required argument: 'other')"),
        ("my_models:nobody", "there is no nobody in my_models"),
        ("my_models:number", "number is a int and no function"),
        ("no_such_module:f", "no_such_module cannot be imported: ModuleNotFoundError"),
        ("wrong:f", "wrong cannot be imported: SyntaxError"),
        ("nowhere.py:f", "there is no file nowhere.py"),
    ],
)
def test_what_is_no_such_function_is_told(here, spec, words):
    (here / "wrong.py").write_text("def f(:\n")
    with pytest.raises(ModelError) as caught:
        load_model(spec, allow_code=True)
    assert words in str(caught.value)


def test_nothing_is_imported_unless_it_is_allowed(here):
    (here / "trap.py").write_text("raise SystemExit('was run')\n")
    with pytest.raises(ModelError, match=r"trap:f runs code: it imports trap and calls f in it: add --allow-code"):
        load_model("trap:f")
    assert "trap" not in sys.modules


def test_a_module_that_was_changed_is_another_model(here):
    before = load("mask")
    (here / "my_models.py").write_text(
        CODE.replace("def mask(tile): return tile > 0.5", "def mask(tile): return tile < 9")
    )
    after = load("mask")
    assert before.fingerprint != after.fingerprint
    assert after.predict(TILES, FORM)[:, 1].all()


def test_a_function_in_a_file_anywhere(here):
    (here / "deep").mkdir()
    (here / "my_models.py").rename(here / "deep" / "nets.py")
    model = load_model(f"{here}/deep/nets.py:mask", allow_code=True)
    np.testing.assert_array_equal(model.predict(TILES, FORM)[:, 1], TILES > 0.5)
