"""Templates and the language of a reader: turns data into pages. No text is written anywhere but in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from station.hmi.language import LANGUAGES, Texts, choose_language, load_texts


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("station.hmi"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language, and whether it was asked for in the address (then every link keeps it)."""

    texts: Texts
    asked: bool

    def link(self, path: str) -> str:
        """`path` as a URL in the reader's language."""
        return quote(path) + (f"?lang={self.texts.language}" if self.asked else "")


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders templates for a reader."""

    languages: Mapping[str, Texts] = field(default_factory=load_texts)
    environment: Environment = field(default_factory=_environment)

    def reader(self, request: Request) -> Reader:
        """The reader behind a request."""
        asked = request.query_params.get("lang")
        language = choose_language(asked, request.headers.get("accept-language"))
        return Reader(self.languages[language], asked in LANGUAGES)

    def page(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """`template` as an answer to `request`; values are escaped by the templates."""
        reader = self.reader(request)
        content = self.environment.get_template(template).render(
            t=reader.texts,
            link=reader.link,
            path=request.url.path,
            languages={language: texts("page.name") for language, texts in self.languages.items()},
            **values,
        )
        headers = {"Content-Language": reader.texts.language, "Vary": "Accept-Language"}
        return HTMLResponse(content, status_code=status, headers=headers)
