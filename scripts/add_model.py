#!/usr/bin/env python3
"""Add a learned model to this station, check those that it has, or go back to an earlier one.

    add_model.py surface --onnx surface.onnx --manifest surface.toml     golden.npz beside the manifest
    add_model.py surface --onnx surface.onnx --manifest surface.toml --golden vector.npz
    add_model.py --check                    every model that this station would load
    add_model.py surface --versions         those that are kept
    add_model.py surface --back [ID]        put an earlier version in force again
    add_model.py surface --withdraw         out of use: the project's own counts again

A model is loaded and must give its golden vector before it is taken; then it lies in STATION_HOME/models and comes
before the project's model of the same name. A station that runs takes it at its next start. docs/models.md has the
manifest key by key.

Exit status 0 done, 1 a model that must not be used was found by --check, 2 bad input: one sentence.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from station.app import model_threads, own_models, station_models
from station.errors import InputError
from station.networks.adding import add_model
from station.networks.manifest import Manifest, check_name
from station.networks.versions import check_models, go_back, versions_of, withdraw
from station.script import add_json, program, run
from station.tables.basics import print_json
from station.tables.models import (
    checked_document,
    model_document,
    print_checked,
    print_model,
    print_versions,
)

REFUSED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 done, 1 a model is not sound, 2 bad input."""
    parser = program("add_model", __doc__)
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="of the model, such as surface")
    parser.add_argument("--onnx", type=Path, metavar="FILE", help="the graph")
    parser.add_argument("--manifest", type=Path, metavar="TOML", help="what people say about it")
    parser.add_argument("--golden", type=Path, metavar="NPZ", help="arrays input and, if computed elsewhere, output")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="check every model that this station would load")
    what.add_argument("--versions", action="store_true", help="list the versions that are kept")
    what.add_argument("--back", nargs="?", const="", metavar="ID", help="go back (default: to the newest before)")
    what.add_argument("--withdraw", action="store_true", help="take the model out of use")
    add_json(parser, "result")
    return run(parser, _work, arguments)


def _work(args: argparse.Namespace) -> int:
    if args.check:
        return _check(args)
    folder = own_models() / check_name(args.name)
    if args.versions:
        versions = versions_of(folder)
        if args.json:
            listed = [{"id": one.id, "active": one.is_active} | model_document(one.manifest) for one in versions]
            print_json({"versions": listed})
        else:
            print_versions(versions)
    elif args.back is not None:
        _told(args, go_back(folder, args.back, threads=model_threads()), "In force again")
    elif args.withdraw:
        withdraw(folder)
        if not args.json:
            print(f"{args.name}: withdrawn; its versions are kept in {folder}")
    else:
        if args.onnx is None or args.manifest is None:
            raise InputError("a model needs --onnx FILE and --manifest FILE")
        made = add_model(own_models(), args.name, args.onnx, args.manifest, args.golden, threads=model_threads())
        _told(args, made, f"Added to {folder}")
    return 0


def _check(args: argparse.Namespace) -> int:
    checked = check_models(station_models(), model_threads())
    if args.json:
        print_json(checked_document(checked))
    else:
        print_checked(checked)
    return REFUSED if any(one.fault for one in checked) else 0


def _told(args: argparse.Namespace, made: Manifest, done: str) -> None:
    if args.json:
        print_json(model_document(made))
    else:
        print_model(made)
        print(f"{done}. A station that runs takes it at its next start.")


if __name__ == "__main__":
    sys.exit(main())
