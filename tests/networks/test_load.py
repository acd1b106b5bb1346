"""A model is used only when it is the one that its manifest describes; everything else is one sentence."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

import station.networks.session
from station.documents import sha256_hex
from station.errors import InputError, ModelError
from station.networks.adding import write_model
from station.networks.facts import NetworkFacts
from station.networks.find import find_models
from station.networks.golden import golden_bytes
from station.networks.load import Model, load_model
from station.networks.manifest import Input, read_manifest

from .graphs import PICTURE, draft, graph, proto, sums, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good model."""
    written(tmp_path / "sum")
    return tmp_path / "sum"


def respelt(folder: Path, old: str, new: str) -> None:
    """Another word in the manifest."""
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def swapped(folder: Path, data: bytes) -> None:
    """Another graph, with a manifest that names its hash."""
    respelt(folder, read_manifest(folder / "model.toml").sha256, sha256_hex(data))
    (folder / "model.onnx").write_bytes(data)


def refused(folder: Path, why: str) -> None:
    """One sentence with the model's name, and what to do."""
    with pytest.raises(ModelError, match=why) as caught:
        load_model(folder, 1)
    sentence = str(caught.value)
    assert "the model 'sum' must not be used" in sentence
    assert "add_model.py" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 600


@pytest.mark.parametrize("threads", [1, 2])
def test_computes_what_can_be_computed_by_hand(folder: Path, threads: int) -> None:
    model = load_model(folder, threads)
    assert (model.name, model.sha256) == ("sum", sha256_hex((folder / "model.onnx").read_bytes()))
    picture = np.random.default_rng(1).normal(0.0, 10.0, (3, 1, 40, 60)).astype(np.float32)
    np.testing.assert_allclose(model.run(picture), sums(picture), rtol=1e-5, atol=1e-3)


def test_the_same_answer_from_any_thread_and_with_any_number_of_them(folder: Path) -> None:
    one, two = load_model(folder, 1), load_model(folder, 2)
    picture = np.random.default_rng(2).normal(0.0, 10.0, (1, 1, 90, 110)).astype(np.float32)
    expected = one.run(picture).tobytes()
    found: list[bytes] = []

    def work() -> None:
        found.extend(two.run(picture).tobytes() for _ in range(20))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 80
    assert set(found) == {expected}


@pytest.mark.parametrize("file", ["model.toml", "model.onnx", "golden.npz"])
def test_a_missing_file(folder: Path, file: str) -> None:
    (folder / file).unlink()
    refused(folder, "there is no such file")


def test_no_model_at_all(tmp_path: Path) -> None:
    refused(tmp_path / "sum", "there is no such file")


@pytest.mark.parametrize("file", ["model.onnx", "golden.npz"])
@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data + b"\0", lambda data: b""])
def test_an_altered_file(folder: Path, file: str, spoil: Any) -> None:
    path = folder / file
    path.write_bytes(spoil(path.read_bytes()))
    refused(folder, f"{file} is not the file whose SHA-256 the manifest names")


def test_one_altered_weight(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(graph(bias=0.5001))
    refused(folder, "SHA-256")


def test_another_model_with_its_own_hash_is_told_by_the_golden_vector(folder: Path) -> None:
    swapped(folder, graph(bias=0.6))
    refused(folder, r"golden vector comes out 0\.1 away, 0\.001 is allowed")


def test_the_folder_of_another_model(folder: Path) -> None:
    other = folder.rename(folder.with_name("surface"))
    with pytest.raises(ModelError, match="the model 'surface' must not be used: this is the manifest of 'sum'"):
        load_model(other, 1)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a graph", b"\x08\x09", graph()[: len(graph()) // 2], b"\xff" * 40, bytes(range(256)) * 9],
    ids=["empty", "text", "one field", "half", "ones", "noise"],
)
def test_bytes_that_are_no_graph(folder: Path, data: bytes) -> None:
    swapped(folder, data)
    refused(folder, "must not be used")


