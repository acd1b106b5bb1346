"""`station import`: plans of other systems as orders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json


def import_qif(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan (QIF 3.0).")],
    serial: Annotated[str, typer.Option("--serial", metavar="SERIAL", help="Serial of the part.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the order goes (a new file).")],
    order_id: Annotated[
        str, typer.Option("--order-id", metavar="ID", help="Id of the order (default: the plan's).")
    ] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="The plan's features are the whole silhouette of the part.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Make an order of a QIF plan; what of the plan is not in the order is named, each with its reason."""
    from station.app.importing import import_plan_file
    from station.tables.basics import print_json
    from station.tables.plans import plan_document, print_imported

    imported = import_plan_file(plan, out, serial=serial, order_id=order_id, whole=whole)
    if as_json:
        print_json(plan_document(imported, out))
    else:
        print_imported(imported, out)
    if imported.order is None:
        print(f"station: {plan}: nothing of this plan can be ordered here, so no order was written", file=sys.stderr)
        return 2
    return 1 if imported.not_taken else 0
