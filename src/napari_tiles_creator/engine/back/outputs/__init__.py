"""Whole images that are written band by band: tiled BigTIFF, OME-Zarr, HDF5, PNG."""
