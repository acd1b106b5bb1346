"""The plant's API: the same routes as a station's, over all of them; a picture that only its station has is answered
with the station's address."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from station.mes.app import MOUNTED_AT, record_api_app
from station.mes.facts import ApiFacts
from station.mes.problems import Problem
from station.mes.tokens import find_token
from station.plant.database import PlantDatabase
from station.plant.source import PlantSource


class ServedSource(PlantSource):
    """Sends whoever asks for a picture to the station that has it."""

    def frame(self, sha256: str) -> bytes | None:
        """The picture from the plant's own folder. Raises: Problem (307): its station has it."""
        data = super().frame(sha256)
        if data is None and (url := self.url_of_frame(sha256)) is not None:
            raise Problem(307, "the station that took this picture has it", headers={"Location": url})
        return data


def plant_app(
    database: PlantDatabase, facts: ApiFacts, *, stop: threading.Event, clock: Callable[[], datetime]
) -> ASGIApp:
    """The API of a plant, under /v1. Once `stop` is set, streams end within a fraction of a second."""
    own = database.own  # its tokens, and who made them
    api = record_api_app(
        ServedSource(database),
        lambda secret, now: find_token(own, secret, now),
        facts,
        stop=stop,
        clock=clock,
    )
    return Starlette(routes=[Mount(MOUNTED_AT, api)])
