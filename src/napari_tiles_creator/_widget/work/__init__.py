"""What the dock does off the main thread."""
