"""Adding a model: its hashes and its golden vector are computed, everything is checked as at loading, and only then
does the manifest, which says what the other files are, take the place of the one that was there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from station.documents import read_limited, sha256_hex
from station.durable import write_whole
from station.errors import InputError, ModelError
from station.facts import read_table
from station.networks.golden import MOST_BYTES, golden_bytes, read_golden
from station.networks.graph import opsets_of
from station.networks.load import MOST_MODEL_BYTES, Model, model_of
from station.networks.manifest import NAME, Golden, Input, Manifest, Output, Threshold, Training, manifest_of
from station.networks.session import Session
from station.networks.written import toml_of

Floats = NDArray[np.float32]

SHORT = 8  # digits of a hash in a file's name
_OPEN = 64 * "0"  # a hash that is still to be computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What people say in a manifest; hashes, operator set and file names are found."""

    name: str
    version: str
    purpose: str
    input: Input
    output: Output
    training: Training
    tolerance: float
    thresholds: tuple[Threshold, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def add_model(
    models: Path, name: str, graph: Path, manifest: Path, golden: Path | None = None, *, threads: int = 1
) -> Manifest:
    """A quality engineer's own model, into `models/NAME`; the versions before it stay there to go back to.

    `manifest` need not have hashes, operator set and file names; a hash that it has must be that of `graph`. `golden`
    is an `.npz` with the array `input`, and with `output` where that was computed elsewhere (default: the one that the
    manifest names, or `golden.npz`, beside the manifest).

    Raises:
        InputError: a file or a key.
        ModelError: the graph cannot be loaded, does not fit the manifest, or computes something else.
    """
    data = read_limited(graph, MOST_MODEL_BYTES)
    asked = _asked(manifest)
    if asked.name != name:
        raise ModelError(f"this is the manifest of {asked.name!r}, not of {name!r}", place=str(manifest))
    if asked.sha256 not in (_OPEN, sha256_hex(data)):
        raise ModelError(f"{graph.name} is not the file whose SHA-256 this manifest names", place=str(manifest))
    said = {one.name: getattr(asked, one.name) for one in fields(Draft) if one.name != "tolerance"}
    vector = golden or manifest.parent / asked.golden.file
    try:
        given, expected = read_golden(read_limited(vector, MOST_BYTES))
    except ValueError as error:
        raise ModelError(str(error), place=str(vector)) from error
    draft = Draft(**said, tolerance=asked.golden.tolerance)
    return write_model(models / name, data, draft, given, expected, threads=threads, keep=True)


def _asked(path: Path) -> Manifest:
    """The manifest of a file in which what is computed may still be missing."""
    table = read_table(path)
    golden = table.get("golden", {})
    if isinstance(golden, dict):
        golden = {"file": "golden.npz", "sha256": _OPEN, **golden}
    return manifest_of({"file": "model.onnx", "opset": 0, "sha256": _OPEN, **table, "golden": golden}, str(path))


def write_model(
    folder: Path,
    graph: bytes,
    draft: Draft,
    golden_input: Floats,
    golden_output: Floats | None = None,
    *,
    threads: int = 1,
    keep: bool = False,
) -> Manifest:
    """A model into `folder`, checked before anything is written; without `golden_output` onnxruntime's is stored.

    With `keep` every version has files of its own and the one before it goes on to work until the manifest is there;
    without, the files have the plain names that the project's own models have.

    Raises:
        InputError: the folder cannot be written.
        ModelError: the graph cannot be loaded, does not fit the manifest, or computes something else.
    """
    sha256 = sha256_hex(graph)
    try:
        if golden_output is None:
            golden_output = Session(graph, threads).run(golden_input)
        golden = golden_bytes(golden_input, golden_output)
        opset = opsets_of(graph).get("", 0)
    except ValueError as error:
        raise ModelError(f"the model {draft.name!r} cannot be added: {error}", place=str(folder)) from error
    file, vector = "model.onnx", "golden.npz"
    if keep:
        file, vector = f"model-{sha256[:SHORT]}.onnx", f"golden-{sha256_hex(golden)[:SHORT]}.npz"
    made = Manifest(
        draft.name, draft.version, draft.purpose, file, sha256, opset, draft.input, draft.output, draft.training,
        Golden(vector, sha256_hex(golden), draft.tolerance), draft.thresholds, draft.settings,
    )  # fmt: skip
    text = toml_of(made).encode()
    model = _checked(made, graph, golden, threads, folder)
    files = {file: graph, vector: golden, NAME: text}
    if keep:
        files = {file: graph, vector: golden, kept_name(text): text, NAME: text}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():  # the manifest last: until then the one before it holds
            write_whole(folder / name, data)
    except OSError as error:
        raise InputError(f"the model cannot be written ({error.strerror})", place=str(folder)) from error
    return model.manifest


def kept_name(text: bytes) -> str:
    """The file that keeps a manifest after the next one took its place."""
    return f"manifest-{sha256_hex(text)[:SHORT]}.toml"


def _checked(made: Manifest, graph: bytes, golden: bytes, threads: int, folder: Path) -> Model:
    if folder.name != made.name:
        raise ModelError(f"the model {made.name!r} belongs into a folder of its name", place=str(folder))
    return model_of(made, graph, golden, threads, place=str(folder))
