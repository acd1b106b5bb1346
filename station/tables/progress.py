"""Signs of life on standard error for whatever takes longer than two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


@contextmanager
def working(sentence: str, *, quiet: bool) -> Iterator[None]:
    """A spinner on standard error while something takes its time; nothing where nobody looks."""
    err = Console(stderr=True)
    if quiet or not err.is_terminal:
        yield
        return
    with err.status(sentence):
        yield


class Bar:
    """A progress bar on standard error for anything that may take longer than two seconds."""

    def __init__(self, title: str, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        err = Console(stderr=True)
        self._progress = Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal)
        self._task = self._progress.add_task(title, total=None)

    def update(self, done: int, total: int) -> None:
        """So many of so many are done."""
        self._progress.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
