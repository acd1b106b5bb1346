"""The pictures of the record over HTTP. What lies under an id or a hash never changes, so it may be kept for good."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from station.genealogy.frames import ContentFolder
from station.genealogy.media import UNKNOWN, media_type
from station.genealogy.store import Genealogy
from station.genealogy.values import is_sha256

FOR_GOOD = "private, max-age=31536000, immutable"


def picture_routes(genealogy: Genealogy) -> APIRouter:
    """Overlays by inspection, frames by hash."""
    routes = APIRouter()
    frames = ContentFolder(genealogy.home.frames)

    @routes.get("/overlays/{inspection_id}.png")
    def overlay(inspection_id: str) -> Response:
        data = genealogy.overlay(inspection_id)
        if data is None:
            raise HTTPException(404)
        return _picture(data)

    @routes.get("/frames/{sha256}")
    def frame(sha256: str) -> Response:
        if not is_sha256(sha256) or frames.find(sha256) is None:
            raise HTTPException(404)
        return _picture(genealogy.frame(sha256))

    return routes


def _picture(data: bytes) -> Response:
    kind = media_type(data)
    headers = {"Cache-Control": FOR_GOOD}
    if kind == UNKNOWN:
        headers["Content-Disposition"] = "attachment"
    return Response(data, media_type=kind, headers=headers)
