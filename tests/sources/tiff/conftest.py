"""What the tests of TIFF share."""

import pytest

from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source


@pytest.fixture
def opened():
    """Open sources; closed at the end."""
    sources = []

    def open_file(path, **how):
        sources.append(open_source(path, Opening(**how)))
        return sources[-1]

    yield open_file
    for source in sources:
        source.close()
