"""What people would read a mark with otherwise: Tesseract, and PP-OCR as `rapidocr` packs it; each may be missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.text.ctc import merged
from station.vision.text.verify import Looked, look_alike_classes, looked_at

Gray = NDArray[np.uint8]

TESSERACT = "tesseract is missing: apt install tesseract-ocr"
RAPID = "the models of rapidocr are missing: pip install rapidocr"
_HEIGHT_PX = 48


def tesseract() -> Callable[[Gray], str] | None:
    """Tesseract on one line of text (--psm 7), enlarged to what it wants; None where it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return None

    def read(strip: Gray) -> str:
        scale = max(1.0, 64 / strip.shape[0])
        large = cv2.resize(strip, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        data = cv2.imencode(".png", large)[1].tobytes()
        done = subprocess.run(
            [str(program), "-", "-", "--psm", "7"], input=data, capture_output=True, check=False, timeout=60
        )
        return done.stdout.decode("utf-8", "replace").strip()

    return read


class RapidReader:
    """The recogniser of PP-OCR v6 (small) from the package `rapidocr`, run by onnxruntime without the rest of it."""

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._letters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._name = self._session.get_inputs()[0].name

    def scores(self, strip: Gray) -> NDArray[np.float64]:
        """(t, 18710) ln p; class 0 is nothing."""
        width = max(16, round(strip.shape[1] * _HEIGHT_PX / strip.shape[0]))
        sized = cv2.resize(strip, (width, _HEIGHT_PX)).astype(np.float32) / 127.5 - 1
        found = self._session.run(None, {self._name: np.repeat(sized[None, None], 3, axis=1)})[0][0]
        return np.log(np.maximum(np.asarray(found, np.float64), 1e-9))

    def read(self, strip: Gray) -> str:
        """The likeliest path."""
        said = self.scores(strip).argmax(1)
        changed = np.concatenate([[True], said[1:] != said[:-1]])
        return "".join(self._letter(c) for c in said[changed] if c)

    def look(self, strips: Sequence[Gray], alphabet: str) -> Looked:
        """Its scores in the classes of `alphabet`, for the same verification as our own."""
        classes = [self._letters.index(letter) + 1 if letter in self._letters else -1 for letter in alphabet]
        columns = []
        for strip in strips:
            scores = self.scores(strip)
            ours = np.full((len(scores), len(alphabet) + 1), np.log(1e-9))
            for number, index in enumerate(classes):
                if index > 0:
                    ours[:, number] = scores[:, index]
            ours[:, -1] = np.logaddexp(scores[:, 0], scores[:, -1])  # nothing, and the space
            columns.append(merged(ours, look_alike_classes(alphabet)))
        return looked_at(columns, alphabet, strips[0].shape[1], len(strips))

    def _letter(self, index: int) -> str:
        return self._letters[index - 1] if index <= len(self._letters) else " "


def rapid() -> RapidReader | None:
    """The reader, or None where the package is not installed."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        return None
    files = sorted((Path(spec.origin).parent / "models").glob("*_rec_*.onnx"))
    return RapidReader(files[-1]) if files else None
