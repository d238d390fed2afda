"""Packages of bioimage.io; where bioimageio.core is not installed, ``make clients`` runs such a package."""

import shutil

import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import ModelError
from tiny_networks import bright, write_onnx

pytest.importorskip("bioimageio.core")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")

FORM = TileForm((32, 48), 1, "float32", 0.0, 1.0)
TILES = np.random.default_rng(0).random((2, 32, 48)).astype(np.float32)


@pytest.fixture
def package(tmp_path):
    from bioimageio.spec import save_bioimageio_package_as_folder
    from bioimageio.spec.model import v0_5 as spec

    source = tmp_path / "source"
    source.mkdir()
    write_onnx(source / "net.onnx")
    np.save(source / "tile.npy", np.linspace(0, 1, 1024, dtype=np.float32).reshape(1, 1, 32, 32))
    np.save(source / "logits.npy", np.linspace(-10, 10, 2048, dtype=np.float32).reshape(1, 2, 32, 32))
    (source / "README.md").write_text("# net\n\n# Validation\n\nnone\n")
    side = spec.ParameterizedSize(min=16, step=16)

    def like(axis):
        return spec.SizeReference(tensor_id="tile", axis_id=axis)

    def file(name):
        return spec.FileDescr(source=source / name)

    grey, both = ["grey"], ["background", "object"]
    model = spec.ModelDescr(
        name="bright pixels",
        description="class 1 where the tile is bright",
        license="MIT",
        authors=[spec.Author(name="nobody")],
        cite=[spec.CiteEntry(text="none", url="https://example.org")],
        git_repo="https://example.org/none",
        documentation=file("README.md"),
        tags=["segmentation"],
        inputs=[
            spec.InputTensorDescr(
                id="tile",
                test_tensor=file("tile.npy"),
                axes=[
                    spec.BatchAxis(),
                    spec.ChannelAxis(channel_names=grey),
                    spec.SpaceInputAxis(id="y", size=side),
                    spec.SpaceInputAxis(id="x", size=side),
                ],
            )
        ],
        outputs=[
            spec.OutputTensorDescr(
                id="logits",
                test_tensor=file("logits.npy"),
                axes=[
                    spec.BatchAxis(),
                    spec.ChannelAxis(channel_names=both),
                    spec.SpaceOutputAxis(id="y", size=like("y")),
                    spec.SpaceOutputAxis(id="x", size=like("x")),
                ],
            )
        ],
        weights=spec.WeightsDescr(onnx=spec.OnnxWeightsDescr(source=source / "net.onnx", opset_version=17)),
    )
    return save_bioimageio_package_as_folder(model, output_path=tmp_path / "package")


def test_the_mask_is_that_computed_by_hand(package, tmp_path):
    zipped = shutil.make_archive(str(tmp_path / "zipped"), "zip", package)
    for spec in (package, f"{package}/rdf.yaml", zipped):
        model = load_model(str(spec), batch=2)
        model.check(FORM)
        np.testing.assert_allclose(model.fitted(iter(TILES)).predict(TILES, FORM)[:, 1], bright(TILES), atol=1e-5)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (TileForm((40, 48), 1, "float32", 0, 1), "takes tiles that are 16, 32, 48, … px along y, and these have 40"),
        (TileForm((32, 8), 1, "float32", 0, 1), "takes tiles that are 16, 32, 48, … px along x, and these have 8"),
        (TileForm((32, 48), 3, "uint8", 0, 255), "takes 1 channel and the tiles have 3"),
    ],
)
def test_tiles_that_do_not_fit_are_refused_with_the_reason(package, form, words):
    with pytest.raises(ModelError) as caught:
        load_model(str(package)).check(form)
    assert words in str(caught.value)


def test_weights_that_run_code_need_leave_and_nothing_is_downloaded(package):
    from pathlib import Path

    description = Path(package) / "rdf.yaml"
    text = description.read_text()
    begin = text.index("weights:")
    entry = "weights:\n  torchscript:\n    source: net.onnx\n    pytorch_version: 2.0.0\n"
    description.write_text(text[:begin] + entry)
    with pytest.raises(ModelError, match="no onnx weights but torchscript, which run code of the package: add --allow"):
        load_model(str(package))
    description.write_text(text.replace("source: net.onnx", "source: https://example.org/net.onnx"))
    with pytest.raises(ModelError, match="on the network, and nothing is downloaded"):
        load_model(str(package))
