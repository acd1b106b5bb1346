"""What a station does beside its cycle: pages and API, webhooks, MQTT, retention. Each in a supervised thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from station.app import here
from station.app.evidence import BUNDLE, bundle_format, origin_here
from station.app.services import Services
from station.cycle.fault import Acknowledgement
from station.cycle.state import Board
from station.errors import InputError, StationError
from station.genealogy.exports.formats import FORMATS
from station.genealogy.follow import newest
from station.genealogy.follower import FollowerStatus
from station.genealogy.proof.keeper import Keeper
from station.genealogy.retention import thin_out
from station.genealogy.store import Genealogy
from station.mes.opcua.facts import OpcUaFacts
from station.supervised import Supervised

if TYPE_CHECKING:
    from station.plant.relay import Relay

RETENTION_EVERY_S = 3600.0
JOIN_S = 5.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Push:
    """Something that passes the record on: its loop, and how it does."""

    name: str
    run: Callable[[threading.Event], None]
    status: Callable[[], FollowerStatus]


@dataclass(frozen=True, slots=True)
class Beside:
    """The services of one station at work."""

    services: Services
    board: Board
    genealogy: Genealogy
    camera: str
    stop: threading.Event
    say: Say

    def start(self, serve: tuple[str, int] | None, acknowledgement: Acknowledgement) -> tuple[Supervised, ...]:
        """Begins every service; `serve` is the address of pages and API, None: none.

        Raises:
            InputError: a port is taken, or a secret or certificate cannot be used: better known now than later.
        """
        pushes = self._pushes()
        work: dict[str, Callable[[], None]] = {push.name: partial(push.run, self.stop) for push in pushes}
        work["retention"] = self._keep
        work["checkpoints"] = partial(self._keeper().run, self.stop)
        if self.services.opcua is not None:
            work["OPC UA"] = self._opcua(self.services.opcua)
        if serve is not None:
            work["pages and API"] = self._pages(serve, acknowledgement, pushes)
        found = tuple(Supervised(name, one, self.stop, self.say) for name, one in work.items())
        for service in found:
            service.start()
        return found

    def _pushes(self) -> list[Push]:
        found = []
        for facts in self.services.webhook:
            from station.mes.push.webhook import webhook

            follower = webhook(facts, self.genealogy, here.now)
            found.append(Push(follower.name, follower.run, follower.status))
        if self.services.mqtt is not None:
            from station.mes.push.mqtt import MqttPush

            mqtt = MqttPush(self.services.mqtt, self.genealogy, self.board, here.now)
            found.append(Push(f"mqtt:{self.services.mqtt.name}", mqtt.run, mqtt.status))
        if self.services.plant is not None:
            from station.plant.relay import FOLLOWER, Relay

            relay = Relay(
                self.genealogy, self.services.plant, station=self.board.latest().station_id, stop=self.stop,
                clock=here.now,
            )  # fmt: skip
            found.append(Push(FOLLOWER, lambda _: relay.run(), partial(_relay_status, relay, self.genealogy)))
        return found

    def _keeper(self) -> Keeper:
        return Keeper(self.genealogy, self.services.checkpoints, origin_here(), here.now, self.say)

    def _opcua(self, facts: OpcUaFacts) -> Callable[[], None]:
        from station.mes.opcua.service import OpcUaService
        from station.mes.tokens import Role, find_token

        def may_read(_: str, secret: str) -> bool:
            token = find_token(self.genealogy, secret, here.now())
            return token is not None and token.role is not Role.CUSTOMER  # here everybody sees every order

        for key in ("certificate", "private_key", "trusted_clients"):
            if (path := getattr(facts, key)) and not Path(path).exists():
                raise InputError("there is no such file or folder", place=f"opcua.{key} = {path}")
        service = OpcUaService(self.genealogy, self.board, facts, may_read, here.now, self.camera, self.say)
        return partial(service.run, self.stop)

    def _keep(self) -> None:
        rule = self.services.retention
        while not self.stop.is_set():
            if rule.keep_days is not None or rule.keep_free_gb:
                thin_out(self.genealogy, rule, now=here.now(), by="services.toml")
            self.stop.wait(RETENTION_EVERY_S)

    def _pages(
        self, serve: tuple[str, int], acknowledgement: Acknowledgement, pushes: list[Push]
    ) -> Callable[[], None]:
        from station.hmi.app import create_app
        from station.hmi.server import listen
        from station.hmi.server import serve as serve_app
        from station.mes.app import api_app
        from station.mes.facts import check_tls

        facts, (host, port) = self.services.api, serve
        check_tls(facts)
        api = api_app(
            self.board, self.genealogy, facts, stop=self.stop, clock=here.now,
            formats={BUNDLE: bundle_format(self.genealogy), **FORMATS},
            followers=lambda: tuple(push.status() for push in pushes),
        )  # fmt: skip
        application = create_app(
            self.board, self.genealogy, stop=self.stop, acknowledgement=acknowledgement,
            facts=self.services.pages, allowed_hosts=facts.allowed_hosts, api=api,
        )  # fmt: skip
        listener = listen(host, port)
        taken = listener.getsockname()[1]
        scheme = "http" if facts.tls is None else "https"
        self.say(f"The station's page: {scheme}://{host}:{taken}/ (Ctrl-C stops the station)")
        waiting = [listener]

        def work() -> None:
            bound = waiting.pop() if waiting else listen(host, taken)
            serve_app(application, host, taken, self.stop, listener=bound, tls=facts.tls)

        return work


def _relay_status(relay: Relay, genealogy: Genealogy) -> FollowerStatus:
    state = relay.state
    try:
        behind = newest(genealogy) - state.sent
    except StationError:
        behind = None
    return FollowerStatus("plant", state.sent, behind, state.trouble, "")


def join(services: tuple[Supervised, ...]) -> None:
    """Waits a moment for each to end."""
    for service in services:
        service.join(JOIN_S)


def home_orders(genealogy: Genealogy, say: Say) -> Path:
    """The folder of orders that came by the API, made where it is missing, with all of them that wait for their
    parts."""
    from station.mes.laying import lay_waiting

    folder = genealogy.home.orders
    folder.mkdir(exist_ok=True)
    lay_waiting(genealogy, say)
    return folder
