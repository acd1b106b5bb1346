"""Where a part comes from, what it went into, what was decided; nothing is changed, everything is found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from station.errors import InputError
from station.genealogy.family import PartFamily, family_of, part_family
from station.genealogy.parts import (
    Assembly,
    Decision,
    Material,
    Operation,
    PartKey,
    add_link,
    correct,
    dispose,
    withdraw,
)
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from tests.genealogy.builders import diameter, draft, evidence

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RING, WATCH = PartKey("MO-1", "RING-1"), PartKey("MO-9", "WATCH-1")


def inspect(genealogy: Genealogy, part: PartKey, verdict: str = "PASS") -> str:
    one = draft(
        order_id=part.order_id,
        serial=part.serial,
        verdict=verdict,
        characteristics=(diameter(verdict=verdict),),
    )
    return genealogy.commit(one, evidence(), committed=AT).id


def test_a_part_with_everything(genealogy: Genealogy) -> None:
    add_link(genealogy, RING, Material("L-77", "1.4310", 0.012, "kg", "Stahl AG"), by="mes", at=AT)
    add_link(genealogy, RING, Operation("20 turning", "Décolletage SA", AT, "BL 4711"), by="mes", at=AT)
    first = inspect(genealogy, RING, "FAIL")
    dispose(genealogy, first, Decision.REWORK, reason_code="BURR", by="anna", at=AT, remark="deburred")
    second = inspect(genealogy, RING)
    add_link(genealogy, RING, Assembly("MO-9", "WATCH-1", "bezel"), by="mes", at=AT)

    order = family_of(genealogy, "MO-1")
    (ring,) = order.parts
    assert [(one.record.id, one.stands) for one in ring.attempts] == [(first, False), (second, True)]
    assert ring.verdict == "PASS"
    assert ring.attempts[0].dispositions[0].payload["decision"] == "rework"
    assert ring.materials[0].payload["quantity"] == 0.012
    assert ring.operations[0].payload["done_at"] == "2026-11-23T09:00:00.000Z"
    assert ring.built_into[0].payload["parent_serial"] == "WATCH-1"

    watch = family_of(genealogy, "MO-9").parts[0]
    assert watch.part == WATCH
    assert watch.verdict is None
    assert watch.components == (ring,)
    assert verify_home(genealogy.home).is_intact


def test_a_withdrawn_inspection_does_not_stand(genealogy: Genealogy) -> None:
    first, second = inspect(genealogy, RING, "FAIL"), inspect(genealogy, RING)
    withdraw(genealogy, second, reason="another part lay there", by="anna", at=AT)
    family = part_family(genealogy, RING)
    assert [one.stands for one in family.attempts] == [True, False]
    assert family.verdict == "FAIL"
    assert genealogy.inspection(second)["verdict"] == "PASS"  # never erased
    with pytest.raises(InputError, match="was withdrawn"):
        withdraw(genealogy, second, reason="again", by="anna", at=AT)
    with pytest.raises(InputError, match="was withdrawn"):
        dispose(genealogy, second, Decision.USE_AS_IS, reason_code="X", by="anna", at=AT)
    withdraw(genealogy, first, reason="wrong order", by="anna", at=AT)
    assert part_family(genealogy, RING).verdict is None


def test_a_wrong_event_is_corrected_and_stays_visible(genealogy: Genealogy) -> None:
    wrong = add_link(genealogy, RING, Assembly("MO-9", "WATCH-2"), by="mes", at=AT)
    correct(genealogy, wrong.id, reason="scanned the neighbour", by="anna", at=AT)
    add_link(genealogy, RING, Assembly("MO-9", "WATCH-1"), by="mes", at=AT)
    family = part_family(genealogy, RING)
    shown = family.to_document()["built_into"]
    assert [(one["payload"]["parent_serial"], one["corrected_by"] is None) for one in shown] == [
        ("WATCH-2", False),
        ("WATCH-1", True),
    ]
    assert part_family(genealogy, PartKey("MO-9", "WATCH-2")).components == ()
    with pytest.raises(InputError, match="corrected before"):
        correct(genealogy, wrong.id, reason="once more", by="anna", at=AT)


def test_a_loop_of_assemblies_ends(genealogy: Genealogy) -> None:
    add_link(genealogy, RING, Assembly("MO-9", "WATCH-1"), by="mes", at=AT)
    add_link(genealogy, WATCH, Assembly("MO-1", "RING-1"), by="mes", at=AT)

    def depth(family: PartFamily) -> int:
        return 1 + max(map(depth, family.components), default=0)

    assert depth(part_family(genealogy, RING)) == 2


def test_the_same_serial_of_another_order_is_another_part(genealogy: Genealogy) -> None:
    other = PartKey("MO-2", RING.serial)
    inspect(genealogy, other, "FAIL")
    inspect(genealogy, RING)
    add_link(genealogy, other, Material("L-1"), by="mes", at=AT)
    assert part_family(genealogy, RING).materials == ()
    assert part_family(genealogy, RING).verdict == "PASS"


@pytest.mark.parametrize(
    ("link", "place"),
    [
        (Material(" "), "lot"),
        (Material("x" * 129), "lot"),
        (Material("L", "a\nb"), "material"),
        (Material("L", quantity=float("nan")), "quantity"),
        (Material("L", quantity=-0.5), "quantity"),
        (Assembly("MO-1", "RING-1"), "parent_serial"),
        (Assembly("", "W"), "parent_order_id"),
        (Operation("20", ""), "organisation"),
    ],
)
def test_what_is_refused(genealogy: Genealogy, link: Material | Assembly | Operation, place: str) -> None:
    with pytest.raises(InputError) as refused:
        add_link(genealogy, RING, link, by="mes", at=AT)
    assert refused.value.place == place
    assert genealogy.events() == ()


def test_nothing_is_known(genealogy: Genealogy) -> None:
    with pytest.raises(InputError, match="nothing about this order"):
        family_of(genealogy, "MO-404")
    with pytest.raises(InputError, match="no event with this id"):
        correct(genealogy, "nothing", reason="x", by="anna", at=AT)
    with pytest.raises(InputError, match="no inspection with this id"):
        dispose(genealogy, "nothing", Decision.HOLD, reason_code="X", by="anna", at=AT)
