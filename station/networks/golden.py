"""The golden vector of a model: a stored input, and what the model must make of it on every machine."""

from __future__ import annotations

import io
import zipfile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_BYTES = 8 * 1024 * 1024


def golden_bytes(given: Floats, expected: Floats) -> bytes:
    """The file for these two arrays. Raises: ValueError when they are too large for one."""
    stream = io.BytesIO()
    np.savez(stream, input=np.asarray(given, np.float32), output=np.asarray(expected, np.float32))
    data = stream.getvalue()
    if len(data) > MOST_BYTES:
        raise ValueError(f"the golden vector is larger than {MOST_BYTES:,} bytes: a small input does")
    return data


def read_golden(data: bytes) -> tuple[Floats, Floats | None]:
    """Input and expected output of a golden file, finite float32; None where the output is still to be computed.

    Raises:
        ValueError: it is not one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:  # before anything is unpacked: how much it would be
            if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
                raise ValueError("it is too large when unpacked")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            found = [arrays[name] for name in ("input", "output") if name == "input" or name in arrays]
    except (ValueError, zipfile.BadZipFile, OSError, EOFError, KeyError, MemoryError, RuntimeError) as error:
        raise ValueError(f"the golden vector cannot be read ({error})") from error
    if not all(array.dtype == np.float32 and array.size and np.isfinite(array).all() for array in found):
        raise ValueError("the golden vector must hold finite float32 numbers")
    return found[0], found[1] if len(found) > 1 else None


def difference(found: Floats, expected: Floats | None) -> float:
    """The largest difference of a value; infinite where the shapes differ or there is nothing expected."""
    if expected is None or found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found.astype(np.float64) - expected).max())
