"""Code of others: it can neither end the program nor speak for it."""

import pytest

from napari_tiles_creator.engine.predicting.models.foreign import foreign
from napari_tiles_creator.errors import CodeError, ModelError


@pytest.mark.parametrize(("code", "told"), [(None, ""), (0, "0"), ("bye", "'bye'")])
def test_it_cannot_end_the_program(code, told):
    with pytest.raises(ModelError) as caught, foreign("net failed", "mend it"):
        raise SystemExit(code)
    assert str(caught.value) == f"net failed: it asked the program to end (sys.exit({told})): mend it"


def test_what_it_prints_goes_to_standard_error(capsys):
    with foreign("net failed"):
        print("hello")
    print("result")
    assert capsys.readouterr() == ("result\n", "hello\n")


def test_errors_are_told_in_a_sentence():
    with pytest.raises(ModelError, match=r"^net failed: KeyError: 'weights'$"), foreign("net failed", typed=True):
        {}["weights"]
    for error in (CodeError("it runs code"), MemoryError(), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, foreign("net failed"):
            raise error
        assert caught.value is error
