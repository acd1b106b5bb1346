"""A peer that is a program of its own: it can be killed, and come back."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """Runs until it is killed; `running` is what it says when it is ready, None for one that says nothing."""

    def __init__(self, *command: str, running: str | None = "running") -> None:
        self._command, self._running = command, running
        self.start()

    def start(self) -> None:
        """Again, after it was killed."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, env=environment, text=True)
        if self._running is None:
            time.sleep(0.5)
        else:
            assert self.process.stdout is not None
            assert self.process.stdout.readline() == f"{self._running}\n"

    def kill(self) -> None:
        """Twice is once."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
