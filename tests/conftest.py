"""Fixtures that all tests may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real microscopy images; tests that need it are skipped where it is not named."""
    folder = os.environ.get("TILES_TEST_DATA")
    if not folder:
        pytest.skip("TILES_TEST_DATA names no folder of real images")
    return Path(folder)
