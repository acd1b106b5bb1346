"""Marks: codes, texts and surfaces, found in the pictures by the part's pose, and decided."""
