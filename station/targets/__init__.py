"""Calibration targets and masters as exact drawings: to print, to order, and to check against."""
