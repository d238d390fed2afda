"""Share of one mask that another covers: whole, by tile, as a picture."""
