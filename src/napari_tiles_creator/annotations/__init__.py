"""What is drawn on an image: label images, boxes, polygons."""
