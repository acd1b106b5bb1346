"""A shift check for people: every master, every value beside its certificate, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from station.metrology.rounding import with_uncertainty
from station.tables.basics import console, table, verdict_text


def print_check(document: Mapping[str, Any], *, recorded: bool) -> None:
    """The check as in the record."""
    out = console()
    rows = table("Master", "Expected", "Is", "Characteristic", "Measured mm", "Certified mm", "E_n", "Verdict")
    for master in document["masters"]:
        because = f" ({', '.join(master['because'])})" if master["because"] else ""
        head = (f"{'✓' if master['passed'] else '✗'} {master['master']}", master["expected"] + because)
        first: tuple[Any, ...] = (*head, verdict_text(master["verdict"]))
        for c in master["characteristics"]:
            rows.add_row(*first, f"{c['id']} {c['type']}", *_sizes(c), verdict_text(c["verdict"]))
            first = ("", "", "")
    out.print(rows)
    for master in document["masters"]:
        if not master["passed"]:
            out.print(Text(master["reason"], "bold red"))
    if not recorded:
        out.print("Tried only: nothing was recorded.")
    elif document["passed"]:
        out.print(Text(f"✓ The shift check passed; it counts until {document['valid_until'][:16]}Z.", "green"))
    else:
        out.print(
            Text("✗ The station is LOCKED until a check passes or a calibration is accepted.", "bold red"),
        )


def _sizes(c: Mapping[str, Any]) -> tuple[str, str, str]:
    value, certified, e_n = c["value"], c["certified"], c["e_n"]
    return (
        "–" if value is None else with_uncertainty(value, c["expanded_uncertainty"] or 0.0),
        "–" if certified is None else with_uncertainty(certified, c["certified_expanded_uncertainty"]),
        "–" if e_n is None else f"{e_n:.2f}",
    )
