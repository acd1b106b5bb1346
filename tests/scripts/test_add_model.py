"""A quality engineer adds a model, has it checked, goes back to the one before and takes it out again."""

from __future__ import annotations

from pathlib import Path

import pytest

import station.app.models
from station.app import open_model
from station.errors import ModelError
from station.networks.adding import write_model
from tests.cli.program import script
from tests.networks.graphs import PICTURE, draft, graph
from tests.networks.test_adding import laid


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A station with one model of the project."""
    monkeypatch.setenv("STATION_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(station.app.models, "PROJECT_MODELS", tmp_path / "project")
    write_model(tmp_path / "project" / "sum", graph(0.1), draft("sum", version="0"), PICTURE)
    return tmp_path / "home"


def add(folder: Path, bias: float = 0.5, version: str = "1") -> tuple[object, ...]:
    files = laid(folder, bias, version)
    return ("sum", "--onnx", files["graph"], "--manifest", files["manifest"])


def test_from_adding_to_withdrawing(tmp_path: Path, home: Path) -> None:
    assert open_model("sum").manifest.version == "0"
    for version, bias in (("1", 0.5), ("2", 0.8)):
        done = script("add_model.py", *add(tmp_path / "new", bias, version))
        assert done.status == 0, done.err
        assert f"Added to {home / 'models' / 'sum'}" in done.out.replace("\n", "")
        assert open_model("sum").manifest.version == version
    listed = script("add_model.py", "sum", "--versions", "--json").document["versions"]
    assert [(one["version"], one["active"]) for one in listed] == [("2", True), ("1", False)]
    assert "in force" in script("add_model.py", "sum", "--versions").out
    assert script("add_model.py", "sum", "--back", listed[1]["id"], "--json").document["version"] == "1"
    assert open_model("sum").manifest.version == "1"
    assert "withdrawn" in script("add_model.py", "sum", "--withdraw").out
    assert open_model("sum").manifest.version == "0"


def test_checks_what_the_station_would_load(tmp_path: Path) -> None:
    done = script("add_model.py", "--check")
    assert done.status == 0
    assert "✓ sound" in done.out
    (tmp_path / "project" / "sum" / "model.onnx").write_bytes(graph(0.2))
    done = script("add_model.py", "--check")
    assert done.status == 1
    assert "✗ refused" in done.out
    assert "the model 'sum' must not be used" in " ".join(done.out.split())
    (checked,) = script("add_model.py", "--check", "--json").document["models"]
    assert "SHA-256" in checked["fault"]


def test_refuses_in_one_sentence(tmp_path: Path, home: Path) -> None:
    files = add(tmp_path / "new")
    assert "manifest of 'sum', not of 'text'" in script("add_model.py", "text", *files[1:]).sentence
    assert "a model needs --onnx FILE and --manifest FILE" in script("add_model.py", "sum").sentence
    assert "a model's name is 1 to 40" in script("add_model.py", "../sum", *files[1:]).sentence
    assert "no such file" in script("add_model.py", *files[:2], tmp_path / "none.onnx", *files[3:]).sentence
    assert "no earlier version" in script("add_model.py", "sum", "--back").sentence
    (tmp_path / "new" / "new.onnx").write_bytes(b"no graph")
    assert "cannot be added" in script("add_model.py", *files).sentence
    assert not (home / "models").exists()


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ModelError, match=r"this station has no model 'text': add it with scripts/add_model\.py"):
        open_model("text")


def test_threads_are_those_of_the_services(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "services.toml").write_text("[networks]\nthreads = 3\n")
    asked: list[int] = []
    monkeypatch.setattr(station.app.models, "load_model", lambda _, threads: asked.append(threads))
    open_model("sum")
    assert asked == [3]