def test_a_graph_that_fits_otherwise(folder: Path) -> None:
    for data, why in (
        (graph(x="z"), "its input is 'z', not 'x'"),
        (graph(y="z"), "its output is 'z', not 'y'"),
        (graph(given=("n", 1, "h", 9)), "golden|dimension|shape"),
        (graph(opset=13), "model.onnx is not of opset 17"),
        (graph(nodes=[helper.make_node("Foo", ["x"], ["y"])], weights=[]), "Foo"),
        (graph(nodes=[helper.make_node("Foo", ["x"], ["y"], domain="evil")], weights=[]), "evil"),
        (graph(kind=TensorProto.DOUBLE, nodes=[helper.make_node("Neg", ["x"], ["y"])], weights=[]), "not float32"),
        (graph(nodes=[helper.make_node("Log", ["x"], ["y"])], weights=[]), "numbers that are none"),
    ):
        swapped(folder, data)
        refused(folder, why)


def test_a_rank_and_a_length_that_are_not_the_manifests(folder: Path) -> None:
    respelt(folder, 'layout = "NCHW"\nshape = [0, 1, 0, 0]\nchannels', 'layout = "NHW"\nshape = [0, 0, 0]\nchannels')
    refused(folder, r"its input has the shape \['n', 1, 'h', 'w'\], not \[0, 0, 0\]")


@pytest.mark.parametrize("where", ["weights.bin", "{folder}/weights.bin", "../weights.bin"])
def test_a_graph_reads_no_file_beside_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    for place in (tmp_path, inside, folder):
        (place / "weights.bin").write_bytes(np.ones(9, np.float32).tobytes())
    monkeypatch.chdir(inside)
    spoilt = proto()
    kernel = spoilt.graph.initializer[0]
    kernel.ClearField("raw_data")
    kernel.data_location = TensorProto.EXTERNAL
    entry = kernel.external_data.add()
    entry.key, entry.value = "location", where.format(folder=folder)
    swapped(folder, spoilt.SerializeToString())
    refused(folder, "[Ee]xternal data")


def test_a_graph_that_wants_more_memory_than_there_is(folder: Path) -> None:
    huge = numpy_helper.from_array(np.array([1, 1, 1 << 21, 1 << 21], np.int64), "shape")
    swapped(folder, graph(nodes=[helper.make_node("ConstantOfShape", ["shape"], ["y"])], weights=[huge]))
    refused(folder, "failed")


def test_a_graph_that_never_ends_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still"]), helper.make_node("Add", ["s", "s"], ["t"])],
        "twice",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("t", TensorProto.FLOAT, None),
        ],
    )
    held = [numpy_helper.from_array(np.array(2**62), "times"), numpy_helper.from_array(np.array(True), "go")]
    swapped(folder, graph(nodes=[helper.make_node("Loop", ["times", "go", "x"], ["y"], body=twice)], weights=held))
    monkeypatch.setattr(station.networks.session, "MOST_S", 0.3)
    started = time.monotonic()
    refused(folder, "terminate")
    assert time.monotonic() - started < 20.0


def test_a_huge_file_is_not_read(folder: Path) -> None:
    with (folder / "model.onnx").open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: whoever reads all of it does not come back
    refused(folder, "larger than the 67,108,864 bytes allowed")


