"""Millimetres: calibration, characteristics, uncertainty, decision. Pure."""
