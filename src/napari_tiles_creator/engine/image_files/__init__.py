"""Whole images on disk, written tile by tile with a pyramid: BigTIFF and OME-Zarr."""
