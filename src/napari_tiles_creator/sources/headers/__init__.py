"""What headers say, and whether it is believed: axes, pixel sizes, claims, and which of several images is meant."""
