"""What machines ask of the station: HTTP API (a later step)."""
