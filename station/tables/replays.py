"""Stored inspections measured again: what changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from station.cycle.replay import Change, Figures, Replayed
from station.metrology.rounding import with_uncertainty
from station.tables.basics import LONGEST_TEXT, UNITS, console, table, verdict_text
from station.visible import visible


def replays_document(found: Sequence[Replayed], left_out: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What `scripts/recheck.py --json` prints; `left_out` are ids with the reason."""
    return {
        "rechecked": len(found),
        "parts_changed": sum(one.before != one.after for one in found),
        "verdicts_changed": sum(_verdicts(one) for one in found),
        "inspections": [
            {
                "id": one.id,
                "order_id": one.order_id,
                "serial": one.serial,
                "verdict": {"before": one.before, "after": one.after},
                "reason": one.reason,
                "software": {"before": one.software[0], "after": one.software[1]},
                "calibration": {"before": one.calibrations[0], "after": one.calibrations[1]},
                "exact": one.exact,
                "changes": [_change(change) for change in one.changes if change.any],
            }
            for one in found
        ],
        "left_out": [{"id": identifier, "reason": sentence} for identifier, sentence in left_out],
    }


def print_replays(found: Sequence[Replayed], left_out: Sequence[tuple[str, str]], *, only_verdicts: bool) -> None:
    """Every value, U or verdict that changes, and a summary."""
    out, rows = console(), table("Record", "Serial", "", "Characteristic", "Before", "After", "Verdict before", "After")
    shown = 0
    for one in found:
        changes = [c for c in one.changes if c.any and not (only_verdicts and c.before.verdict == c.after.verdict)]
        if one.before != one.after:
            rows.add_row(one.id, one.serial, "", "the part", "", "", verdict_text(one.before), verdict_text(one.after))
        for c in changes:
            of = (one.id, one.serial, c.id, c.type)
            rows.add_row(
                *of,
                _text(c, c.before),
                _text(c, c.after),
                verdict_text(c.before.verdict),
                verdict_text(c.after.verdict),
            )
        shown += len(changes) + (one.before != one.after)
    if shown:
        out.print(rows)
    for identifier, sentence in left_out:
        out.print(Text(f"! {sentence}" if identifier in sentence else f"! {identifier}: {sentence}", "yellow"))
    exact = sum(one.exact for one in found)
    parts, verdicts = sum(one.before != one.after for one in found), sum(_verdicts(one) for one in found)
    summary = f"{len(found)} inspections measured again: {exact} exactly as recorded, "
    changed = parts or verdicts
    summary += f"verdicts of {parts} parts and {verdicts} characteristics changed" if changed else "no verdict changed"
    if left_out:
        summary += f"; {len(left_out)} left out"
    out.print(Text(f"{summary}. Nothing was recorded.", "bold red" if changed else "green"))
    for sentence in dict.fromkeys(one.why for one in found if not one.exact):
        out.print(Text(f"They differ {sentence}.", "dim"))


def _verdicts(one: Replayed) -> int:
    return sum(change.before.verdict != change.after.verdict for change in one.changes)


def _text(change: Change, figures: Figures) -> str:
    """A value with U."""
    if not isinstance(figures.value, int | float):
        return visible(figures.value or "–", LONGEST_TEXT)
    return f"{with_uncertainty(figures.value, figures.expanded or 0.0)} {UNITS.get(change.unit, change.unit)}".strip()


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "type": change.type,
        "unit": change.unit,
        "before": _figures(change.before),
        "after": _figures(change.after),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {"verdict": figures.verdict, "value": figures.value, "expanded_uncertainty": figures.expanded}
