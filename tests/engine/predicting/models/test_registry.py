import importlib.util

import pytest

from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.errors import CodeError, ModelError


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("ostu", "there is no model ostu: did you mean otsu? Models are otsu, li,"),
        ("gone.onnx", "there is no model gone.onnx"),
        ("folder", "holds no model: a package of bioimage.io has rdf.yaml, one of transformers config.json"),
        ("model.keras", 'is a file of Keras: save it as ONNX first: model.export("m.onnx", format="onnx")'),
        ("gone.keras", "there is no file gone.keras, and a network of Keras is to be saved as ONNX: model.export("),
        (" ", "--model names nothing: models are otsu"),
        ("weightless", "weightless holds no weights: model.safetensors belongs beside its config.json"),
        ("code.py", "name the function in it, too"),
        ("notes.txt", "is no model: models are otsu"),
        ("net.pt", "which can run any code when it is loaded: add --allow-code"),
        ("net.pt2", "which can run any code when it is loaded: add --allow-code"),
        ("pickled", "holds no safetensors but pickled weights, which can run any code: add --allow-code"),
        ("own_code", "asks for code of its own (auto_map in config.json), which is not run"),
    ],
)
def test_what_is_no_model_or_must_not_run_is_told_in_one_sentence(tmp_path, monkeypatch, spec, words):
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "pickled", "own_code", "weightless"):
        (tmp_path / folder).mkdir()
    for name in ("model.keras", "code.py", "notes.txt", "net.pt", "net.pt2", "pickled/pytorch_model.bin"):
        (tmp_path / name).write_bytes(b"cos\nsystem\n(S'echo run > was_run'\ntR.")
    (tmp_path / "own_code" / "weights.safetensors").write_bytes(b"")
    (tmp_path / "pickled" / "config.json").write_text("{}")
    (tmp_path / "weightless" / "config.json").write_text("{}")
    (tmp_path / "own_code" / "config.json").write_text('{"auto_map": {"AutoModel": "net.Net"}}')
    with pytest.raises(ModelError) as caught:
        load_model(spec)
    assert words in str(caught.value)
    # A window asks for what a command line has an option for.
    assert isinstance(caught.value, CodeError) == ("--allow-code" in words)
    assert "--allow-code" not in getattr(caught.value, "what", "")
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize(
    ("package", "extra", "name"), [("torch", "hf", "net.pt"), ("bioimageio", "bioimageio", "rdf.yaml")]
)
def test_a_missing_package_is_named_with_the_extra_that_installs_it(tmp_path, package, extra, name):
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError) as caught:
        load_model(str(tmp_path / name), allow_code=True)
    assert f'needs {package}, which is not installed: pip install "napari-tiles-creator[{extra}]"' in str(caught.value)


@pytest.mark.parametrize("spec", ["OTSU", "Li-dark"])
def test_thresholds_are_known_whatever_the_case(spec):
    assert load_model(spec).spec == spec.lower()
