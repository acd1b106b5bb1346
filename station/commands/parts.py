"""`station genealogy`, `dispose`, `withdraw`, `correct`: what belongs to a part, and what people decide about it."""

from __future__ import annotations

from typing import Annotated

import typer

from station.commands.options import Json
from station.errors import InputError

By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who (default: who is logged in).")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def genealogy(
    order: Annotated[str, typer.Argument(metavar="ORDER_ID", help="The order's id.")],
    as_json: Json = False,
) -> int:
    """The family of an order: its parts, attempts, materials, steps before ours, assemblies, decisions."""
    from station.app import open_record
    from station.genealogy.family import family_of
    from station.tables.basics import print_json
    from station.tables.family import print_family

    with open_record(read_only=True) as record:
        family = family_of(record, order)
    if as_json:
        print_json(family.to_document())
    else:
        print_family(family)
    return 0


def dispose(
    inspection: Annotated[str, typer.Argument(metavar="ID", help="The inspection after which it was decided.")],
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="use-as-is, rework, scrap, return or hold.")],
    code: Annotated[str, typer.Option("--code", help="The reason's code in your quality system.")] = "",
    remark: Annotated[str, typer.Option("--remark", help="In words.")] = "",
    by: By = None,
) -> int:
    """Record what a person decided about a part; what was measured stays as it is."""
    from station.app import now, open_record, operator_name
    from station.genealogy import parts

    try:
        chosen = parts.Decision(decision)
    except ValueError:
        raise InputError(f"{decision!r} is none of {', '.join(parts.Decision)}", place="DECISION") from None
    with open_record() as record:
        made = parts.dispose(
            record, inspection, chosen, reason_code=code, by=by or operator_name(), at=now(), remark=remark
        )
    print(f"Recorded as {made.id}.")
    return 0


def withdraw(
    inspection: Annotated[str, typer.Argument(metavar="ID", help="The inspection that does not stand.")],
    reason: Reason = "",
    by: By = None,
) -> int:
    """Record that an inspection does not stand (another part lay there, the wrong order); it is never erased."""
    from station.app import now, open_record, operator_name
    from station.genealogy import parts

    with open_record() as record:
        made = parts.withdraw(record, inspection, reason=reason, by=by or operator_name(), at=now())
    print(f"Recorded as {made.id}.")
    return 0


def correct(
    event: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The event that does not stand.")],
    reason: Reason = "",
    by: By = None,
) -> int:
    """Record that an event about a part is wrong; add the right one as another. Nothing is erased."""
    from station.app import now, open_record, operator_name
    from station.genealogy import parts

    with open_record() as record:
        made = parts.correct(record, event, reason=reason, by=by or operator_name(), at=now())
    print(f"Recorded as {made.id}.")
    return 0
