"""Picture formats without random access: PNG, JPEG, JPEG 2000, WebP, BMP."""
