"""The scripts of marked text: what they refuse."""

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


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed here")
def test_training_without_torch_says_what_to_install(tmp_path: Path) -> None:
    done = _run("train_text", "--out", str(tmp_path / "text"), "--minutes", "1")
    assert done.returncode == 2
    assert done.stderr.strip() == "train_text: training needs torch, onnx and rapidocr: pip install torch onnx rapidocr"
    assert list(tmp_path.iterdir()) == []


def test_the_bench_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    done = _run("bench_text", "--model", str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stderr.startswith("bench_text: ")
    assert done.stderr.count("\n") == 1
