"""Boxes and polygons of overlapping tiles, joined into those of an image."""
