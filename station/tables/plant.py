"""A plant's stations, and whether their records are whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from station.tables.basics import console, table


def print_status(document: Mapping[str, Any]) -> None:
    """A line for each station."""
    out, stations = console(), document["stations"]
    if not stations:
        out.print("No station has sent anything yet.")
        return
    rows = table("Station", "Entries", "Heard last", "Waiting", "Refused", "Trouble")
    for one in stations:
        trouble = Text(f"! {one['trouble']}", "bold red") if one["trouble"] else Text("none", "dim")
        counts = (str(one["waiting"]), str(one["refused"]))
        rows.add_row(one["id"] or "(unknown)", str(one["cursor"]), one["last_seen"] or "–", *counts, trouble)
    out.print(rows)
    out.print(f"{document['entries']} entries of {sum(1 for one in stations if one['id'])} stations.")


def print_verified(document: Mapping[str, Any]) -> None:
    """What verification found."""
    out = console()
    for station, found in document["stations"].items():
        for fault in found["faults"]:
            out.print(Text(f"✗ {station}, {fault['place']}: {fault['sentence']}", "bold red"))
        counts = f"{found['inspections']} inspections, {found['events']} events, newest hash {found['head']}"
        mark, style = ("✓", "green") if found["intact"] else ("✗", "bold red")
        out.print(Text(f"{mark} {station}: {counts}", style))
    for fault in document["faults"]:
        out.print(Text(f"✗ {fault['place']}: {fault['sentence']}", "bold red"))
    if document["intact"]:
        out.print(Text(f"✓ {document['entries']} entries, each of its station's chain and once in the feed.", "green"))
    else:
        out.print(Text("✗ The plant's record is not whole.", "bold red"))
