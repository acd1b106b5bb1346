"""How a stored overlay is shown: pages have verdict, table and reason of their own, so only its pane with the part.

The whole picture, as it stands in the record, opens when it is touched.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

# Size of an overlay -> size of its pane, which begins in the upper left corner (`station.cycle.overlay` draws it so).
# A picture of any other size is shown whole.
_PANES = {(1600, 1000): (1056, 884)}
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Pane:
    """Sizes in pixels: of the whole picture and of its part to be shown."""

    whole: tuple[int, int]
    shown: tuple[int, int]


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a PNG; None for anything else."""
    if len(data) < 24 or data[:8] != _PNG or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def pane_of(data: bytes) -> Pane | None:
    """The pane of an overlay; None when it is to be shown whole."""
    whole = png_size(data)
    shown = _PANES.get(whole) if whole else None
    return Pane(whole, shown) if whole and shown else None
