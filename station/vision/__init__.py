"""Pixels: find the part, probe its edges, compare its silhouette. Pure."""
