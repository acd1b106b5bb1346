"""A peer of a Grbl 1.1h controller: real kinematics, real trouble; held to what a real one said, byte for byte.

`Controller` is the program in the chip, in its own time; `GrblPeer` puts it on a pseudo-terminal or a TCP port.
"""

from station.twin.grbl.controller import Controller
from station.twin.grbl.mechanics import Mechanics
from station.twin.grbl.peer import GrblPeer
from station.twin.grbl.settings import Memory

__all__ = ["Controller", "GrblPeer", "Mechanics", "Memory"]
