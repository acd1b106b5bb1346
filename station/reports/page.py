"""A document as one HTML file without scripts, fonts or pictures from elsewhere; a browser prints it to PDF on A4.
Equal documents give equal bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from station.errors import InputError
from station.reports.document import Document, Plot, Tone

if TYPE_CHECKING:
    from jinja2 import Template

SYMBOLS = {Tone.GOOD: "✓", Tone.DOUBTFUL: "!", Tone.BAD: "✗", Tone.NONE: "·"}  # never colour alone


def page(document: Document) -> str:
    """The page as text."""
    number = count(1)
    sections = [
        replace(section, plots=tuple(_own_names(plot, f"p{next(number)}-") for plot in section.plots))
        for section in document.sections
    ]
    return _template().render(d=document, sections=sections, symbol=SYMBOLS[document.judgement.tone])


def write_page(path: Path, document: Document) -> None:
    """The page as a file.

    Raises:
        InputError: it cannot be written.
    """
    text = page(document)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error


def _own_names(plot: Plot, prefix: str) -> Plot:
    """The plot with names of its own: several stand in one page, and name their parts alike."""
    svg = re.sub(r'\bid="', f'id="{prefix}', plot.svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}", svg)
    return replace(plot, svg=re.sub(r'xlink:href="#', f'xlink:href="#{prefix}', svg))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("station.reports", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("page.html")
