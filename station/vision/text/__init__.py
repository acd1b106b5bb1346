"""Engraved text: is the expected string there? Arrays and frozen dataclasses; the recogniser is a callable."""
