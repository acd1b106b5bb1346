"""What a reader sees when something is not there or goes wrong: one friendly page, never a traceback."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from station.errors import InputError, StationError
from station.hmi.render import Renderer
from station.hmi.security import secure

_log = logging.getLogger("station.hmi")


def add_error_pages(app: FastAPI, renderer: Renderer) -> None:
    """Answer every failure of `app` with a page in the reader's language."""

    def page(request: Request, status: int) -> Response:
        kind = "404" if status < 500 else "500"
        return renderer.page(request, "error.html", status=status, kind=kind, back_s=0)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        answer = page(request, status)
        if isinstance(error, HTTPException):
            answer.headers.update(error.headers or {})
        return answer

    async def failed(request: Request, error: Exception) -> Response:
        if isinstance(error, InputError):
            return page(request, 404)
        _log.error("%s could not be shown: %s", request.url.path, error)
        return page(request, 500)

    async def unforeseen(request: Request, error: Exception) -> Response:
        # This answer is made outside the middleware, so it gets its headers here.
        _log.error("%s could not be shown: %r", request.url.path, error)
        answer = page(request, 500)
        secure(answer.headers)
        return answer

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(StationError, failed)
    app.add_exception_handler(Exception, unforeseen)
