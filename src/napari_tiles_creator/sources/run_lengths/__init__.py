"""Masks stored as run lengths."""
