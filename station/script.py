"""What the scripts have in common: options that mean the same everywhere, refusals as one sentence, results as files.

A script builds its parser with `program` and the `add_…` functions, and hands its work to `run`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station.app import check_writable, now, operator_name, write_json
from station.cycle.signed import Signed
from station.errors import StationError
from station.tables.basics import print_json

if TYPE_CHECKING:
    from station.reports.document import Document

BAD_INPUT = 2
Options = argparse._ActionsContainer  # a parser, or a group of one


def program(name: str, doc: str | None) -> argparse.ArgumentParser:
    """The parser of `scripts/NAME.py`; its docstring is the help."""
    return argparse.ArgumentParser(
        prog=f"{name}.py", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def run(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], int],
    arguments: Sequence[str] | None = None,
) -> int:
    """The exit status of `work`, or 2 with one sentence on standard error where it was given something unusable."""
    args = parser.parse_args(arguments)
    try:
        return work(args)
    except StationError as error:
        print(f"{parser.prog.removesuffix('.py')}: {error}", file=sys.stderr)
        return BAD_INPUT


def add_out(options: Options, what: str) -> None:
    """`--out`, the document that is made."""
    options.add_argument("--out", type=Path, required=True, metavar="FILE", help=f"{what} to write")


def add_page(options: Options) -> None:
    """`--page`, what people file."""
    options.add_argument("--page", type=Path, metavar="HTML", help="page with plots to write, to be filed")


def add_json(options: Options, what: str) -> None:
    """`--json`, for programs."""
    options.add_argument("--json", action="store_true", help=f"print the {what} as JSON and nothing else")


def add_by(options: Options, what: str) -> None:
    """`--by`, who answers for it."""
    options.add_argument(
        "--by", default=operator_name(), metavar="NAME", help=f"who {what} (default: who is logged in)"
    )


def add_signed(options: Options) -> None:
    """Who calibrates which camera and lamp, and how warm it is."""
    add_by(options, "calibrates")
    options.add_argument("--camera-serial", default="", metavar="TEXT")
    options.add_argument("--lamp-serial", default="", metavar="TEXT")
    options.add_argument("--temperature", type=float, metavar="C", help="of the camera's surroundings")


def signed_of(args: argparse.Namespace) -> Signed:
    """What `add_signed` asked for, at this moment."""
    return Signed(now(), args.by, args.camera_serial, args.lamp_serial, args.temperature)


def check_places(*paths: Path | None) -> None:
    """Refuse results' files before any work is done for them.

    Raises:
        InputError: a folder is not there, or it cannot be written.
    """
    for path in paths:
        if path is not None:
            check_writable(path)


def tell(args: argparse.Namespace, doing: str) -> Callable[[str], None]:
    """Says on standard error what is being looked at; silent with `--json`."""
    return lambda name: None if args.json else print(f"{doing} {name}", file=sys.stderr)


def deliver(
    args: argparse.Namespace,
    document: Mapping[str, Any],
    *,
    page: Callable[[], Document],
    show: Callable[[], None],
) -> int:
    """Write `--out` and `--page`, then print: the document with `--json`, else what `show` prints. 0.

    Raises:
        InputError: a file cannot be written.
    """
    write_json(args.out, document)
    deliver_page(args.page, page)
    if args.json:
        print_json(document)
    else:
        show()
    return 0


def deliver_page(path: Path | None, page: Callable[[], Document]) -> None:
    """Write a page where one is wanted; only then is it made, and the drawing loaded, which takes a second.

    Raises:
        InputError: it cannot be written.
    """
    if path is not None:
        from station.reports.page import write_page

        write_page(path, page())
