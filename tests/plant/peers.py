"""Debian's nats-server and PostgreSQL, each in a folder of its own on a free port, started and killed at will."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine

NATS = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
POSTGRESQL = max(Path("/usr/lib/postgresql").glob("*/bin/postgres"), default=None, key=lambda path: path.parts[4])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits until it holds, and fails when it does not."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"not within {seconds} s: {what.__qualname__}"
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as found:
        found.settimeout(0.5)
        return found.connect_ex(("127.0.0.1", port)) == 0


class Hub:
    """nats-server with JetStream."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.store = folder / "jetstream"
        self.settings = f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{self.store}" }}\n{more}\n'
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        assert NATS is not None
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "nats.conf"
        path.write_text(self.settings)
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([NATS, "-c", str(path)], stdout=log, stderr=log)
        until(lambda: answers(self.port))

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def lose_everything(self) -> None:
        """The disk is gone, with all that was acknowledged."""
        self.kill()
        shutil.rmtree(self.store)


class Server:
    """PostgreSQL with a cluster of its own; as root it runs as the user that Debian made for it."""

    def __init__(self, folder: Path) -> None:
        assert POSTGRESQL is not None
        self._bin, self._data, self.port = POSTGRESQL.parent, folder / "data", free_port()
        self._folder = folder
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._made = 0

    def make(self) -> None:
        self._folder.mkdir(exist_ok=True)
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
            for above in self._folder.parents:  # a TMPDIR of our own is closed to that user
                if not above.stat().st_mode & 0o001:
                    above.chmod(above.stat().st_mode | 0o001)
        self._run("initdb", "-D", str(self._data), "-U", "plant", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is what a power cut leaves: it recovers from its log at the next start."""
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        name = f"plant{self._made}"
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://plant@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        as_user = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid}
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            extra_groups=[] if self._user is not None else None,
            **as_user,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stderr
