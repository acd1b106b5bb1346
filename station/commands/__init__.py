"""Commands of `station`, by what they are about; `station.cli` puts them together. Heavy imports happen inside."""
