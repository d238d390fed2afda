"""What napari offers in its menus and readers besides the dock."""
