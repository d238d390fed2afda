"""What is drawn on the images, cut with their tiles."""
