"""What files do not tell is asked in the Media panel; a click on an answer is enough."""

import h5py
import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_tiles_creator._widget.questions import question_among, question_in
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.recipe.media import Media


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 4000, shape, np.uint16)


def write_arrays(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array


@pytest.fixture
def stacks(tmp_path):
    """Two stacks of a kind and a colour image, none of which tells its axes."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    np.save(folder / "a.npy", noise(5, 40, 50))
    tifffile.imwrite(folder / "b.tif", noise(6, 40, 50), metadata=None)
    np.save(folder / "colour.npy", noise(40, 50, 3))
    return folder


def scanned(folder, **fields):
    return list(scan(Media(folder=str(folder), **fields)))


def images_of(dock):
    return {} if dock.plan is None else {image.name: image for image in dock.plan.images}


def test_what_readers_ask_is_understood(stacks):
    a, b, colour = (question_in(item.problem) for item in scanned(stacks))
    assert a.field == "axes"
    assert [option.value for option in a.options] == ["ZYX", "CYX", "TYX"]
    assert a.shape == "5×40×50"
    assert b.options == a.options
    assert [option.value for option in colour.options][:2] == ["YXS", "YXC"]
    assert question_in("b.tif cannot be read: it is no TIFF file, whatever its name says") is None


@pytest.mark.parametrize(("shape", "first"), [((2, 5, 20, 20), "TZYX"), ((2, 2, 5, 20, 20), "TZCYX")])
def test_more_axes_are_understood(tmp_path, shape, first):
    np.save(tmp_path / "more.npy", noise(*shape))
    (item,) = scanned(tmp_path)
    assert question_in(item.problem).options[0].value == first


def test_most_images_decide_what_is_asked(stacks):
    question = question_among(scanned(stacks))
    assert (question.name, question.count) == ("a.npy", 2)
    assert "a.npy and 1 more image like it" in question.text
    assert question_among([]) is None


def test_the_arrays_of_a_file_are_the_answers(tmp_path):
    write_arrays(tmp_path / "one.h5", raw=noise(30, 30), predictions__of__cells=noise(20, 30))
    np.savez(tmp_path / "two.npz", first=noise(30, 30), second=noise(30, 30))
    one, two = (question_in(item.problem) for item in scanned(tmp_path))
    assert {option.value for option in one.options} == {"/raw", "/predictions/of/cells"}
    assert [option.value for option in two.options] == ["first", "second"]
    for question, name in ((one, "one.h5"), (two, "two.npz")):
        for option in question.options:
            (item,) = scanned(tmp_path, pattern=name, dataset=option.value)
            assert item.info is not None
    wrong, _ = (question_in(item.problem) for item in scanned(tmp_path, dataset="/nowhere"))
    assert {option.value for option in wrong.options} == {"/raw", "/predictions/of/cells"}


def test_a_click_tells_the_axes(dock, qtbot, stacks):
    media = dock.media
    assert media.question.isHidden()
    media.editor("folder").line.setText(str(stacks))
    qtbot.waitUntil(lambda: not media.question.isHidden())
    assert "What are the axes of a.npy" in media.question.label.text()
    qtbot.waitUntil(lambda: "axes" in media.problems)
    assert "--" not in dock.footer.status.text() + media.problems["axes"]
    assert media.model.data(media.model.index(0, 1)) == "which axes?"
    tooltip = media.model.data(media.model.index(0, 1), Qt.ItemDataRole.ToolTipRole)
    assert "does not tell what its axes are: say it at Axes, such as ZYX" in tooltip
    assert not media.editor("axes").isHidden()
    assert [button.text() for button in media.question.buttons] == ["Z stack", "channels", "time series"]
    qtbot.mouseClick(media.question.buttons[1], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(images_of(dock)) == 3)
    assert dock.recipe().media.axes == "CYX"
    assert images_of(dock)["a.npy"].info.axes == "CYX"
    assert media.question.isHidden()
    media.editor("axes").selectAll()
    qtbot.keyClicks(media.editor("axes"), "zyx")
    qtbot.waitUntil(lambda: "a.npy" in images_of(dock) and images_of(dock)["a.npy"].info.axes == "ZYX")
    assert len(images_of(dock)["a.npy"].planes) == 5


def test_wrong_axes_are_told_beside_their_field(dock, qtbot, stacks):
    dock.media.editor("folder").line.setText(str(stacks))
    qtbot.waitUntil(lambda: not dock.media.question.isHidden())
    qtbot.keyClicks(dock.media.editor("axes"), "abc")
    qtbot.waitUntil(lambda: "must be letters of TCZYXS" in dock.media.problems.get("axes", ""))
    assert dock.media.editor("axes").property("invalid")


def test_a_click_tells_the_array_and_a_key_does_too(dock, qtbot, tmp_path):
    media = dock.media
    write_arrays(tmp_path / "brain.h5", raw=noise(60, 50), predictions=noise(60, 50, seed=1))
    assert media.editor("dataset").isHidden()
    media.editor("folder").line.setText(str(tmp_path))
    qtbot.waitUntil(lambda: not media.question.isHidden())
    assert "Which array is the image in brain.h5" in media.question.label.text()
    assert not media.editor("dataset").isHidden()
    by_label = {button.text(): button for button in media.question.buttons}
    assert set(by_label) == {"/raw", "/predictions"}
    by_label["/raw"].setFocus()
    qtbot.keyClick(by_label["/raw"], Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: list(images_of(dock)) == ["brain.h5"])
    assert dock.recipe().media.dataset == "/raw"
    assert media.question.isHidden()
    assert not media.editor("dataset").isHidden()  # it is set


def test_an_array_may_be_named_with_its_file(dock, qtbot, tmp_path):
    write_arrays(tmp_path / "brain.h5", raw=noise(60, 50), predictions=noise(20, 30, seed=1))
    dock.media.editor("folder").line.clear()
    qtbot.keyClicks(dock.media.editor("folder").line, f"{tmp_path / 'brain.h5'}#/predictions")
    qtbot.waitUntil(lambda: [image.shape for image in images_of(dock).values()] == [(20, 30)])


def following(widget, count):
    """Return what Tab leads to, one after the other; frames and labels take no focus."""
    found = []
    while len(found) < count:
        widget = widget.nextInFocusChain()
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.isHidden():
            found.append(widget)
    return found


def test_tab_leads_from_the_table_to_the_answers_and_on(dock, qtbot, stacks):
    media = dock.media
    media.editor("folder").line.setText(str(stacks))
    qtbot.waitUntil(lambda: not media.question.isHidden())
    assert following(media.table, 4) == [*media.question.buttons, media.sample_button]


def test_tab_leads_from_colour_to_colour(dock, qtbot):
    editor = dock.media.editor("colours")
    editor.set_value(["red", "green", "blue"])
    chain = following(editor.check, 8)
    places = [chain.index(field) for field in editor.fields]
    assert places == sorted(places)
    assert dock.media.editor("z") not in chain[: places[-1]]
