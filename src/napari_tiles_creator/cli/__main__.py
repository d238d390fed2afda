"""``python -m napari_tiles_creator.cli``: the same as ``tiles-creator``."""

from napari_tiles_creator.cli import main

main()
