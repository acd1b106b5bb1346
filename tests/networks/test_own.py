"""The project's own models are what their manifests say, with any number of threads; none is loaded before its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from station.documents import read_limited
from station.networks.find import PROJECT_MODELS, find_models
from station.networks.golden import MOST_BYTES, read_golden
from station.networks.load import load_model


@pytest.mark.parametrize("folder", find_models(PROJECT_MODELS).values(), ids=lambda path: path.name)
def test_sound_and_the_same_with_any_number_of_threads(folder: Path) -> None:
    models = [load_model(folder, threads) for threads in (1, 2, 4)]
    given, _ = read_golden(read_limited(folder / models[0].manifest.golden.file, MOST_BYTES))
    first, *others = [model.run(given) for model in models]
    for other in others:
        np.testing.assert_array_equal(other, first)
    assert (folder / "card.md").read_text(encoding="utf-8").startswith("# ")
    assert all(threshold.chosen for threshold in models[0].manifest.thresholds)


def test_the_program_starts_without_a_runtime_for_models() -> None:
    code = "import sys, station.cli, station.app; sys.exit('onnxruntime' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
