"""Training of the recogniser on strips that are drawn while it trains: no sample is seen twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from station.durable import write_whole
from station.training.text.network import INPUT, ours, shipped
from station.vision.text.alphabet import ALPHABET
from station.vision.text.prepare import HEIGHT_PX, STRETCH, flattened, resized

if TYPE_CHECKING:
    from onnx import ModelProto

INSTALL = "training needs torch, onnx and rapidocr: pip install torch onnx rapidocr"
_WIDTHS_PX = (160, 256, 352, 512, 704)
_BATCH_PX = 16 * 352  # columns of strips in a batch
_RATE, _LAST_RATE, _WARM_STEPS = 1e-4, 2e-6, 100
_SHORTEST = 3  # characters: a shorter string counts as one of so many
_INDEX = {letter: number for number, letter in enumerate(ALPHABET)}

Batch: TypeAlias = tuple[NDArray[np.float16], list[str]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is: `share` of its time, `steps`, mean `loss` for a character since the last report."""

    share: float
    steps: int
    loss: float


def train(
    minutes: float, kept: Path, seed: int, report: Callable[[Progress], None], start: Path | None = None
) -> bytes:
    """Train for so many minutes, from the shipped recogniser or from the graph of an earlier training; gives the graph,
    which is also `kept` on the way.

    Connectionist temporal classification (Graves et al. 2006), AdamW with a warm start and half a cosine, in half
    precision (bfloat16).

    Raises:
        ImportError: torch, onnx or rapidocr is not there.
        FileNotFoundError: no fonts to draw with, or no graph to start from.
    """
    try:
        import onnx
        import torch

        from station.training.text.torch_graph import TorchGraph

        model = ours(onnx.load(shipped())) if start is None else onnx.load(start)
    except ImportError as error:
        raise ImportError(INSTALL) from error
    if minutes <= 0:
        return bytes(model.SerializeToString())

    network = TorchGraph(model)
    weights = list(network.parameters())
    optimizer = torch.optim.AdamW(weights, lr=_RATE, weight_decay=1e-3)
    batches, process = _producer(seed)
    began = written = time.monotonic()
    losses: list[float] = []
    steps = 0
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        strips, texts = batches.get()
        for group in optimizer.param_groups:
            cosine = 0.5 + 0.5 * np.cos(np.pi * share)
            group["lr"] = _RATE * min(1.0, (steps + 1) / _WARM_STEPS) * cosine + _LAST_RATE
        with torch.autocast("cpu", dtype=torch.bfloat16):
            log_p = network(torch.from_numpy(strips.astype(np.float32))[:, None])
        loss = _loss(torch, log_p.float(), texts)
        optimizer.zero_grad()
        loss.backward()
        steepness = torch.nn.utils.clip_grad_norm_(weights, 1.0)
        if torch.isfinite(steepness):
            optimizer.step()
        losses.append(float(loss.detach()))
        steps += 1
        if steps % 100 == 0:
            report(Progress(share, steps, float(np.mean(losses))))
            losses.clear()
            if time.monotonic() - written > 120:
                write_whole(kept, _graph(network, model))
                written = time.monotonic()
    process.terminate()
    graph = _graph(network, model)
    write_whole(kept, graph)
    return graph


def session_of(graph: bytes) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """A graph as the recogniser that `verify` takes, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda strips: np.asarray(session.run(None, {INPUT: strips})[0], np.float32)


def _loss(torch: Any, log_p: Any, texts: list[str]) -> Any:
    """Mean of the strings' losses by character, for (n, t, classes); one that does not fit in its columns has none."""
    lengths = torch.tensor([len(text) for text in texts])
    labels = torch.tensor([_INDEX[letter] for text in texts for letter in text])
    columns = torch.full((len(texts),), log_p.shape[1])
    losses = torch.nn.functional.ctc_loss(
        log_p.permute(1, 0, 2), labels, columns, lengths, blank=len(ALPHABET), reduction="none", zero_infinity=True
    )
    return (losses / lengths.clamp(min=_SHORTEST)).mean()


def _graph(network: Any, model: ModelProto) -> bytes:
    network.put_back(model)
    return bytes(model.SerializeToString())


def _producer(seed: int) -> tuple[Any, Any]:
    context = get_context("spawn")
    batches = context.Queue(60)
    process = context.Process(target=_produce, args=(batches, seed), daemon=True)
    process.start()
    return batches, process


def _produce(batches: Any, seed: int) -> None:
    import cv2

    from station.training.text.fonts import Drawer, training_fonts
    from station.training.text.metal import Faces
    from station.training.text.samples import sample

    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    drawer, faces = Drawer(training_fonts()), Faces(rng)
    waiting: dict[int, list[tuple[NDArray[np.float16], str]]] = {width: [] for width in _WIDTHS_PX}
    ratios = tuple(width / HEIGHT_PX / STRETCH for width in _WIDTHS_PX)
    while True:
        drawn = sample(rng, drawer, faces, ratios)
        height, natural = drawn.strip.shape
        fitting = [width for width in _WIDTHS_PX if natural * HEIGHT_PX * STRETCH <= (width + 3) * height]
        if not fitting:
            continue
        rest = waiting[fitting[0]]
        rest.append((flattened(resized(drawn.strip, fitting[0])).astype(np.float16), drawn.text))
        if len(rest) * fitting[0] >= _BATCH_PX:
            strips, texts = zip(*rest, strict=True)
            batches.put((np.stack(strips), list(texts)))
            rest.clear()
