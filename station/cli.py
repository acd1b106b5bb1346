"""`station`: one program, plain sub-commands.

Exit status: 0 everything asked for was done and every verdict is PASS; 1 done, but some verdict is not PASS; 2 bad
input or usage, one sentence on standard error. Heavy imports happen inside the commands, so that help is instant.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from station.background import set_by_signals, share_one_heap
from station.commands import calibrations, export, keeping, parts, plans, plant, record, tokens
from station.commands.options import Json
from station.errors import InputError, StationError
from station.notify import Notifier

VIEWS = ("backlight", "front", "ring", "dark")
app = typer.Typer(
    name="station",
    help="Edge quality-inspection station: measures each unique part against its own order.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
CalibrationFile = Annotated[
    Path | None, typer.Option("--calibration", metavar="FILE", help="Calibration to use instead of the accepted one.")
]


@app.command()
def inspect(
    order: Annotated[Path, typer.Argument(metavar="ORDER", help="The order (order/1 JSON).")],
    image: Annotated[
        list[str], typer.Option("--image", metavar="VIEW=FILE", help="A picture: backlight=, front=, ring= or dark=.")
    ],
    calibration: CalibrationFile = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", metavar="C", help="Part temperature in °C.")
    ] = None,
    operator: Annotated[str | None, typer.Option("--operator", metavar="NAME", help="Who inspects.")] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", metavar="FILE", help="Also write the overlay PNG.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Inspect a part from pictures: no rig. Commits the record, then prints the verdict."""
    from station.app import check_writable, inspect_files
    from station.tables.basics import print_json
    from station.tables.inspections import print_inspection
    from station.tables.progress import working

    if temperature is not None and not -40.0 <= temperature <= 150.0:
        raise InputError(f"{temperature:g} °C is no temperature to measure at", place="--temperature")
    if overlay is not None:
        check_writable(overlay)
    with working("Measuring …", quiet=as_json):
        inspection, drawn = inspect_files(
            order,
            [_view(text) for text in image],
            calibration,
            temperature_c=temperature,
            operator=operator,
            warn=_warn,
        )
    document = inspection.to_document()
    if overlay is not None:
        if drawn is None:
            print("station: there is no overlay to write", file=sys.stderr)
        else:
            _write(overlay, drawn)
    if as_json:
        print_json(document)
    else:
        print_inspection(document)
    return 0 if document["verdict"] == "PASS" else 1


@app.command("order")
def order_command(
    order: Annotated[Path, typer.Argument(metavar="ORDER", help="The order (order/1 JSON).")],
    as_json: Json = False,
) -> int:
    """Check an order and say in plain words what it asks for; no calibration is needed."""
    from station.order.explain import explain_order
    from station.order.read import read_order
    from station.tables.basics import print_json
    from station.tables.orders import order_document, print_order

    asked = read_order(order)
    document = order_document(asked, explain_order(asked))
    if as_json:
        print_json(document)
    else:
        print_order(document)
    return 0


@app.command()
def plan(
    order: Annotated[Path, typer.Argument(metavar="ORDER", help="The order (order/1 JSON).")],
    calibration: CalibrationFile = None,
    as_json: Json = False,
) -> int:
    """What will be measured, with which predicted U; names what this station cannot decide, before the part exists."""
    from station.app import plan_order
    from station.tables.basics import print_json
    from station.tables.orders import plan_document, print_plan

    document = plan_document(*plan_order(order, calibration, _warn))
    if as_json:
        print_json(document)
    else:
        print_plan(document)
    return 0 if document["decidable"] else 1


