"""Folders of transformers; where torch and transformers are not installed, ``make clients`` runs such a folder."""

import json

import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import ModelError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")

FORM = TileForm((96, 128), 1, "uint16", 0, 65535)
TILES = np.random.default_rng(0).integers(0, 65536, (2, 96, 128)).astype(np.uint16)


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        num_labels=2,
        depths=[1] * 4,
        hidden_sizes=[8, 16, 16, 16],
        decoder_hidden_size=16,
        num_attention_heads=[1, 1, 2, 2],
    )
    transformers.SegformerForSemanticSegmentation(config).eval().save_pretrained(tmp_path / "segformer")
    steps = {
        "do_resize": False,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    (tmp_path / "segformer" / "preprocessor_config.json").write_text(json.dumps(steps))
    return tmp_path / "segformer"


def by_torch(folder, pictures, size=None):
    """Return the probability of class 1 of pictures, array (n, y, x), uint8, by torch alone."""
    net = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    values = torch.from_numpy(np.repeat(pictures[:, None], 3, axis=1)).float() / 255
    if size:
        values = torch.nn.functional.interpolate(values, size=size, mode="bilinear", antialias=True)
    mean, std = (torch.tensor(v)[:, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    with torch.inference_mode():
        logits = net(pixel_values=(values - mean) / std).logits
        maps = torch.nn.functional.interpolate(logits, size=pictures.shape[1:], mode="bilinear", align_corners=False)
        return maps.softmax(dim=1)[:, 1].numpy()


def test_logits_are_enlarged_to_the_tile_before_softmax(folder):
    model = load_model(str(folder), batch=2)
    model.check(FORM)
    found = model.fitted(iter(TILES)).predict(TILES, FORM)
    expected = by_torch(folder, np.rint(TILES / 257).astype(np.uint8))
    np.testing.assert_allclose(found[:, 1], expected, atol=1e-5)
    certain = np.abs(expected - 0.5) > 1e-5
    assert 0 < certain.mean() <= 1
    np.testing.assert_array_equal((found[:, 1] > 0.5)[certain], (expected > 0.5)[certain])


def test_tiles_are_resized_for_the_network_where_its_folder_says_so(folder):
    steps = json.loads((folder / "preprocessor_config.json").read_text())
    steps |= {"do_resize": True, "size": {"height": 64, "width": 64}, "resample": 2}
    (folder / "preprocessor_config.json").write_text(json.dumps(steps))
    pictures = np.rint(TILES / 257).astype(np.uint8)
    found = load_model(str(folder)).predict(TILES, FORM)
    assert found.shape == (2, 2, 96, 128)
    # Pillow rounds to whole numbers between its two passes.
    np.testing.assert_allclose(found[:, 1], by_torch(folder, pictures, (64, 64)), atol=2e-3)


def test_what_it_cannot_take_is_refused(folder):
    with pytest.raises(ModelError, match="takes 3 channels and the tiles have 2"):
        load_model(str(folder)).check(TileForm((96, 128), 2, "uint16", 0, 65535))


def test_pickled_weights_need_leave(folder):
    net = transformers.SegformerForSemanticSegmentation.from_pretrained(folder)
    expected = load_model(str(folder)).predict(TILES, FORM)
    (folder / "model.safetensors").unlink()
    torch.save(net.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled weights, which can run any code: add --allow-code"):
        load_model(str(folder))
    np.testing.assert_allclose(load_model(str(folder), allow_code=True).predict(TILES, FORM), expected, atol=1e-6)
