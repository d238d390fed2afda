"""What all tests share: hypothesis profiles and the folder of real images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from napari_tiles_creator.cli import main

# Fixtures that tests of one function scope share with hypothesis hold nothing that an example changes.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
settings.register_profile("ci", max_examples=60, derandomize=True, print_blob=True, **_COMMON)
settings.register_profile("thorough", max_examples=1000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def real_data() -> Path:
    """Return the folder of real images, named by the environment variable TILES_TEST_DATA."""
    folder = os.environ.get("TILES_TEST_DATA")
    if not folder:
        pytest.skip("TILES_TEST_DATA names no folder of real images")
    return Path(folder)


@pytest.fixture
def tiles_creator(capsys):
    """Run a command; return its exit code, its standard output and its standard error."""

    def command(*arguments):
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return caught.value.code, out, err

    return command
