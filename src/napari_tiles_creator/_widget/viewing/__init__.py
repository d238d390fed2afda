"""What the dock shows in the viewer: its layers and what is drawn in them."""
