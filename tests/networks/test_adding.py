"""A model is added whole or not at all, and the one before it can be put in force again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

import station.networks.adding
from station.documents import sha256_hex
from station.errors import InputError, ModelError
from station.networks.adding import add_model, write_model
from station.networks.golden import golden_bytes
from station.networks.load import load_model
from station.networks.manifest import read_manifest
from station.networks.versions import check_models, go_back, versions_of, withdraw

from .graphs import PICTURE, draft, graph, sums

MANIFEST = """
name = "sum"
version = "{version}"
purpose = "Sums."
[input]
name = "x"
layout = "NCHW"
shape = [0, 1, 0, 0]
channels = ["grey"]
normalisation = "none"
most_values = 10000
[output]
name = "y"
layout = "NCHW"
shape = [0, 1, 0, 0]
meaning = "sum"
[training]
script = "none"
data = "none"
made = "2026-11-23"
[golden]
tolerance = 0.001
"""


def laid(folder: Path, bias: float = 0.5, version: str = "1", *, expected: bool = True) -> dict[str, Path]:
    """What a quality engineer brings: a graph, a draft of the manifest, a golden vector."""
    folder.mkdir(exist_ok=True)
    (folder / "new.onnx").write_bytes(graph(bias))
    (folder / "draft.toml").write_text(MANIFEST.format(version=version), encoding="utf-8")
    if expected:
        (folder / "golden.npz").write_bytes(golden_bytes(PICTURE, sums(PICTURE, bias)))
    else:
        np.savez(folder / "golden.npz", input=PICTURE)
    return {"graph": folder / "new.onnx", "manifest": folder / "draft.toml"}


@pytest.mark.parametrize("expected", [True, False])
def test_what_is_computed_stands_in_the_manifest(tmp_path: Path, expected: bool) -> None:
    made = add_model(tmp_path / "models", "sum", **laid(tmp_path / "new", expected=expected))
    folder = tmp_path / "models" / "sum"
    assert read_manifest(folder / "model.toml") == made
    assert made.sha256 == sha256_hex(graph())
    assert made.opset == 17
    assert load_model(folder, 2).manifest == made
    with np.load(folder / made.golden.file) as stored:
        np.testing.assert_allclose(stored["output"], sums(PICTURE), atol=1e-4)


def test_a_golden_output_of_the_trainer_that_does_not_come_out_is_refused(tmp_path: Path) -> None:
    files = laid(tmp_path / "new")
    (tmp_path / "new" / "golden.npz").write_bytes(golden_bytes(PICTURE, sums(PICTURE, 0.7)))
    with pytest.raises(ModelError, match=r"golden vector comes out 0\.2 away"):
        add_model(tmp_path / "models", "sum", **files)
    assert not (tmp_path / "models").exists()


def test_a_hash_that_the_draft_names_must_be_that_of_the_graph(tmp_path: Path) -> None:
    files = laid(tmp_path / "new")
    text = files["manifest"].read_text(encoding="utf-8")
    files["manifest"].write_text(f'sha256 = "{"ab" * 32}"\n{text}', encoding="utf-8")
    with pytest.raises(ModelError, match=r"new\.onnx is not the file whose SHA-256 this manifest names"):
        add_model(tmp_path / "models", "sum", **files)


def test_another_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="manifest of 'sum', not of 'surface'"):
        add_model(tmp_path / "models", "surface", **laid(tmp_path / "new"))


@pytest.mark.parametrize("spoil", [b"", b"PK", b"no zip"])
def test_a_golden_vector_that_is_none(tmp_path: Path, spoil: bytes) -> None:
    files = laid(tmp_path / "new")
    (tmp_path / "new" / "golden.npz").write_bytes(spoil)
    with pytest.raises(ModelError, match=r"golden\.npz: the golden vector cannot be read"):
        add_model(tmp_path / "models", "sum", **files)


def test_a_golden_vector_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    files = laid(tmp_path / "new")
    stream = io.BytesIO()
    np.savez(stream, input=np.array([{"a": 1}], dtype=object))
    (tmp_path / "new" / "golden.npz").write_bytes(stream.getvalue())
    with pytest.raises(ModelError, match="cannot be read"):
        add_model(tmp_path / "models", "sum", **files)


def test_a_manifest_without_golden(tmp_path: Path) -> None:
    files = laid(tmp_path / "new")
    text = files["manifest"].read_text(encoding="utf-8").split("[golden]")[0]
    files["manifest"].write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="golden: the key 'tolerance' is missing"):
        add_model(tmp_path / "models", "sum", **files)


def test_the_model_before_holds_until_the_new_manifest_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    first = add_model(models, "sum", **laid(tmp_path / "new"))
    files = laid(tmp_path / "new", 0.8, "2")
    wrote = station.networks.adding.write_whole
    for stops_at in range(4):
        done: list[Path] = []

        def cut(path: Path, data: bytes, done: list[Path] = done, stops_at: int = stops_at) -> Any:
            if len(done) == stops_at:
                raise OSError(28, "No space left on device")
            done.append(path)
            return wrote(path, data)

        monkeypatch.setattr(station.networks.adding, "write_whole", cut)
        with pytest.raises(InputError, match="No space left on device"):
            add_model(models, "sum", **files)
        assert load_model(models / "sum", 1).manifest == first
    monkeypatch.setattr(station.networks.adding, "write_whole", wrote)
    assert add_model(models, "sum", **files).version == "2"
    assert load_model(models / "sum", 1).manifest.version == "2"


def test_going_back_and_forth_and_out(tmp_path: Path) -> None:
    models = tmp_path / "models"
    folder = models / "sum"
    for version, bias in (("1", 0.5), ("2", 0.8)):
        add_model(models, "sum", **laid(tmp_path / "new", bias, version))
    assert [(one.manifest.version, one.is_active) for one in versions_of(folder)] == [("2", True), ("1", False)]
    first = versions_of(folder)[1].id
    assert go_back(folder).version == "1"
    np.testing.assert_allclose(load_model(folder, 1).run(PICTURE), sums(PICTURE, 0.5), atol=1e-3)
    assert go_back(folder).version == "2"
    assert go_back(folder, first).version == "1"
    with pytest.raises(InputError, match=f"no one earlier version '{first}'"):
        go_back(folder, first)
    withdraw(folder)
    with pytest.raises(InputError, match="no model to withdraw"):
        withdraw(folder)
    assert go_back(folder, first).version == "1"


def test_going_back_to_a_version_whose_file_was_altered(tmp_path: Path) -> None:
    models = tmp_path / "models"
    for version, bias in (("1", 0.5), ("2", 0.8)):
        add_model(models, "sum", **laid(tmp_path / "new", bias, version))
    old = versions_of(models / "sum")[1].manifest
    (models / "sum" / old.file).write_bytes(graph(0.51))
    with pytest.raises(ModelError, match="SHA-256"):
        go_back(models / "sum")
    assert load_model(models / "sum", 1).manifest.version == "2"


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no earlier version"):
        go_back(tmp_path / "sum")


def test_the_projects_own_models_have_plain_names(tmp_path: Path) -> None:
    write_model(tmp_path / "sum", graph(), draft(), PICTURE)
    assert sorted(path.name for path in (tmp_path / "sum").iterdir()) == ["golden.npz", "model.onnx", "model.toml"]


def test_a_folder_of_another_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="belongs into a folder of its name"):
        write_model(tmp_path / "other", graph(), draft(), PICTURE)


def test_settings_that_toml_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a manifest cannot hold NoneType"):
        write_model(tmp_path / "sum", graph(), draft(settings={"a": None}), PICTURE)


def test_a_golden_input_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="larger than"):
        write_model(tmp_path / "sum", graph(), draft(), np.zeros((1, 1, 1100, 1000), np.float32))


def test_a_station_knows_which_of_its_models_are_sound(tmp_path: Path) -> None:
    for name in ("sum", "text"):
        write_model(tmp_path / name, graph(), draft(name), PICTURE)
    (tmp_path / "text" / "model.onnx").write_bytes(graph(0.9))
    sound, spoilt = check_models({name: tmp_path / name for name in ("sum", "text")}, 1)
    assert sound.manifest is not None
    assert not sound.fault
    assert spoilt.manifest is None
    assert "the model 'text' must not be used" in spoilt.fault


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"cannot be written \(Permission denied"):
        write_model(tmp_path / "sum", graph(), draft(), PICTURE)
