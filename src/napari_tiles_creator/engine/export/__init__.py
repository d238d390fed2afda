"""A plan carried out: events, files that are whole or absent, and the manifest that accounts for them."""
