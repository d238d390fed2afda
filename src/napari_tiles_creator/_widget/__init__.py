"""The dock in napari: the only place that knows Qt and napari."""
