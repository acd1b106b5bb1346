"""Finding what belongs to a part takes as long in a large record as in a small one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from station.genealogy.events import OVERLAY
from station.genealogy.family import part_family
from station.genealogy.parts import Assembly, Decision, Material, PartKey, add_link, correct, dispose, withdraw
from station.genealogy.store import Genealogy
from tests.genealogy.builders import draft, evidence

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def inspect(genealogy: Genealogy, order_id: str, serial: str) -> str:
    return genealogy.commit(draft(order_id=order_id, serial=serial), evidence(), committed=AT).id


@contextmanager
def statements(genealogy: Genealogy) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(genealogy.engine, "before_cursor_execute", note)
    yield asked
    event.remove(genealogy.engine, "before_cursor_execute", note)


QUESTIONS: tuple[Callable[[Genealogy, str], object], ...] = (
    lambda genealogy, id: genealogy.events_about([id]),
    lambda genealogy, id: genealogy.events(subject=id),
    lambda genealogy, id: genealogy.events(OVERLAY, id, 1),
    lambda genealogy, id: genealogy.records(7, 100),
    lambda genealogy, _: part_family(genealogy, PartKey("MO-1", "1")),
    lambda genealogy, id: dispose(genealogy, id, Decision.HOLD, reason_code="X", by="anna", at=AT),
    lambda genealogy, id: withdraw(genealogy, id, reason="wrong part", by="anna", at=AT),
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_read_from_end_to_end(genealogy: Genealogy, question: Callable[[Genealogy, str], object]) -> None:
    id = inspect(genealogy, "MO-1", "1")
    with statements(genealogy) as asked:
        question(genealogy, id)
    with genealogy.engine.connect() as connection:
        for statement, parameters in asked:
            newest = statement.endswith("ORDER BY chain.cursor DESC\n LIMIT ? OFFSET ?")  # ends with the first row
            if statement.startswith("SELECT") and not newest:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                steps = [row[3] for row in plan]
                assert not [step for step in steps if step.startswith("SCAN")], steps


def test_parts_of_many_orders_may_have_the_same_serial(genealogy: Genealogy) -> None:
    id = inspect(genealogy, "MO-1", "1")
    for number in range(2, 30):
        add_link(genealogy, PartKey(f"MO-{number}", "1"), Material(f"L-{number}"), by="mes", at=AT)
    mine = [
        add_link(genealogy, PartKey("MO-1", "1"), Material("L-1"), by="mes", at=AT),
        add_link(genealogy, PartKey("MO-99", "screw"), Assembly("MO-1", "1"), by="mes", at=AT),
        dispose(genealogy, id, Decision.HOLD, reason_code="X", by="anna", at=AT),
        genealogy.add_overlay(id, b"drawn", at=AT),
    ]
    mine.append(correct(genealogy, mine[1].id, reason="the neighbour's", by="anna", at=AT))
    assert list(genealogy.events_about_part("MO-1", "1")) == mine
    assert len(genealogy.events_about(["1"])) == 32  # all of them, read and checked


def test_a_part_called_like_its_order(genealogy: Genealogy) -> None:
    made = add_link(genealogy, PartKey("X", "X"), Material("L"), by="mes", at=AT)
    about = dispose(genealogy, inspect(genealogy, "X", "X"), Decision.HOLD, reason_code="X", by="anna", at=AT)
    assert genealogy.events_about_part("X", "X") == (made, about)


def test_a_part_inspected_more_often_than_a_statement_has_variables(genealogy: Genealogy) -> None:
    """SQLite allows 32 766 of them, PostgreSQL 65 535: the family of a check part must not run into that."""
    inspect(genealogy, "MO-1", "1")
    with statements(genealogy) as few:
        part_family(genealogy, PartKey("MO-1", "1"))
    for _ in range(5):
        inspect(genealogy, "MO-1", "1")
    with statements(genealogy) as many:
        assert len(part_family(genealogy, PartKey("MO-1", "1")).attempts) == 6
    assert max(len(one[1]) for one in many) == max(len(one[1]) for one in few)
