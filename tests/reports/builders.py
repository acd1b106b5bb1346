"""Tables of readings on disk, and the script as a user runs it."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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


def run(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "gauge_study.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env=environment)


def figures(*arguments: object) -> dict[str, object]:
    done = run(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)
