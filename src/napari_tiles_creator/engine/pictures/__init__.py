"""Pictures for people: thumbnails, the sample mosaic, the cutting pattern."""
