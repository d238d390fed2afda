"""Microscopes' own files through bioio."""
