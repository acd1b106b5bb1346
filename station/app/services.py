"""What this station offers and keeps beside its cycle, from the tables of ``STATION_HOME/services.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from station.errors import InputError
from station.facts import check_keys, facts_of, read_table
from station.genealogy.disk import DiskBudget
from station.genealogy.home import default_home
from station.genealogy.proof.keeper import CheckpointFacts
from station.genealogy.retention import RetentionRule
from station.hmi.facts import PageFacts
from station.mes.facts import ApiFacts
from station.mes.opcua.facts import OpcUaFacts
from station.mes.push.mqtt import MqttFacts
from station.mes.push.webhook import WebhookFacts
from station.networks.facts import NetworkFacts
from station.plant.facts import RelayFacts

NAME = "services.toml"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that has a table of its own. Without its table a thing has its defaults; webhooks, MQTT and the like
    are only there with one."""

    retention: RetentionRule = field(default_factory=RetentionRule)
    disk: DiskBudget = field(default_factory=DiskBudget)
    networks: NetworkFacts = field(default_factory=NetworkFacts)
    pages: PageFacts = field(default_factory=PageFacts)
    api: ApiFacts = field(default_factory=ApiFacts)
    webhook: tuple[WebhookFacts, ...] = ()
    mqtt: MqttFacts | None = None
    opcua: OpcUaFacts | None = None
    plant: RelayFacts | None = None
    checkpoints: CheckpointFacts = field(default_factory=CheckpointFacts)


_KINDS = {
    "retention": RetentionRule,
    "disk": DiskBudget,
    "networks": NetworkFacts,
    "pages": PageFacts,
    "api": ApiFacts,
    "mqtt": MqttFacts,
    "opcua": OpcUaFacts,
    "plant": RelayFacts,
    "checkpoints": CheckpointFacts,
}
_LISTS = {"webhook": WebhookFacts}


def read_services() -> Services:
    """The services of STATION_HOME; all defaults where there is no file.

    Raises:
        InputError: an unknown, missing or wrong key, with its place.
    """
    path = default_home().path / NAME
    return services_of(path) if path.exists() else Services()


def services_of(path: Path) -> Services:
    """The services of one file; raises as `read_services`."""
    tables = read_table(path)
    check_keys(tables, {*_KINDS, *_LISTS}, str(path))
    found: dict[str, Any] = {
        name: _facts(kind, tables[name], path, name, name) for name, kind in _KINDS.items() if name in tables
    }
    for name, kind in _LISTS.items():
        listed = tables.get(name, [])
        if not isinstance(listed, list):
            raise InputError(f"each is a table of its own: [[{name}]]", place=f"{path}: {name}")
        found[name] = tuple(_facts(kind, one, path, name, f"{name}[{at}]") for at, one in enumerate(listed))
        names = [one.name for one in found[name]]
        if len(set(names)) < len(names):
            raise InputError("two of them have the same name", place=f"{path}: {name}")
    return Services(**found)


def _facts(kind: type[T], table: Any, path: Path, name: str, at: str) -> T:
    """As `facts_of`; what the facts themselves refuse names file and table, too."""
    place = f"{path}: {at}"
    try:
        return facts_of(kind, table, place)
    except InputError as error:
        if error.place.startswith(str(path)):
            raise
        key = error.place.removeprefix(name).lstrip(".")
        raise InputError(error.sentence, place=f"{place}.{key}" if key else place) from error
