"""Sources into formats that are read by rectangle: tiled BigTIFF with pyramid, OME-Zarr, run lengths."""
