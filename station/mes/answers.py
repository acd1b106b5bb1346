"""Answers that carry bytes as they are stored: entity tags, ranges, streams."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, suppress

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from station.documents import sha256_hex
from station.mes.problems import Problem

FOR_GOOD = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def stored(request: Request, data: bytes, media_type: str, *, cache: str = ASK_AGAIN, tag: str = "") -> Response:
    """`data` with its SHA-256 (or `tag`) as entity tag; 304 for one who has it."""
    headers = {"ETag": f'"{tag or sha256_hex(data)}"', "Cache-Control": cache}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(data, 200, headers, media_type)


def has_it(request: Request, tag: str) -> bool:
    """Whether whoever asks says that he has what this tag is of (RFC 9110, 13.1.2)."""
    asked = request.headers.get("if-none-match", "")
    return asked.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in asked.split(","))


def part_of(request: Request, data: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """All of `data`, or the one range that was asked for (RFC 9110, 14); several ranges get all of it."""
    known = {**headers, "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    only_if = request.headers.get("if-range")
    if asked is None or not any(asked.groups()) or (only_if is not None and only_if != known.get("ETag")):
        return Response(data, 200, known, media_type)
    first, last = asked.groups()
    if first:
        start, end = int(first), min(int(last or len(data)), len(data) - 1)
        if last and int(last) < int(first):
            return Response(data, 200, known, media_type)
    else:
        start, end = max(0, len(data) - int(last)), len(data) - 1
    if start > end:
        raise Problem(
            416, "this range lies behind the end of the file", place="Range",
            headers={"Content-Range": f"bytes */{len(data)}"},
        )  # fmt: skip
    known["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], 206, known, media_type)


class Streamed(StreamingResponse):
    """An answer that stays open; what it took (`taken`) is given back when it ends, however that is. It is cut off
    after `within_s`: whoever reads too slowly does not keep his place."""

    def __init__(self, content: AsyncIterator[bytes], media_type: str, taken: ExitStack, within_s: float) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, headers=headers, media_type=media_type)
        self._taken, self._within_s = taken, within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends what comes until there is no more or nobody listens."""
        with self._taken, suppress(TimeoutError):  # an answer that was not ended is seen to be cut off
            async with asyncio.timeout(self._within_s):
                await super().__call__(scope, receive, send)