@app.command()
def run(
    rig: Annotated[
        Path | None, typer.Option("--rig", metavar="FILE", help="The rig's facts (default: the twin).")
    ] = None,
    orders: Annotated[
        Path | None, typer.Option("--orders", metavar="DIR", help="Folder of orders (default: the demo set).")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Run the orders to the end, print a table and exit.")] = False,
    host: Annotated[str, typer.Option("--host", help="Address of the pages.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of the pages.")] = 8080,
    pace: Annotated[float, typer.Option("--pace", metavar="S", help="Seconds each result is shown.")] = 4.0,
    as_json: Json = False,
) -> int:
    """Run the cell (default rig: the twin) and serve its live page."""
    share_one_heap()
    notifier = Notifier.from_environment()
    notifier.progress("starts")  # what is imported now may take long from a slow card
    from station.app import DEFAULT_RIG, Running, compiling_told, read_services, run_rig, run_twin
    from station.cycle.fault import Acknowledgement, Way
    from station.cycle.stopwatch import budget
    from station.devices.rig_file import is_twin
    from station.genealogy.inspection import Inspection
    from station.tables.basics import print_json
    from station.tables.records import RunTable

    stop, acknowledged = threading.Event(), Acknowledgement()
    set_by_signals(stop, signal.SIGINT, signal.SIGTERM)
    signal.signal(signal.SIGUSR1, lambda *_: acknowledged.give(Way.SIGNAL))
    cycles: list[dict[str, float]] = []
    inspections: list[Inspection] = []
    table = RunTable(quiet=as_json)

    def done(inspection: Inspection) -> None:
        if once or as_json:
            inspections.append(inspection)
        table.add(inspection)

    def timed(seconds: dict[str, float]) -> None:
        if once:  # a run of months has the record, and keeps nothing besides
            cycles.append(seconds)

    chosen = rig or DEFAULT_RIG
    how = Running(
        once, None if once else (host, port), 0.0 if once else pace, table.say, done, stop, acknowledged, timed,
        notifier, read_services(),
    )  # fmt: skip
    with compiling_told(notifier):
        (run_twin if is_twin(chosen) else run_rig)(chosen, orders, how)
    if as_json:
        print_json({"inspections": [i.to_document() for i in inspections]})
    elif once:
        table.summary(inspections)
        table.budget(budget(cycles))
    if not once:
        return 0  # it was told to stop, and did
    return 0 if inspections and all(i.verdict == "PASS" for i in inspections) else 1


@app.command()
def devices(
    rig: Annotated[
        Path | None, typer.Option("--rig", metavar="FILE", help="Open and test the devices of this rig.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Find what is attached, or open and test every device of a rig; nothing is moved or lit."""
    from station.app import check_devices, find_devices
    from station.tables.basics import print_json
    from station.tables.devices import checks_document, found_document, print_checks, print_found

    if rig is None:
        found = find_devices()
        if as_json:
            print_json(found_document(found))
        else:
            print_found(found)
        return 0
    checks = check_devices(rig)
    if as_json:
        print_json(checks_document(checks))
    else:
        print_checks(checks)
    return 0 if all(well for _, _, well in checks) else 1


app.command()(record.records)
app.command()(record.explain)
app.command()(record.verify)
app.command()(export.export)
app.command()(export.checkpoint)
app.command()(export.key)
app.command()(parts.genealogy)
app.command()(parts.dispose)
app.command()(parts.withdraw)
app.command()(parts.correct)
app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(keeping.retention)
app.command()(calibrations.accept)
app.command()(calibrations.calibrations)
app.command()(calibrations.rollback)
app.add_typer(tokens.app, name="token")
app.command("import")(plans.import_qif)
app.add_typer(plant.app, name="plant")


@app.command()
def schema() -> int:
    """The JSON Schema of orders (order/1)."""
    from station.order.schema import order_schema
    from station.tables.basics import print_json

    print_json(order_schema())
    return 0


def _view(text: str) -> tuple[str, Path]:
    view, sign, name = text.partition("=")
    if not sign or view not in VIEWS or not name:
        raise InputError(f"{text!r} is not VIEW=FILE with a view of {', '.join(VIEWS)}", place="--image")
    return view, Path(name)


def _warn(sentence: str) -> None:
    """What people should know and programs need not."""
    print(f"station: {sentence}", file=sys.stderr)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error


def main() -> None:
    """The console script."""
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as done:
        status = done.exit_code
    except typer.Abort:
        status = 2
    except typer.TyperException as error:
        # A bad option, an unknown command: typer's own sentence, without its box. No command at all is its help.
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        print(message if "\n" in message else f"station: {message}", file=sys.stderr)
        status = 2
    except StationError as error:
        print(f"station: {error}", file=sys.stderr)
        status = 2
    except BrokenPipeError:
        status = _unread()
    except OSError as error:
        print(f"station: the result could not be printed ({error.strerror}); the record has it", file=sys.stderr)
        status = _unread(2)
    sys.exit(status if isinstance(status, int) else 0)


def _unread(status: int = 1) -> int:
    """Standard output takes no more: keep Python from saying so once again while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


if __name__ == "__main__":
    main()
