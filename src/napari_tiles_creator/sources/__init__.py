"""Read pixels: one file per format behind one small protocol; headers first, pixels by rectangle."""
