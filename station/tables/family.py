"""The genealogy of an order as a tree on a terminal."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from station.genealogy.events import Event
from station.genealogy.family import OrderFamily, PartFamily
from station.genealogy.standing import Attempt
from station.tables.basics import console, verdict_text

_LEFT_OUT = ("order_id", "serial", "by")


def print_family(family: OrderFamily) -> None:
    """Parts with everything that belongs to them."""
    tree = Tree(Text(family.order_id, style="bold"))
    for event in family.received:
        tree.add(_line("received", event))
    for part in family.parts:
        _add(tree, part)
    console().print(tree)


def _add(tree: Tree, family: PartFamily) -> None:
    head = Text.assemble(("part ", "dim"), (family.part.serial, "bold"), (f"  of {family.part.order_id}  ", "dim"))
    stands = "no inspection stands" if family.attempts else "not inspected"
    branch = tree.add(head + (verdict_text(family.verdict) if family.verdict else Text(stands, "dim")))
    for name, events in (
        ("material", family.materials),
        ("step before", family.operations),
        ("built into", family.built_into),
    ):
        for event in events:
            branch.add(_line(name, event, corrected=event.id in family.corrected))
    for attempt in family.attempts:
        _add_attempt(branch, attempt)
    for component in family.components:
        _add(branch, component)


def _add_attempt(tree: Tree, attempt: Attempt) -> None:
    record = attempt.record
    line = Text.assemble((f"attempt {record.attempt}  ", "dim"), verdict_text(record.verdict), f"  {record.committed}")
    line.append(f"  {record.id}", "dim")
    line.append("" if attempt.stands else "  does not stand", "dim")
    branch = tree.add(line)
    if attempt.withdrawn is not None:
        branch.add(_line("withdrawn", attempt.withdrawn))
    for event in attempt.dispositions:
        branch.add(_line("decided", event))


def _line(name: str, event: Event, *, corrected: bool = False) -> Text:
    said = ", ".join(f"{value}" for key, value in event.payload.items() if key not in _LEFT_OUT and value)
    line = Text.assemble((f"{name}  ", "dim"), (said, "strike" if corrected else ""))
    return line.append(f"  {event.payload.get('by', '')}, {event.at}", "dim").append("  corrected" if corrected else "")
