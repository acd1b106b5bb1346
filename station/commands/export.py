"""`station export`, `checkpoint`, `key`: the record in the hands of others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from station.commands.options import Json
from station.errors import InputError


def export(
    inspection: Annotated[str, typer.Argument(metavar="ID", help="The inspection's id.")],
    format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="bundle, or qif, dfq, epcis, aas, pdf, csv.")
    ] = "bundle",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Where to (default: ORDER-SERIAL-ATTEMPT here; -: standard output)."
        ),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="LANGUAGE", help="en, de, fr or it, of formats for people (pdf).")
    ] = "",
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="CHECKPOINT", help="A bundle proves that the record begins as this says."),
    ] = None,
    as_json: Json = False,
) -> int:
    """One inspection in a format that others read; a bundle is everything about the part, signed, for an auditor."""
    from station.app.evidence import BUNDLE, STANDARD_OUTPUT, format_names
    from station.app.evidence import export as export_inspection
    from station.tables.basics import print_json
    from station.tables.progress import working
    from station.tables.proofs import print_export

    if format not in format_names():
        raise InputError(f"{format[:40]!r} is not a format; there are {', '.join(format_names())}", place="--format")
    if since is not None and format != BUNDLE:
        raise InputError("a checkpoint is compared with in a bundle alone", place="--since")
    if language and format == BUNDLE:
        raise InputError("a bundle has no language", place="--language")
    if as_json and out == STANDARD_OUTPUT:
        raise InputError("standard output takes the file or the JSON document, not both", place="--out")
    with working("Exporting …", quiet=as_json):
        document = export_inspection(inspection, format, out, language, since=since)
    if document["remark"]:
        print(f"station: {document['remark']}", file=sys.stderr)
    if as_json:
        print_json(document)
    elif out != STANDARD_OUTPUT:
        print_export(document)
    return 0


def checkpoint(as_json: Json = False) -> int:
    """Sign what the record is now, and print it: whoever keeps this can prove later that nothing was changed."""
    from station.app.evidence import checkpoint_now
    from station.tables.basics import print_json

    signed = checkpoint_now()
    if as_json:
        one = signed.checkpoint
        print_json(
            {
                "origin": one.origin,
                "size": one.size,
                "root": one.root.hex(),
                "chain": one.chain,
                "time": one.time,
                "note": signed.data.decode(),
            }
        )
    else:
        print(signed.data.decode(), end="")
    return 0


def key(as_json: Json = False) -> int:
    """The station's public key and its fingerprint, to be noted elsewhere; made now if there is none."""
    from station.app.evidence import station_key
    from station.tables.basics import print_json
    from station.tables.proofs import print_key

    public, private = station_key()
    document = {
        "fingerprint": public.fingerprint,
        "algorithm": "Ed25519",
        "pem": public.pem.decode(),
        "folder": str(private.parent),
    }
    if as_json:
        print_json(document)
    else:
        print_key(document)
    return 0
