"""Files of torch; where it is not installed, ``make clients`` runs such files."""

import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import ModelError
from tiny_networks import bright

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")

FORM = TileForm((24, 36), 1, "float32", 0.0, 1.0)
TILES = np.random.default_rng(0).random((3, 24, 36)).astype(np.float32)


@pytest.mark.parametrize("ending", [".pt", ".pt2"])
def test_the_mask_is_that_computed_by_hand(tmp_path, ending):
    net = torch.nn.Conv2d(1, 2, 3, padding=1).eval()
    with torch.no_grad():
        net.weight.copy_(torch.stack([torch.full((1, 3, 3), -20 / 9), torch.full((1, 3, 3), 20 / 9)]))
        net.bias.copy_(torch.tensor([10.0, -10.0]))
    path = tmp_path / f"net{ending}"
    if ending == ".pt":
        torch.jit.trace(net, torch.zeros(1, 1, 16, 16)).save(str(path))
    else:
        dim = torch.export.Dim
        free = {0: dim("n"), 2: dim("h", min=4), 3: dim("w", min=4)}
        torch.export.save(torch.export.export(net, (torch.zeros(2, 1, 16, 24),), dynamic_shapes=(free,)), path)
    with pytest.raises(ModelError, match="can run any code when it is loaded: add --allow-code"):
        load_model(str(path))
    model = load_model(str(path), allow_code=True, batch=3)
    model.check(FORM)
    np.testing.assert_allclose(model.predict(TILES, FORM)[:, 1], bright(TILES), atol=1e-5)


def test_weights_alone_are_no_network(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pt")
    with pytest.raises(ModelError, match="weights alone are no network"):
        load_model(str(tmp_path / "weights.pt"), allow_code=True)
