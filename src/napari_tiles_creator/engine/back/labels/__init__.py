"""Instance labels of overlapping tiles, stitched into one plane: one id for one object."""
