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

from station.errors import InputError, StationError

VIEWS = ("backlight", "front", "ring", "dark")
app = typer.Typer(
    name="station",
    help="Edge quality-inspection station: measures each unique part against its own order.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
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
    from station.app import DEFAULT_RIG, Running, run_rig, run_twin
    from station.cycle.fault import Acknowledgement, Way
    from station.cycle.stopwatch import budget
    from station.devices.rig_file import is_twin
    from station.genealogy.inspection import Inspection
    from station.tables.basics import print_json
    from station.tables.records import RunTable

    stop, acknowledged = threading.Event(), Acknowledgement()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: acknowledged.give(Way.SIGNAL))
    cycles: list[dict[str, float]] = []
    inspections: list[Inspection] = []
    table = RunTable(quiet=as_json)

    def done(inspection: Inspection) -> None:
        inspections.append(inspection)
        table.add(inspection)

    chosen = rig or DEFAULT_RIG
    how = Running(
        once, None if once else (host, port), 0.0 if once else pace, table.say, done, stop, acknowledged, cycles.append
    )
    (run_twin if is_twin(chosen) else run_rig)(chosen, orders, how)
    if as_json:
        print_json({"inspections": [i.to_document() for i in inspections]})
    elif once:
        table.close()
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


@app.command()
def records(
    after: Annotated[
        str | None, typer.Option("--after", metavar="CURSOR", help="Only records after this cursor.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
    as_json: Json = False,
) -> int:
    """The genealogy record, in the order of commit."""
    from station.app import open_record
    from station.genealogy.home import default_home
    from station.tables.basics import print_json
    from station.tables.records import print_records

    if after is None and not default_home().database.exists():
        # Nothing was ever inspected here: an empty page, and no record made by looking.
        document = {"records": [], "next": 0}
        if as_json:
            print_json(document)
        else:
            print("There are no records yet.")
        return 0
    with open_record(read_only=True) as genealogy:
        document = genealogy.records(after, limit).to_document()
    if as_json:
        print_json(document)
    else:
        print_records(document)
    return 0


@app.command()
def explain(
    inspection: Annotated[str, typer.Argument(metavar="ID", help="The inspection's id.")],
    characteristic: Annotated[str, typer.Argument(metavar="CHARACTERISTIC", help="The characteristic's id.")],
    check: Annotated[
        bool, typer.Option("--check", help="Measure the stored pictures again and check the budget by Monte Carlo.")
    ] = False,
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=1000, max=10_000_000, metavar="N", help="At most so many (default: by digits)."),
    ] = None,
    as_json: Json = False,
) -> int:
    """The uncertainty budget and the decision of one characteristic; with --check also a Monte Carlo (JCGM 101)."""
    from station.app import check_stored_budget, stored_characteristic
    from station.tables.basics import print_json
    from station.tables.budget_checks import check_document, print_check
    from station.tables.inspections import print_explanation
    from station.tables.progress import Bar

    if trials is not None and not check:
        raise InputError("trials are those of a Monte Carlo: say --check as well", place="--trials")
    document, row = stored_characteristic(inspection, characteristic)
    checked = None
    if check:
        with Bar("Drawing", quiet=as_json) as bar:
            checked = check_stored_budget(inspection, characteristic, trials, bar.update)
    if as_json:
        print_json(row if checked is None else {**row, **check_document(row, *checked)})
        return 0
    print_explanation(document, row)
    if checked is not None:
        print_check(row, *checked)
    return 0


@app.command()
def verify(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="A STATION_HOME (default: this one).")] = None,
    as_json: Json = False,
) -> int:
    """Check chain and hashes of a whole record offline: what is stored is what was committed."""
    from station.genealogy.home import StationHome, default_home
    from station.genealogy.verify import verify_home
    from station.tables.basics import print_json
    from station.tables.progress import Bar
    from station.tables.records import print_report

    home = StationHome(path) if path is not None else default_home()
    if not home.database.is_file():
        raise InputError("there is no record here (no station.db)", place=str(home.path))
    with Bar("Verifying", quiet=as_json) as bar:
        report = verify_home(home, progress=bar.update)
    if as_json:
        print_json(report.to_document())
    else:
        print_report(report, home.path)
    return 0 if report.is_intact else 1


@app.command("accept")
def accept_command(
    calibration: Annotated[Path, typer.Argument(metavar="CALIBRATION", help="The calibration file.")],
    camera: Annotated[str, typer.Option("--camera", help="Whose calibration this is.")] = "main",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who accepts it.")] = None,
    remark: Annotated[str, typer.Option("--remark", help="Why.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Accept it in spite of what is odd about it.")] = False,
    as_json: Json = False,
) -> int:
    """Accept a calibration, after showing what it changes: inspections without --calibration use it from now on."""
    from station.app import accept_calibration, operator_name, propose_calibration
    from station.tables.basics import print_json
    from station.tables.calibration_life import print_proposal, proposal_document

    proposal = propose_calibration(calibration, camera=camera)
    asked = bool(proposal.doubts) and not yes
    if asked and (as_json or not sys.stdin.isatty()):
        raise InputError(
            f"this calibration is odd, nothing was accepted: {'; '.join(proposal.doubts)}. Say --yes to accept it all "
            "the same",
            place=str(calibration),
        )
    if not as_json:
        print_proposal(proposal)
    if asked and not typer.confirm("Accept it all the same?"):
        print("Nothing was accepted.")
        return 2
    accept_calibration(proposal, by=by or operator_name(), remark=remark)
    if as_json:
        print_json(proposal_document(proposal))
    else:
        made = proposal.calibration
        print(f"Accepted: {made.id}, valid until {made.valid_until:%Y-%m-%d}.")
    return 0


@app.command("calibrations")
def calibrations_command(
    camera: Annotated[str | None, typer.Option("--camera", help="Only those of this camera.")] = None,
    as_json: Json = False,
) -> int:
    """Every calibration that was put in force, newest first, how it stands now, and the shift check of each camera."""
    from station.app import calibration_history
    from station.tables.basics import print_json
    from station.tables.calibration_life import history_document, print_history

    found, checks = calibration_history(camera)
    if as_json:
        print_json(history_document(found, checks))
    else:
        print_history(found, checks)
    return 0


@app.command("rollback")
def rollback_command(
    calibration: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id, or first 8 digits of the hash (default: the previous one).")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    camera: Annotated[str, typer.Option("--camera", help="Whose calibration.")] = "main",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who goes back.")] = None,
) -> int:
    """Put an earlier accepted calibration in force again; nothing is erased."""
    from station.app import operator_name, roll_back_calibration

    if not reason.strip():
        raise InputError("a rollback needs its reason in the record", place="--reason")
    found = roll_back_calibration(calibration, camera=camera, by=by or operator_name(), reason=reason)
    print(f"In force again: {found.id}, valid until {found.valid_until:%Y-%m-%d}.")
    return 0


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