def test_what_is_no_regular_file(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to("/dev/zero")
    refused(folder, "not a regular file")


def test_a_golden_vector_that_is_none(folder: Path) -> None:
    sound = golden_bytes(PICTURE, sums(PICTURE))
    for data in (b"PK", b"", sound[:-30], sound.replace(b"output.npy", b"0utput.npy")):
        respelt(folder, read_manifest(folder / "model.toml").golden.sha256, sha256_hex(data))
        (folder / "golden.npz").write_bytes(data)
        refused(folder, "golden vector")


@pytest.mark.parametrize(
    ("x", "why"),
    [
        (np.zeros((1, 1, 4, 4)), "float64"),
        (np.zeros((1, 2, 4, 4), np.float32), r"shape \[1, 2, 4, 4\] is not float32 NCHW \[0, 1, 0, 0\]"),
        (np.zeros((1, 4, 4), np.float32), "wrong input"),
        (np.zeros((1, 1, 0, 4), np.float32), "wrong input"),
        (np.zeros((1, 1, 101, 100), np.float32), "10,100 values at once, its manifest allows 10,000"),
    ],
)
def test_an_input_that_does_not_fit(folder: Path, x: Any, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        load_model(folder, 1).run(x)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_never_come_out(folder: Path, bad: float) -> None:
    picture = PICTURE.copy()
    picture[0, 0, 2, 2] = bad
    with pytest.raises(ModelError, match="numbers that are none"):
        load_model(folder, 1).run(picture)


def test_a_picture_that_is_a_view_of_a_larger_one(folder: Path) -> None:
    wide = np.random.default_rng(3).normal(0.0, 1.0, (1, 1, 30, 60)).astype(np.float32)
    np.testing.assert_allclose(load_model(folder, 1).run(wide[:, :, ::2, ::3]), sums(wide[:, :, ::2, ::3]), atol=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("tolerance = 0.001", "tolerance = nan", "golden.tolerance: .*: this must be a finite number"),
        ("tolerance = 0.001", "tolerance = -1", "must not be negative"),
        ("opset = 17", 'opset = "17"', "a whole number"),
        ("opset = 17", "opset = 17\nopse = 1", "the key 'opse' is unknown here"),
        ('purpose = "', 'purpos = "', "unknown here"),
        ("most_values = 10000", "most_values = 99999999999", "must lie between 1 and"),
        ('channels = ["grey"]', "channels = []", "each channel"),
        ('file = "model.onnx"', 'file = "../sum/model.onnx"', "plain name of a file"),
        ('file = "golden.npz"', 'file = "/etc/passwd"', "plain name of a file"),
        ('layout = "NCHW"', 'layout = "NCH"', "one letter for each"),
        ("shape = [0, 1, 0, 0]", "shape = [0, -1, 0, 0]", "0 .any. or positive"),
        ('name = "low"', 'name = "high"', "thresholds: .*: two of them have the same name"),
        ("[[thresholds]]", "[thresholds]", "TOML|a table of its own"),
    ],
)
def test_a_manifest_that_cannot_be(folder: Path, old: str, new: str, why: str) -> None:
    respelt(folder, old, new)
    refused(folder, why)


def test_a_manifest_says_what_was_drafted(folder: Path) -> None:
    said, asked = read_manifest(folder / "model.toml"), draft()
    assert (said.input, said.output, said.training) == (asked.input, asked.output, asked.training)
    assert (said.thresholds, said.settings) == (asked.thresholds, asked.settings)
    assert said.purpose == asked.purpose
    assert said.threshold("low") == -1e-7
    with pytest.raises(InputError, match="has no threshold 'none'"):
        said.threshold("none")


def test_own_models_come_before_the_projects(tmp_path: Path) -> None:
    project, own = tmp_path / "project", tmp_path / "own"
    for folder in (project / "sum", project / "text", own / "sum"):
        written(folder)
    (own / "text").mkdir()  # withdrawn: no manifest
    assert find_models(project, own, tmp_path / "none") == {"sum": own / "sum", "text": project / "text"}


@pytest.mark.parametrize("threads", [0, -1, 65])
def test_a_number_of_threads_that_cannot_be(threads: int) -> None:
    with pytest.raises(InputError, match="threads must lie between"):
        NetworkFacts(threads)


def test_models_of_the_same_file_are_equal(folder: Path) -> None:
    first, second = load_model(folder, 1), load_model(folder, 1)
    assert isinstance(first, Model)
    assert first == second


def test_a_shape_of_two_axes(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "x"], ["y"])]
    made = helper.make_graph(
        nodes, "twice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", 3))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ("n", 3))],
    )  # fmt: skip
    data = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    said = draft("twice")
    given = Input("x", "NC", (0, 3), ("a", "b", "c"), "none", 30)
    output = type(said.output)("y", "NC", (0, 3), "twice")
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    write_model(tmp_path / "twice", data, draft("twice", input=given, output=output), x)
    np.testing.assert_array_equal(load_model(tmp_path / "twice", 1).run(x), [[2.0, 4.0, 6.0]])
