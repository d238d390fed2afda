"""Pure values about where tiles lie: no pixels, no files, no settings."""
