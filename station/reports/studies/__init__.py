"""Capability studies: readings in, a statement with plots out."""
