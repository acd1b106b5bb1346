"""How Grbl writes what it says."""

from __future__ import annotations

from collections.abc import Sequence

from station.twin.grbl.settings import SYSTEMS, Memory

BANNER = "\r\nGrbl 1.1h ['$' for help]"
BUILD = ("[VER:1.1h.20190830:]", "[OPT:V,15,128]")
HELP = "[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]"

_IDLE_OFFSET, _IDLE_OVERRIDES, _BUSY_OFFSET, _BUSY_OVERRIDES = 10, 10, 30, 20  # reports between two with that field


def millimetres(position: Sequence[float]) -> str:
    """Three decimals each, never -0.000."""
    texts = (f"{one:.3f}" for one in position)
    return ",".join("0.000" if one == "-0.000" else one for one in texts)


def parameters(memory: Memory, shift: Sequence[float]) -> list[str]:
    """As $# says it."""
    lines = [f"[{name}:{millimetres(memory.systems[name])}]" for name in SYSTEMS]
    return [*lines, f"[G92:{millimetres(shift)}]", "[TLO:0.000]", "[PRB:0.000,0.000,0.000:0]"]


class StatusFields:
    """Which report has the fields that come only now and then; anew with every reset."""

    def __init__(self) -> None:
        self._offset_in = 0
        self._overrides_in = 0

    def overrides_changed(self) -> None:
        """The next report has them."""
        self._overrides_in = 0

    def offset_changed(self) -> None:
        """The next report has it."""
        self._offset_in = 0

    def next(self, busy: bool) -> tuple[bool, bool]:
        """Whether this report has the offset (WCO), and whether it has the overrides (Ov)."""
        offset = overrides = False
        if self._offset_in > 0:
            self._offset_in -= 1
        else:
            self._offset_in = (_BUSY_OFFSET if busy else _IDLE_OFFSET) - 1
            self._overrides_in = max(self._overrides_in, 1)
            offset = True
        if self._overrides_in > 0:
            self._overrides_in -= 1
        else:
            self._overrides_in = (_BUSY_OVERRIDES if busy else _IDLE_OVERRIDES) - 1
            overrides = True
        return offset, overrides
