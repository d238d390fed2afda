"""Models run on the tiles of a dataset."""
