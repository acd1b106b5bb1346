"""A cell over the twin that is made to fail: by name for the table of faults, at random and killed for endurance."""
