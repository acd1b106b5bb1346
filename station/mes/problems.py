"""What is answered when something cannot be answered: a problem document (RFC 9457) with one sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from station.errors import InputError, RecordError, StationError, StorageError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("station.mes")


class Problem(Exception):
    """A refusal: HTTP status, one sentence for a person, and the place in what was sent."""

    def __init__(self, status: int, sentence: str, *, place: str = "", headers: Mapping[str, str] | None = None):
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.place = place
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """As a response."""
        return Response(self.body(), self.status, {**self.headers, "Cache-Control": "no-store"}, MEDIA_TYPE)

    def body(self) -> bytes:
        """The document's bytes."""
        document: dict[str, Any] = {"type": "about:blank", "title": _title(self.status), "status": self.status}
        document["detail"] = self.sentence
        if self.place:
            document["place"] = self.place
        return json.dumps(document).encode()


def not_there() -> Problem:
    """What is not there, and what whoever asks must not know of, look the same."""
    return Problem(404, "there is nothing here")


def add_problems(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem document."""

    async def refused(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return problem.answer()

    async def routed(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        sentences = {404: "there is nothing here", 405: "this cannot be done here; the header Allow says what can"}
        sentence = sentences.get(error.status_code, str(error.detail))
        return Problem(error.status_code, sentence, headers=error.headers).answer()

    async def unreadable(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _invalid(error).answer()

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, StationError)
        if isinstance(error, InputError):
            return Problem(422, error.sentence, place=error.place).answer()
        _log.error("%s could not be answered: %s", request.url.path, error)
        if isinstance(error, StorageError):
            return Problem(503, error.sentence, headers={"Retry-After": "10"}).answer()
        what = "what is stored is not what was committed" if isinstance(error, RecordError) else "the station failed"
        return Problem(500, what).answer()

    app.add_exception_handler(Problem, refused)
    app.add_exception_handler(HTTPException, routed)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(StationError, failed)


def _invalid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    steps = [str(step)[:60] for step in first["loc"] if step not in ("body", "query", "path", "header")]
    if first["type"] == "json_invalid":
        return Problem(400, "the body is not JSON", place="body")
    return Problem(422, first["msg"].replace("Input should", "this should"), place=".".join(steps) or "body")


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Problem"
