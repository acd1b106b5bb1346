"""What is attached to the station: protocols of a few methods, and one driver per real device."""
