"""What happens to pixels on their way into a tile: read, rescale, measure, normalize, cut."""
