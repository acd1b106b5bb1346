"""Tests of station.order."""
