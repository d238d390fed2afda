"""What can segment a tile: thresholds, functions, and files of trained networks."""
