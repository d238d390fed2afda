"""Which images, or which bands of them, are for training, validation and test."""
