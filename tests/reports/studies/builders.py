"""Tables of readings on disk, and the script as a user runs it."""

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]


def write(path: Path, head: str, rows: Iterable[Sequence[object]], separator: str = ",") -> Path:
    lines = [head.replace(",", separator), *(separator.join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def crossed_rows(measurements):
    """[operator][part][trial] as rows of part, operator, trial, value."""
    return [
        (p, "ABC"[o], t, value)
        for o, of_operator in enumerate(measurements)
        for p, of_part in enumerate(of_operator, start=1)
        for t, value in enumerate(of_part, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run printed."""

    returncode: int
    stdout: str
    stderr: str


@cache
def script() -> ModuleType:
    """The script as a module: starting Python for every case would take minutes."""
    found = spec_from_file_location("gauge_study", ROOT / "scripts" / "gauge_study.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def run(*arguments: object) -> Done:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        try:
            status = script().main([str(a) for a in arguments])
        except SystemExit as end:  # argparse's own refusals
            status = int(end.code or 0)
    return Done(status, out.getvalue(), errors.getvalue())


def run_alone(*arguments: object) -> Done:
    """In a process of its own, as a user does."""
    command = [sys.executable, ROOT / "scripts" / "gauge_study.py", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return Done(done.returncode, done.stdout, done.stderr)


def figures(*arguments: object) -> dict[str, object]:
    done = run(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)
