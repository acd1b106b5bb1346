"""A real mosquitto with a configuration of its own, and `mosquitto_sub` as the reader."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .receiver import make_certificate, until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/sbin")
PASSWORD = "pässword with spaces"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Mosquitto:
    """The broker with TLS and passwords; it keeps sessions and retained messages when stopped with `SIGTERM`."""

    def __init__(self, folder: Path) -> None:
        if MOSQUITTO is None or shutil.which("mosquitto_sub") is None or shutil.which("mosquitto_passwd") is None:
            pytest.skip("no mosquitto with its clients here")
        self.folder, self.port, self.plain_port = folder, free_port(), free_port()
        folder.mkdir(exist_ok=True)
        certificate, self.ca = make_certificate(folder)
        passwords = folder / "passwords"
        for number, (name, password) in enumerate((("station", PASSWORD), ("reader", "reader"), ("mute", "mute"))):
            create = ["-c"] if number == 0 else []
            subprocess.run(["mosquitto_passwd", "-b", *create, str(passwords), name, password], check=True)
        (folder / "acl").write_text(
            "user station\ntopic readwrite station/#\nuser reader\ntopic read #\n"
            "user mute\ntopic write station/cell-3/state\n"
        )
        (folder / "mosquitto.conf").write_text(
            f"user root\nlog_type all\nper_listener_settings false\nallow_anonymous false\npassword_file {passwords}\n"
            f"acl_file {folder / 'acl'}\npersistence true\npersistence_location {folder}/\n"
            f"listener {self.port} 127.0.0.1\ncertfile {certificate}\nkeyfile {certificate}\n"
            f"listener {self.plain_port} 127.0.0.1\n"
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.readers: list[Reader] = []

    def up(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [str(MOSQUITTO), "-c", str(self.folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for port in (self.port, self.plain_port):
            until(lambda port=port: _listens(port))  # type: ignore[misc]

    def down(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(10)
            self.process = None

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.down()

    def retained(self, topic: str) -> dict[str, Any] | None:
        """What a reader that comes only now finds under `topic`."""
        found = subprocess.run(
            [
                *self._sub("late", self.port),
                "--cafile",
                str(self.ca),
                "-t",
                topic,
                "--retained-only",
                "-C",
                "1",
                "-W",
                "2",
            ],
            capture_output=True,
            check=False,
        )
        return json.loads(found.stdout) if found.stdout else None

    def reader(self, topic: str) -> Reader:
        plain = self._sub("reader-session", self.plain_port)  # with TLS it ends where the broker goes in the handshake
        reader = Reader([*plain, "-c", "-q", "1", "-t", topic, "-F", "%r %t %p"], self.folder)
        self.readers.append(reader)
        until(lambda: "Received SUBSCRIBE from reader-session" in (self.folder / "log").read_text(errors="replace"))
        return reader

    def _sub(self, id: str, port: int) -> list[str]:
        who = ["-i", id, "-u", "reader", "-P", "reader"]
        return ["mosquitto_sub", "-V", "mqttv311", "-h", "localhost", "-p", str(port), *who]


class Reader:
    """A `mosquitto_sub` with a session that the broker keeps."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._file = folder / "heard"
        with self._file.open("wb") as output:
            self._process = subprocess.Popen(["stdbuf", "-oL", *command], stdout=output)

    def heard(self) -> list[tuple[bool, str, dict[str, Any]]]:
        """(whether retained, topic, message) of everything so far."""
        lines = self._file.read_text().split("\n")[:-1]
        parts = (line.split(" ", 2) for line in lines)
        return [(retained == "1", topic, json.loads(payload)) for retained, topic, payload in parts]

    def ids(self, level: str) -> list[str]:
        return [message["data"]["id"] for _, topic, message in self.heard() if topic.endswith(f"/{level}")]

    def states(self) -> list[str]:
        return [message["state"] for _, topic, message in self.heard() if topic.endswith("/state")]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(5)
