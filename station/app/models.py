"""The learned models of this station: the project's own, and before them a quality engineer's in STATION_HOME."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

from station.app.services import read_services
from station.cycle.marks.text import MODEL as TEXT_MODEL
from station.cycle.marks.text import alphabet_of
from station.errors import ModelError
from station.genealogy.home import default_home
from station.networks.find import PROJECT_MODELS, find_models
from station.networks.load import Model, load_model


def station_models() -> dict[str, Path]:
    """Name → folder of every model that this station would load."""
    return find_models(PROJECT_MODELS, own_models())


def own_models() -> Path:
    """Where a quality engineer's own models are added."""
    return default_home().models


def model_threads() -> int:
    """With how many threads a model works. Raises: InputError in services.toml."""
    return read_services().networks.threads


class Shelf:
    """The station's models, each opened and checked when it is asked for the first time; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[str, Model] = {}

    def __call__(self, name: str) -> Model:
        """The model of this name. Raises ModelError as `open_model`, every time anew."""
        with self._lock:
            if name not in self._opened:
                self._opened[name] = open_model(name)
            return self._opened[name]


@cache
def process_models() -> Shelf:
    """The shelf of a process that measures many inspections again, one call each."""
    return Shelf()


def text_alphabet() -> str:
    """The characters that this station's text model knows; none where there is no such model, or none to be used."""
    try:
        return alphabet_of(open_model(TEXT_MODEL).manifest)
    except ModelError:
        return ""


def open_model(name: str) -> Model:
    """One model of this station, checked.

    Raises:
        ModelError: there is none of this name, or it must not be used.
    """
    found = station_models()
    if name not in found:
        raise ModelError(
            f"this station has no model {name!r}: add it with scripts/add_model.py", place=str(own_models())
        )
    return load_model(found[name], model_threads())
