"""Zarr and OME-Zarr stores."""
