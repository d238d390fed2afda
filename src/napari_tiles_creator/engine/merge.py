"""Put the tiles of an export, or results named like them, back into one file a source."""
