"""`station plant`: the records of many stations in one PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json

app = typer.Typer(help="A plant: the records of many stations in one PostgreSQL database.", no_args_is_help=True)
Database = Annotated[
    str,
    typer.Option(
        "--database", metavar="URL", envvar="STATION_PLANT_DATABASE", help="PostgreSQL: postgresql://user@host/name."
    ),
]
Home = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help="The plant's folder, with plant.toml if there is one.")
]


@app.command()
def run(
    database: Database,
    nats: Annotated[
        str | None,
        typer.Option("--nats", metavar="URL", help="The NATS server (default: plant.toml, else this machine's)."),
    ] = None,
    home: Home = None,
    host: Annotated[str, typer.Option("--host", help="Address of the API.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of the API.")] = 8090,
) -> int:
    """Collect what the stations send, and serve the API over all of them, until it is stopped."""
    import logging
    import signal
    import threading

    from station.app.plant import plant_home, read_plant, run_plant
    from station.background import set_by_signals, share_one_heap
    from station.notify import Notifier

    share_one_heap()
    stop = threading.Event()
    set_by_signals(stop, signal.SIGINT, signal.SIGTERM)
    logging.basicConfig(level=logging.WARNING, format="station: %(message)s")
    folder = plant_home(home)
    run_plant(folder, read_plant(folder, nats), database, host, port, stop, Notifier.from_environment())
    return 0


@app.command()
def status(database: Database, home: Home = None, as_json: Json = False) -> int:
    """Every station: how far its record is here, when it was heard last, and what is wrong."""
    from dataclasses import asdict

    from station.app.plant import plant_home
    from station.plant.database import PlantDatabase
    from station.plant.status import plant_status
    from station.tables.basics import print_json
    from station.tables.plant import print_status

    with PlantDatabase.open(plant_home(home), database) as opened:
        stations, entries = plant_status(opened)
    document = {"entries": entries, "stations": [asdict(one) for one in stations]}
    if as_json:
        print_json(document)
    else:
        print_status(document)
    return 1 if any(one.trouble for one in stations) else 0


@app.command()
def verify(database: Database, home: Home = None, as_json: Json = False) -> int:
    """Check every station's chain as `station verify` does, and that the plant's feed agrees with them."""
    from station.app.plant import plant_home
    from station.plant.database import PlantDatabase
    from station.plant.verify import verify_plant
    from station.tables.basics import print_json
    from station.tables.plant import print_verified
    from station.tables.progress import Bar

    with PlantDatabase.open(plant_home(home), database) as opened, Bar("Verifying", quiet=as_json) as bar:
        report = verify_plant(opened, lambda _station, done, total: bar.update(done, total))
    if as_json:
        print_json(report.to_document())
    else:
        print_verified(report.to_document())
    return 0 if report.is_intact else 1


@app.command()
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses it; stands in the plant's own record.")],
    database: Database,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="operator, quality, mes or customer.")],
    order: Annotated[
        str | None, typer.Option("--order", metavar="ID", help="The one order that a customer may see.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", metavar="N", help="Valid so long (default: for good).")] = None,
    home: Home = None,
) -> int:
    """Make a token for the plant's API and print it, this once."""
    from station.app import now, operator_name
    from station.app.plant import plant_home
    from station.mes.tokens import make_token
    from station.plant.database import PlantDatabase

    with PlantDatabase.open(plant_home(home), database) as opened:
        _, secret = make_token(opened.own, name, role, by=operator_name(), at=now(), order_id=order, days=days)
    print(secret)
    return 0
