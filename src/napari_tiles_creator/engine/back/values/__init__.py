"""Values of overlapping tiles, blended into one plane."""
