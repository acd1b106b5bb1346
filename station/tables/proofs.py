"""What people read about the record as evidence: what a verification found, what was signed and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from station.genealogy.report import BundleReport, Fault, KeyUse, VerifyReport
from station.tables.basics import console, print_rows

NOT_COMPARED = (
    "The key was not compared with one known from elsewhere: say --key with what `station key` printed when the "
    "station was set up, or this shows only that everything was signed by whoever has that key."
)

NOT_COMPLETE = (
    "A bundle shows that all of this is in the station's record. That nothing about the part was left out of it, a "
    "later attempt or a withdrawal, only the whole record shows."
)


def print_report(report: VerifyReport, place: Path) -> None:
    """What the verification of a home found."""
    out = console()
    _print_faults(out, report.faults)
    counts = ", ".join(f"{getattr(report, key)} {key}" for key in ("inspections", "events", "documents", "pictures"))
    if report.removed:
        counts += f", {report.removed} of them removed by a rule that the record names"
    _print_end(out, place, counts, len(report.faults), "what is stored is what was committed")
    signatures = report.signatures
    for use in signatures.keys:
        out.print(Text(f"  {_use(use)}"))
    if signatures.checkpoints:
        unsigned = report.inspections + report.events - signatures.signed
        dated = f", {signatures.time_stamps} time stamps (by whom, openssl ts says)" if signatures.time_stamps else ""
        out.print(Text(f"  Signed up to entry {signatures.signed}{dated}; {unsigned} entries since.", "dim"))
        for size in signatures.kept:
            out.print(Text(f"  It begins as the checkpoint over {size} entries that was kept elsewhere."))
        if not any(use.known for use in signatures.keys):
            out.print(Text(f"  {NOT_COMPARED}", "yellow"))
    else:
        out.print(Text("  Nothing is signed: there is no checkpoint yet.", "yellow"))


def print_bundle_report(report: BundleReport, place: Path) -> None:
    """What the check of a bundle found."""
    out = console()
    _print_faults(out, report.faults)
    counts = f"{report.files} files, {report.entries} entries, {report.pictures} pictures"
    if report.removed:
        counts += f", {report.removed} pictures removed by a rule that the record names"
    said = "what is in it is what was committed" if report.known else "what is in it is what was signed"
    _print_end(out, place, counts, len(report.faults), said)
    known = "the one known from elsewhere" if report.known else "not compared"
    rows = [
        ("order, serial", escape(_printable(f"{report.order_id}, {report.serial}"))),
        ("signed by", f"{report.fingerprint or '–'} ({known})"),
        ("checkpoint", f"{report.checkpoint} entries, {report.made} by the station's clock"),
        ("dated", f"{report.dated} by its time stamp (check whose it is with openssl ts)" if report.dated else "–"),
    ]
    if report.kept:
        rows.append(("begins as", f"{report.kept} checkpoints that were kept elsewhere"))
    print_rows(out, rows)
    out.print(Text(NOT_COMPLETE, "dim"))
    if not report.known:
        out.print(Text(NOT_COMPARED, "yellow"))


def print_key(document: dict[str, Any]) -> None:
    """The station's key, to be noted elsewhere."""
    out = console()
    print_rows(out, [("fingerprint", document["fingerprint"]), ("kept in", escape(document["folder"]))])
    print(document["pem"], end="")


def print_export(document: dict[str, Any]) -> None:
    """What was exported, and where it is."""
    rows = [("written", escape(document["file"])), ("bytes", f"{document['bytes']:,}"), ("SHA-256", document["sha256"])]
    print_rows(console(), rows)


def _print_faults(out: Console, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        out.print(Text(_printable(f"✗ {fault.place}: {fault.sentence}"), "bold red"))


def _print_end(out: Console, place: Path, counts: str, faults: int, sentence: str) -> None:
    if faults:
        out.print(Text(f"✗ {place}: {faults} faults ({counts}).", "bold red"))
    else:
        out.print(Text(f"✓ {place}: {sentence} ({counts}).", "green"))


def _printable(text: str) -> str:
    """A bundle may come from anywhere: nothing in it moves the cursor of whoever looks."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def _use(use: KeyUse) -> str:
    known = ", the one known from elsewhere" if use.known else ""
    return f"Key {use.fingerprint}{known}: {use.checkpoints} checkpoints, over {use.first} to {use.last} entries."
