"""Files of numpy arrays."""
