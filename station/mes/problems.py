"""What is answered when something cannot be answered: a problem document (RFC 9457) with one sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from station.errors import InputError, RecordError, StationError, StorageError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("station.mes")


class Problem(HTTPException):
    """A refusal: HTTP status, one sentence for a person, and the place in what was sent."""

    def __init__(self, status: int, sentence: str, *, place: str = "", headers: Mapping[str, str] | None = None):
        super().__init__(status, sentence, dict(headers or {}))
        self.place = place

    def answer(self) -> Response:
        """As a response."""
        headers = {**(self.headers or {}), "Cache-Control": "no-store"}
        return Response(self.body(), self.status_code, headers, MEDIA_TYPE)

    def body(self) -> bytes:
        """The document's bytes."""
        status = self.status_code
        document: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status}
        document["detail"] = self.detail
        if self.place:
            document["place"] = self.place
        return json.dumps(document).encode()


def not_there() -> Problem:
    """What is not there, and what whoever asks must not know of, look the same."""
    return Problem(404, "there is nothing here")


def add_problems(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Answer every failure of `app`, which has these routes, with a problem document."""

    async def refused(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return problem.answer()

    async def routed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return not_there().answer()
        if error.status_code == 405:
            allowed = ", ".join(sorted(_methods(routes, request)))
            return Problem(405, f"here one can {allowed}", headers={"Allow": allowed}).answer()
        return Problem(error.status_code, str(error.detail), headers=error.headers).answer()

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

    async def unforeseen(request: Request, error: Exception) -> Response:
        _log.error("%s could not be answered: %r", request.url.path, error)
        return Problem(500, "the station failed to answer").answer()

    app.add_exception_handler(Problem, refused)
    app.add_exception_handler(HTTPException, routed)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(StationError, failed)
    app.add_exception_handler(Exception, unforeseen)


def _invalid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    steps = [str(step)[:60] for step in first["loc"] if step not in ("body", "query", "path", "header")]
    if first["type"] == "json_invalid":
        return Problem(400, "the body is not JSON", place="body")
    return Problem(422, first["msg"].replace("Input should", "this should"), place=".".join(steps) or "body")


def _methods(routes: Sequence[BaseRoute], request: Request) -> set[str]:
    """What can be done at this address, by any route: the one that was found first knows of its own alone."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    matching = (one for one in routes if isinstance(one, Route) and one.path_regex.match(path))
    return {method for one in matching for method in one.methods or ()}


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Problem"
