"""Encode one tile as the bytes of one file: one file per format behind one small protocol."""
