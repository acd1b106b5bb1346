"""Edge quality-inspection station: the order is the program."""

__version__ = "0.1.0"
