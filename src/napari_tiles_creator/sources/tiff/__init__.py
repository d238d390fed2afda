"""TIFF in its forms."""
