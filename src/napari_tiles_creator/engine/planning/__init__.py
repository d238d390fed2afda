"""From a recipe and the headers of its sources to a plan, before any pixel is read."""
