"""Facts: how the hub is reached, what a station sends there, what a plant keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from station.errors import InputError
from station.mes.facts import ApiFacts

STREAM = "STATIONS"


@dataclass(frozen=True, slots=True)
class HubFacts:
    """How the NATS server is reached: `nats://host:4222`, or `tls://…`, several of a cluster.

    Either `user` with the file that holds the password, or `certificate_file` and `key_file` (PEM), or nothing.
    `ca_file` is who signed the server's certificate; without it, those that the system trusts. Paths are relative to
    the home.
    """

    servers: tuple[str, ...] = ("nats://127.0.0.1:4222",)
    user: str = ""
    password_file: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    def __post_init__(self) -> None:
        if not self.servers:
            raise InputError("at least one server is needed", place="servers")
        for server in self.servers:
            if not server.startswith(("nats://", "tls://")):
                raise InputError("a server is nats://host:port or tls://host:port", place="servers")
        if bool(self.user) != bool(self.password_file):
            raise InputError("a user needs a password_file, and a password_file a user", place="user")
        if bool(self.certificate_file) != bool(self.key_file):
            raise InputError("a certificate_file needs a key_file, and a key_file a certificate_file", place="key_file")

    @property
    def is_private(self) -> bool:
        """Whether everything goes over TLS."""
        return bool(self.ca_file) or all(server.startswith("tls://") for server in self.servers)


@dataclass(frozen=True, slots=True)
class RelayFacts(HubFacts):
    """What a station sends to its plant: the table `[plant]` of its services.

    `station` is the name that the plant knows it by (default: STATION_ID), `url` where its own pages are, for pictures.
    It looks for new entries every `look_s` seconds and asks every `ask_s` seconds how far the plant has come. Between
    two tries to reach the hub it waits up to `longest_pause_s`.
    """

    servers: tuple[str, ...] = ()  # must be named
    station: str = ""
    url: str = ""
    stream: str = STREAM
    look_s: float = 1.0
    ask_s: float = 15.0
    longest_pause_s: float = 60.0

    def __post_init__(self) -> None:
        HubFacts.__post_init__(self)
        for name in ("look_s", "ask_s", "longest_pause_s"):
            if not 0.05 <= getattr(self, name) <= 3600.0:
                raise InputError("this must be 0.05 to 3600 seconds", place=name)
        if self.url and not self.url.startswith(("http://", "https://")):
            raise InputError("this must be http://… or https://…", place="url")


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the hub keeps until the plant has it. Once `most_gb` are there, or the disk is full, it takes no more:
    nothing that a station was told is kept is thrown away to make room, stations go on keeping theirs. `most_days`
    None: until the plant has taken it. Under one message id the hub takes one message in `duplicates_s`; what was
    delivered to a plant that died then is delivered again after `deliver_again_s`."""

    name: str = STREAM
    most_gb: float = 10.0
    most_days: float | None = None
    duplicates_s: float = 120.0
    deliver_again_s: float = 30.0
    replicas: int = 1

    def __post_init__(self) -> None:
        if not 0.001 <= self.most_gb <= 1e6:
            raise InputError("this must be 0.001 to 1000000", place="most_gb")
        if self.most_days is not None and not 0.01 <= self.most_days <= 3660.0:
            raise InputError("this must be 0.01 to 3660", place="most_days")
        for name in ("duplicates_s", "deliver_again_s"):
            if not 1.0 <= getattr(self, name) <= 86_400.0:
                raise InputError("this must be 1 to 86400 seconds", place=name)
        if not 1 <= self.replicas <= 5:
            raise InputError("this must be 1 to 5", place="replicas")


@dataclass(frozen=True, slots=True)
class PlantFacts:
    """A plant: the file ``plant.toml`` in its home, with a table for each field."""

    hub: HubFacts = field(default_factory=HubFacts)
    stream: StreamFacts = field(default_factory=StreamFacts)
    api: ApiFacts = field(default_factory=ApiFacts)
