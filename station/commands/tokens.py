"""`station token`: who may ask the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from station.commands.options import Json

app = typer.Typer(help="Tokens of the HTTP API: who may ask, and for what.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it; stands in the record.")],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="operator, quality, mes or customer.")],
    order: Annotated[
        str | None, typer.Option("--order", metavar="ID", help="The one order that a customer may see.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", metavar="N", help="Valid so long (default: for good).")] = None,
    as_json: Json = False,
) -> int:
    """Make a token and print it, this once: only its hash is kept."""
    from station.app import now, open_record, operator_name
    from station.mes.tokens import make_token
    from station.tables.basics import print_json

    with open_record() as genealogy:
        token, secret = make_token(genealogy, name, role, by=operator_name(), at=now(), order_id=order, days=days)
    if as_json:
        print_json({**asdict(token), "token": secret})
    else:
        print(secret)
    return 0


@app.command("list")
def list_command(as_json: Json = False) -> int:
    """All tokens there ever were; never their secrets."""
    from station.app import now, open_record
    from station.mes.tokens import list_tokens
    from station.tables.basics import print_json
    from station.tables.tokens import print_tokens

    with open_record(read_only=True) as genealogy:
        found = [{**asdict(token), "state": token.state(now())} for token in list_tokens(genealogy)]
    if as_json:
        print_json({"tokens": found})
    else:
        print_tokens(found)
    return 0


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, from 'station token list'.")],
    as_json: Json = False,
) -> int:
    """Take a token back, at once and for good."""
    from station.app import now, open_record, operator_name
    from station.mes.tokens import revoke_token
    from station.tables.basics import print_json

    with open_record() as genealogy:
        token = revoke_token(genealogy, id, by=operator_name(), at=now())
    if as_json:
        print_json(asdict(token))
    else:
        print(f"The token {token.id} ({token.name}) counts no more.")
    return 0
