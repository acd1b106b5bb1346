"""A Tryton server with its own Python and database, and the example's scripts run against it and a station."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/tryton"
CLIENT = ROOT / "tests/peers/tryton_client.py"
FACTORY = "factory.sqlite"  # a database with the modules and a company, made by scripts/test_tryton
PASSWORD = "of-the-factory"

needs_tryton = pytest.mark.skipif(
    not os.environ.get("STATION_TRYTON"), reason="needs Tryton in an environment of its own: run scripts/test_tryton"
)


@dataclass(frozen=True, slots=True)
class Tryton:
    """A database of the server, the folder for cursors, and a station's address and token."""

    address: str
    folder: Path
    station: str
    token: str

    def pull(self, *options: str, kill_after: int | None = None, cursor: str = "cursor") -> tuple[int, str, str]:
        command = [self.station, self.address, "admin", str(self.folder / cursor), *options]
        killed = () if kill_after is None else (CLIENT, "killed", kill_after)
        return self._run(*killed, EXAMPLE / "pull_records.py", *command)

    def send(self) -> tuple[int, str, str]:
        return self._run(EXAMPLE / "send_orders.py", self.station, self.address, "admin")

    def ask(self, act: str, *arguments: object) -> Any:
        """What a person at Tryton does or sees."""
        status, said, refused = self._run(CLIENT, act, self.address, *arguments)
        assert status == 0, refused
        return json.loads(said)

    def books(self) -> dict[str, Any]:
        return {production.pop("order"): production for production in self.ask("books")}

    def _run(self, *command: object) -> tuple[int, str, str]:
        done = subprocess.run(
            [tryton_python(), *map(str, command)],
            env=_environment(STATION_TOKEN=self.token, TRYTON_PASSWORD=PASSWORD),
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


def tryton_python() -> Path:
    return Path(os.environ["STATION_TRYTON"]) / "bin/python"


def _environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return kept | {"no_proxy": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1", **more}


@contextmanager
def tryton_server(folder: Path, *databases: str) -> Iterator[str]:
    """A server over fresh copies of the factory's database, until the block ends. Yields its address."""
    for name in databases:
        shutil.copy(Path(os.environ["STATION_TRYTON"]) / FACTORY, folder / f"{name}.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    facts = folder / "trytond.conf"
    facts.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
        "[session]\nauthentications = password\n"
    )
    log = folder / "trytond.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [tryton_python().with_name("trytond"), "-c", facts, "-d", *databases],
            stdout=output, stderr=output, env=_environment(),
        )  # fmt: skip
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
