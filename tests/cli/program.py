"""Running the program and the scripts as their users do, but within this process where nothing else is needed."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from station.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; NaN and the like are no JSON."""

        def refuse(literal: str) -> float:
            raise AssertionError(f"{literal} is no JSON number")

        return json.loads(self.out, parse_constant=refuse)

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal: exit 2, nothing on standard output, one line without a traceback."""
        assert self.status == 2, (self.status, self.out, self.err)
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


def station(home: Path, *args: object, out: Any = None) -> Ran:
    """`station ARGS…` with this STATION_HOME; `out` takes the place of standard output."""
    return _run(main, ["station", *map(str, args)], {"STATION_HOME": str(home), "STATION_ID": "cell-test"}, out)


def script(name: str, *args: object) -> Ran:
    """`scripts/NAME ARGS…`."""
    path = ROOT / "scripts" / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _run(lambda: sys.exit(module.main()), [str(path), *map(str, args)], {})


def _run(entry: Callable[[], None], argv: list[str], environment: dict[str, str], other: Any = None) -> Ran:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", argv),
        patch.dict(os.environ, environment),
        contextlib.redirect_stdout(other or out),
        contextlib.redirect_stderr(err),
    ):
        try:
            entry()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    return Ran(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def made_once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that all of the session's processes share, and whether this one has to fill it."""
    base = factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = root / f"once-{name}"
    with (root / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "made"
        missing = not done.exists()
        folder.mkdir(exist_ok=True)
        yield folder, missing
        done.touch()
