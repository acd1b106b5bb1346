"""Defects of surfaces: local contrast, a learned score for every pixel, findings with outlines and sizes. Pure."""
