"""A learned model, used only when it is the one that its manifest describes and computes here what it did there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from station.documents import read_limited, sha256_hex
from station.errors import InputError, ModelError
from station.networks.golden import MOST_BYTES, difference, read_golden
from station.networks.graph import opsets_of
from station.networks.manifest import NAME, Manifest, read_manifest
from station.networks.session import Session

Floats = NDArray[np.float32]

MOST_MODEL_BYTES = 64 * 1024 * 1024
_WHAT_TO_DO = "put its files back as they were, or add it anew with scripts/add_model.py"


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was checked; `sha256` is that of its ONNX file and names it in records."""

    name: str
    sha256: str
    manifest: Manifest
    _session: Session = field(repr=False, compare=False)

    def run(self, x: Floats) -> Floats:
        """The model's output for one input, both float32 and laid out as the manifest says; for any thread.

        Raises:
            ModelError: the input does not fit, onnxruntime gave up, or the output has numbers that are none.
        """
        asked = self.manifest.input
        fits = x.dtype == np.float32 and x.ndim == len(asked.shape) and x.size > 0
        if not fits or any(want and want != have for want, have in zip(asked.shape, x.shape, strict=True)):
            said = f"{x.dtype} of shape {list(x.shape)} is not float32 {asked.layout} {list(asked.shape)}"
            raise ModelError(f"the model {self.name!r} was given the wrong input: {said}")
        if x.size > asked.most_values:
            allowed = f"its manifest allows {asked.most_values:,}"
            raise ModelError(f"the model {self.name!r} was given {x.size:,} values at once, {allowed}")
        try:
            found = self._session.run(x)
        except ValueError as error:
            raise ModelError(f"the model {self.name!r} failed: {error}") from error
        if not np.isfinite(found).all():  # NaN lies below every threshold: it must not look like a good part
            raise ModelError(f"the model {self.name!r} gave numbers that are none")
        return found


def load_model(folder: Path, threads: int) -> Model:
    """The model of a folder `NAME/` with `model.toml`, its ONNX file and its golden vector.

    The session is made of the very bytes whose hash was checked.

    Raises:
        ModelError: one sentence that names the model and says what to do: a file is missing, altered or too large, the
            graph does not fit the manifest, or the golden vector comes out otherwise.
    """
    try:
        manifest = read_manifest(folder / NAME)
        if manifest.name != folder.name:
            raise InputError(f"this is the manifest of {manifest.name!r}", place=str(folder / NAME))
        graph = read_limited(folder / manifest.file, MOST_MODEL_BYTES)
        golden = read_limited(folder / manifest.golden.file, MOST_BYTES)
    except InputError as error:
        raise _refusal(folder.name, error.sentence, error.place) from error
    return model_of(manifest, graph, golden, threads, place=str(folder))


def model_of(manifest: Manifest, graph: bytes, golden: bytes, threads: int, *, place: str) -> Model:
    """The model of these bytes; raises as `load_model`."""
    for file, sha256, data in (
        (manifest.file, manifest.sha256, graph),
        (manifest.golden.file, manifest.golden.sha256, golden),
    ):
        if sha256_hex(data) != sha256:
            raise _refusal(manifest.name, f"{file} is not the file whose SHA-256 the manifest names", place)
    try:
        if opsets_of(graph).get("") != manifest.opset:
            raise ValueError(f"{manifest.file} is not of opset {manifest.opset}")
        session = Session(graph, threads)
        given, found = manifest.input, manifest.output
        session.check(given.name, given.shape, found.name, found.shape)
        vector, expected = read_golden(golden)
        model = Model(manifest.name, manifest.sha256, manifest, session)
        apart = difference(model.run(vector), expected)
    except (ValueError, ModelError) as error:
        raise _refusal(manifest.name, str(error), place) from error
    if apart > manifest.golden.tolerance:
        why = f"its golden vector comes out {apart:.3g} away, {manifest.golden.tolerance:.3g} is allowed"
        raise _refusal(manifest.name, why, place)
    return model


def _refusal(name: str, why: str, place: str) -> ModelError:
    return ModelError(f"the model {name!r} must not be used: {why}; {_WHAT_TO_DO}", place=place)
