"""The genealogy record: its pages, its verification, and the line of a running cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from station.cycle.stopwatch import PhaseTime
from station.genealogy.inspection import CharacteristicRecord, Inspection
from station.metrology.decision import SEVERITY, Verdict
from station.tables.basics import SYMBOLS, console, table, verdict_text


def print_records(document: Mapping[str, Any]) -> None:
    """A page of the record."""
    rows = table("Cursor", "Committed", "Order", "Serial", "Attempt", "Verdict", "Record")
    for r in document["records"]:
        row = (str(r["cursor"]), r["committed"], r["order_id"], r["serial"], str(r["attempt"]))
        rows.add_row(*row, verdict_text(r["verdict"]), r["id"])
    console().print(rows)


class RunTable:
    """A run's results: a line as each part is done, a summary at the end."""

    def __init__(self, *, quiet: bool) -> None:
        self._out = Console(stderr=True, highlight=False) if quiet else console()
        self._quiet = quiet

    def say(self, sentence: str) -> None:
        """One sentence for the person who started it."""
        self._out.print(Text(sentence, "dim"))

    def add(self, inspection: Inspection) -> None:
        """A part is done and its record committed."""
        if not self._quiet:
            self._out.print(
                verdict_text(inspection.verdict), Text(f" {inspection.serial}  {inspection.reason}"), soft_wrap=False
            )

    def summary(self, inspections: Sequence[Inspection]) -> None:
        """The table of all parts."""
        rows = table("Order", "Serial", "Characteristics", "Worst", "Verdict")
        for i in inspections:
            rows.add_row(i.order_id, i.serial, str(len(i.characteristics)), _worst(i), verdict_text(i.verdict))
        self._out.print(rows)
        counts = {v: sum(1 for i in inspections if i.verdict == v) for v in SYMBOLS}
        self._out.print(f"{len(inspections)} parts: " + ", ".join(f"{n} {v}" for v, n in counts.items() if n))

    def budget(self, phases: Sequence[PhaseTime]) -> None:
        """Where the time of the cycles went."""
        if self._quiet or not phases:
            return
        rows = table("Phase", "median, ms", "95 % within, ms")
        for phase in phases:
            rows.add_row(phase.phase, f"{phase.median_ms:.1f}", f"{phase.high_ms:.1f}")
        self._out.print(rows)


def _worst(inspection: Inspection) -> str:
    """The characteristic that decided a part which is no PASS: of the worst ones the first that was seen."""

    def rank(c: CharacteristicRecord) -> tuple[int, bool]:
        return SEVERITY.index(Verdict(c.verdict)), not c.measured

    worst = min(inspection.characteristics, key=rank, default=None)
    return "" if worst is None or worst.verdict == Verdict.PASS else f"{worst.id} {worst.type}"
