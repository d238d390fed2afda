import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import ModelError
from tiny_networks import bright, write_onnx

FORM = TileForm((24, 36), 1, "float32", 0.0, 1.0)
TILES = np.random.default_rng(0).random((3, 24, 36)).astype(np.float32)


def predicted(path, tiles=TILES, form=FORM, **options):
    model = load_model(str(path), **options)
    model.check(form)
    return model.fitted(iter(tiles)).predict(tiles, form)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="logits"),
        pytest.param({"end": "Softmax"}, id="softmax"),
        pytest.param({"classes": 1}, id="one map of logits"),
        pytest.param({"classes": 1, "end": "Sigmoid"}, id="one map of probabilities"),
        pytest.param({"channels": 3}, id="grey tiles for three colours"),
        pytest.param({"channels_last": True}, id="channels last"),
        pytest.param({"channels_last": True, "channels": 3}, id="channels last, three colours"),
        pytest.param({"size": (24, 36)}, id="of a size"),
        pytest.param({"count": 4}, id="so many tiles at once"),
        pytest.param({"count": 1}, id="one tile at once"),
    ],
)
def test_probabilities_are_those_computed_by_hand(tmp_path, options):
    model = load_model(str(write_onnx(tmp_path / "net.onnx", **options)), batch=3)
    model.check(FORM)
    assert model.gives == "probabilities"
    assert model.batch == {"count": options.get("count", 3)}["count"]
    found = np.concatenate([model.predict(TILES[k : k + model.batch], FORM) for k in range(0, 3, model.batch)])
    np.testing.assert_allclose(found[:, 1], bright(TILES), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(("dtype", "low", "high"), [("uint8", 0, 255), ("uint16", 0, 65535), ("float32", -1, 3)])
def test_the_bounds_of_the_tiles_are_0_and_1_to_the_network(tmp_path, dtype, low, high):
    tiles = (low + TILES * (high - low)).astype(dtype)
    found = predicted(write_onnx(tmp_path / "net.onnx"), tiles, TileForm((24, 36), 1, dtype, low, high))
    values = (tiles.astype(np.float64) - low) / (high - low)
    np.testing.assert_allclose(found[:, 1], bright(values), atol=1e-3)


def test_values_without_bounds_stay_as_they_are(tmp_path):
    found = predicted(write_onnx(tmp_path / "net.onnx"), TILES * 3, TileForm((24, 36), 1, "float32", None, None))
    np.testing.assert_allclose(found[:, 1], bright(TILES * 3), atol=1e-4)


def test_coloured_tiles(tmp_path):
    tiles = np.random.default_rng(1).random((2, 24, 36, 3)).astype(np.float32)
    form = TileForm((24, 36), 3, "float32", 0.0, 1.0)
    found = predicted(write_onnx(tmp_path / "net.onnx", channels=3), tiles, form)
    np.testing.assert_allclose(found[:, 1], bright(tiles[..., 0]), atol=1e-5)


def test_smaller_maps_are_enlarged_before_softmax(tmp_path):
    found = predicted(write_onnx(tmp_path / "net.onnx", stride=4))
    mean = np.log(bright(TILES)[:, ::4, ::4] / (1 - bright(TILES)[:, ::4, ::4]))
    for k, small in enumerate(mean):
        y, x = (np.clip((np.arange(n) + 0.5) / 4 - 0.5, 0, n / 4 - 1) for n in (24, 36))
        rows = np.stack([np.interp(y, np.arange(6), small[:, j]) for j in range(9)], axis=1)
        expected = np.stack([np.interp(x, np.arange(9), row) for row in rows])
        np.testing.assert_allclose(found[k, 1], 1 / (1 + np.exp(-expected)), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "form", "words"),
    [
        pytest.param({"size": (64, 64)}, FORM, "takes tiles of 64 × 64 px only, and these are 24 × 36", id="size"),
        pytest.param({"size": (64, "w")}, FORM, "takes tiles of 64 × any px only", id="height"),
        pytest.param({"channels": 2}, FORM, "takes 2 channels and the tiles have 1", id="channels"),
        pytest.param({}, TileForm((24, 36), 3, "uint8", 0, 255), "takes 1 channel and the tiles have 3", id="colours"),
        pytest.param({"margin": 1}, FORM, "returns 22 × 34 px for tiles of 24 × 36 px", id="margin"),
    ],
)
def test_tiles_that_it_cannot_take_are_refused_with_the_reason(tmp_path, options, form, words):
    model = load_model(str(write_onnx(tmp_path / "net.onnx", **options)))
    with pytest.raises(ModelError) as caught:
        model.check(form)
    assert words in str(caught.value)
    assert "net.onnx" in str(caught.value)


def test_pixels_that_are_no_numbers_are_refused(tmp_path):
    tiles = TILES.copy()
    tiles[1, 3, 3] = np.nan
    with pytest.raises(ModelError, match="cannot take pixels that are no numbers"):
        predicted(write_onnx(tmp_path / "net.onnx"), tiles)


def test_what_is_no_network_is_told(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match=r"bad\.onnx cannot be read as ONNX"):
        load_model(str(tmp_path / "bad.onnx"))
