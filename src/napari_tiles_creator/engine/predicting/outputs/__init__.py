"""What is written of a prediction beside the tiles."""
