"""What is drawn on which image: the files, or layers, that belong to it."""
