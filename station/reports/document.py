"""A page as one file: title, sections with text, tables and figures, all inline; nothing is fetched or dated."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from station.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .4rem;border-bottom:1px solid #ccc}
p{max-width:48rem;margin:.4rem 0}table{border-collapse:collapse;margin:.6rem 0}
th,td{text-align:left;padding:.15rem 1.1rem .15rem 0;vertical-align:top;font-variant-numeric:tabular-nums}
th{border-bottom:1px solid #888;font-weight:600}svg,img{max-width:100%;height:auto}
@media print{body{margin:0}h2{break-after:avoid}svg,table{break-inside:avoid}}
"""


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that is to stand as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs, then tables and figures in the order given."""

    heading: str
    paragraphs: Sequence[str] = ()
    content: Sequence[Markup] = ()


def page(title: str, intro: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole page."""
    body = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(text)}</p>" for text in intro)]
    for section in sections:
        body.append(f"<h2>{html.escape(section.heading)}</h2>")
        body += [f"<p>{html.escape(text)}</p>" for text in section.paragraphs]
        body += [content.text for content in section.content]
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    joined = "\n".join(body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n{joined}\n</body></html>\n'


def table(columns: Sequence[str], rows: Sequence[Sequence[str | Markup]]) -> Markup:
    """A table; without columns, of names and what they are."""

    def cell(value: str | Markup) -> str:
        return value.text if isinstance(value, Markup) else html.escape(value)

    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = "".join("<tr>" + "".join(f"<td>{cell(v)}</td>" for v in row) + "</tr>\n" for row in rows)
    return Markup(f"<table>{f'<tr>{head}</tr>' if head else ''}\n{lines}</table>")


def figure(drawn: Figure, description: str) -> Markup:
    """A matplotlib figure as inline SVG, without date or random names."""
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": description, "svg.fonttype": "none", "font.family": "sans-serif"}):
        drawn.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(description)}"', 1))


def picture(grey: NDArray[np.uint8], description: str) -> Markup:
    """A small grey picture (h, w) as inline PNG."""
    _, data = cv2.imencode(".png", grey)
    text = base64.b64encode(data.tobytes()).decode("ascii")
    return Markup(f'<img alt="{html.escape(description)}" src="data:image/png;base64,{text}">')


def write_page(path: Path, text: str) -> None:
    """The page as a file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error
