"""From tiles back to whole images."""
