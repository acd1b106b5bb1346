"""Engraved text: is the expected string there? Arrays and frozen dataclasses in and out; the recogniser is a callable."""
