"""`station records`, `explain`, `verify`: the genealogy record, one number of it, and whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json
from station.errors import InputError


def records(
    after: Annotated[
        str | None, typer.Option("--after", metavar="CURSOR", help="Only records after this cursor.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
    as_json: Json = False,
) -> int:
    """The genealogy record, in the order of commit."""
    from station.app import has_record, open_record
    from station.tables.basics import print_json
    from station.tables.records import print_records

    if after is None and not has_record():
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


def verify(
    path: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A bundle, or a STATION_HOME (default: this one).")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="FILE|FINGERPRINT", help="The station's public key, noted elsewhere (repeatable)."
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="A checkpoint kept elsewhere: the record begins as it says (repeatable).",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Check chain, hashes and signatures offline, of a bundle or of a whole record: it is what was committed."""
    from station.app import database_url
    from station.genealogy.home import StationHome, default_home
    from station.genealogy.proof.bundle_check import check_bundle
    from station.genealogy.proof.checkpoints import kept_checkpoint
    from station.genealogy.proof.keys import known_fingerprint
    from station.genealogy.verify import verify_home
    from station.tables.basics import print_json
    from station.tables.progress import Bar
    from station.tables.proofs import print_bundle_report, print_report

    known = [known_fingerprint(text) for text in key or ()]
    kept = [kept_checkpoint(file) for file in checkpoint or ()]
    if path is not None and path.is_file():
        with Bar("Verifying", quiet=as_json) as bar:
            found = check_bundle(path, known_keys=known, kept=kept, progress=bar.update)
        if as_json:
            print_json(found.to_document())
        else:
            print_bundle_report(found, path)
        return 0 if found.is_intact else 1
    home = StationHome(path) if path is not None else default_home()
    url = database_url() if path is None else None
    if url is None and not home.database.is_file():
        raise InputError("there is no record here (no station.db)", place=str(home.path))
    with Bar("Verifying", quiet=as_json) as bar:
        report = verify_home(home, progress=bar.update, url=url, known_keys=known, kept=kept)
    if as_json:
        print_json(report.to_document())
    else:
        print_report(report, home.path)
    return 0 if report.is_intact else 1
