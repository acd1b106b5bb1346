"""The wiring of a rig: pins as data, sheets as SVG."""
