"""The scripts of marked text: what they refuse, and the intervals that the bench states."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script of the project, run from its root."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, f"scripts/{name}.py", *arguments], capture_output=True, text=True, cwd=ROOT, env=environment
    )


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is not None, reason="tensorflow is installed here")
def test_training_without_tensorflow_says_what_to_install(tmp_path: Path) -> None:
    done = _run("train_text", "--out", str(tmp_path / "text"), "--minutes", "1")
    assert done.returncode == 2
    assert done.stderr.strip() == "train_text: training needs tensorflow: pip install tensorflow-cpu"
    assert list(tmp_path.iterdir()) == []


def test_the_bench_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    done = _run("bench_text", "--model", str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr.startswith("bench_text: ")
    assert done.stderr.count("\n") == 1


def test_the_intervals_are_wilsons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmark.text_table import wilson

    # Brown, Cai, DasGupta (2001), and the closed forms at the ends: z²/(n + z²)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
