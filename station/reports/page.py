"""A study as one page that an auditor files: a single HTML file without scripts, fonts or pictures from elsewhere.
Equal input gives equal bytes: no date stands on it but those the user gives."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import station
from station.errors import InputError
from station.metrology.studies.statement import Grid, Value, text_of
from station.reports.study import Study

if TYPE_CHECKING:
    from jinja2 import Template

SYMBOLS = {"good": "✓", "doubtful": "!", "bad": "✗", "none": "·"}


def check_place(path: Path) -> None:
    """Refuse a page's file before any work is done for it.

    Raises:
        InputError: its folder is not there, or it cannot be written.
    """
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError("this file cannot be written", place=str(path))


def write_page(path: Path, study: Study, about: tuple[tuple[str, str], ...] = ()) -> None:
    """The page as a file.

    Raises:
        InputError: it cannot be written.
    """
    text = page(study, about)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error


def page(study: Study, about: tuple[tuple[str, str], ...] = ()) -> str:
    """The page as text; `about` are lines of its head, such as instrument, operator and date."""
    statement = study.statement
    return _template().render(
        statement=statement,
        plots=study.draw(),
        about=about,
        symbol=SYMBOLS[statement.verdict.tone],
        software=f"station {station.__version__}",
        text_of=text_of,
        is_number=_is_number,
        head_of=_head_of,
    )


def _is_number(value: Value) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _head_of(grid: Grid) -> str:
    return grid.row_label or ("Source" if not grid.listed else "")


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("station.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("study.html")
