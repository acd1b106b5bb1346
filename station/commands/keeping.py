"""`station backup`, `restore`, `retention`: what is kept of the record, and where."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json


def backup(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; an earlier one is brought up to date.")],
    keys: Annotated[
        bool, typer.Option("--keys", help="The secret keys too: whoever has them can sign as this station.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Copy the whole record, also while the station runs; the copy is a STATION_HOME that `station verify` checks."""
    from station.app import database_url
    from station.genealogy.backup import back_up
    from station.genealogy.home import default_home
    from station.tables.basics import print_json
    from station.tables.progress import Bar

    with Bar("Copying", quiet=as_json) as bar:
        made = back_up(default_home(), target, url=database_url(), keys=keys, progress=bar.update)
    if as_json:
        print_json({"folder": str(target), **asdict(made)})
    else:
        print(f"{target}: {made.entries} entries, {made.files} new files. The newest hash is {made.head}.")
    return 0


def restore(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="A backup.")],
    as_json: Json = False,
) -> int:
    """Make the record of STATION_HOME, which must have none, out of a backup; the backup is verified first."""
    from station.app import database_url, now, operator_name
    from station.genealogy.backup import restore as restore_backup
    from station.genealogy.home import default_home
    from station.tables.basics import print_json
    from station.tables.progress import Bar

    home = default_home()
    with Bar("Copying", quiet=as_json) as bar:
        made = restore_backup(source, home, url=database_url(), at=now(), by=operator_name(), progress=bar.update)
    if as_json:
        print_json({"folder": str(home.path), **asdict(made)})
    else:
        print(f"{home.path}: {made.entries} entries and {made.files} files restored; the record says so.")
    return 0


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Remove them; without it they are only counted.")] = False,
    as_json: Json = False,
) -> int:
    """Which pictures the rule in services.toml no longer keeps; the record says which went, and when."""
    from station.app import now, open_record, operator_name, read_services
    from station.genealogy.retention import thin_out
    from station.tables.basics import print_json
    from station.tables.progress import Bar

    rule = read_services().retention
    with open_record(read_only=not apply) as genealogy, Bar("Looking", quiet=as_json):
        found = thin_out(genealogy, rule, now=now(), by=operator_name(), apply=apply)
    if as_json:
        print_json({"rule": rule.sentence, "applied": apply, **asdict(found)})
        return 0
    what = f"{found.pictures} pictures of {found.inspections} inspections, {found.bytes / 1e6:.1f} MB"
    print(f"Rule: {rule.sentence}.\n{what} {'were removed' if apply else 'may go (say --apply)'}.")
    return 0
