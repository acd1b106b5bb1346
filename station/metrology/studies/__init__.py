"""Capability studies of the instrument: arrays in, frozen dataclasses out; no files, no plots."""
