"""What is attached to the station, for people and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from station.devices.found import Found
from station.tables.basics import console, table


def found_document(found: Sequence[Found]) -> dict[str, Any]:
    """`{"found": [{"kind", "driver", "where", "words"}]}`."""
    return {"found": [{"kind": f.kind, "driver": f.driver, "where": f.where, "words": f.words} for f in found]}


def checks_document(checks: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    """`{"devices": [{"kind", "says", "well"}]}`."""
    return {"devices": [{"kind": kind, "says": says, "well": well} for kind, says, well in checks]}


def print_found(found: Sequence[Found]) -> None:
    """A row for each; what to do where there is none."""
    if not found:
        console().print("Nothing is attached that this station knows.")
    console().print("Pins (GPIO) and what hangs on a network cannot be searched: name them in a rig's file.")
    if not found:
        return
    rows = table("device", "driver", "where", "what it is")
    for one in found:
        rows.add_row(one.kind, one.driver, one.where, one.words)
    console().print(rows)


def print_checks(checks: Sequence[tuple[str, str, bool]]) -> None:
    """A row for each device."""
    rows = table("device", "well", "what it says")
    for kind, says, well in checks:
        rows.add_row(kind, "yes" if well else "NO", says)
    console().print(rows)
