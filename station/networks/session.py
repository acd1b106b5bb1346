"""A session of onnxruntime: one graph on the processor, with a fixed number of threads, and nothing beside it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_S = 60.0  # of one call: a graph may have loops, and a cycle must come to an end
_FLOAT = "tensor(float)"
_NOWHERE = "/dev/null/no-external-data"  # what a graph names beside itself is looked for here, and cannot be found
_FATAL = 4  # what goes wrong is raised; onnxruntime need not print it, too
_MOST_WORDS = 160


class Session:
    """One input, one output, both float32; `run` may be called by several threads at a time.

    The same input gives the same output: kernels that add up in any order are switched off. What onnxruntime objects
    to is a ValueError in one line.
    """

    def __init__(self, data: bytes, threads: int) -> None:
        import onnxruntime as ort

        ort.disable_telemetry_events()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        options.log_severity_level = _FATAL
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", _NOWHERE)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave the Pi's cores to the others
        try:
            self._session: Any = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base of their own
            raise ValueError(_one_line(error)) from error

    def check(self, given: str, given_rank: tuple[int, ...], found: str, found_rank: tuple[int, ...]) -> None:
        """Hold the graph's one input and one output against names and shapes (0: any). Raises: ValueError."""
        for what, nodes, name, shape in (
            ("input", self._session.get_inputs(), given, given_rank),
            ("output", self._session.get_outputs(), found, found_rank),
        ):
            if len(nodes) != 1 or nodes[0].name != name:
                names = ", ".join(repr(node.name) for node in nodes[:5])
                raise ValueError(f"its {what} is {names}, not {name!r}")
            if nodes[0].type != _FLOAT:
                raise ValueError(f"its {what} is {nodes[0].type}, not float32")
            lengths = [length if isinstance(length, int) else 0 for length in nodes[0].shape]
            if len(lengths) != len(shape) or any(a and b and a != b for a, b in zip(lengths, shape, strict=True)):
                raise ValueError(f"its {what} has the shape {nodes[0].shape}, not {list(shape)}")

    def run(self, given: Floats) -> Floats:
        """The output for an input. Raises: ValueError, also when there is none within `MOST_S`."""
        import onnxruntime as ort

        name = self._session.get_inputs()[0].name
        options = ort.RunOptions()
        options.log_severity_level = _FATAL
        watch = threading.Timer(MOST_S, setattr, (options, "terminate", True))
        watch.daemon = True
        watch.start()
        try:
            (found,) = self._session.run(None, {name: np.ascontiguousarray(given, np.float32)}, options)
        except Exception as error:  # as above
            raise ValueError(_one_line(error)) from error
        finally:
            watch.cancel()
        if not isinstance(found, np.ndarray) or found.dtype != np.float32:
            raise ValueError("its output is no array of float32")
        return found


def _one_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…"
