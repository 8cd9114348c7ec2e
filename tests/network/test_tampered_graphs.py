"""Graphs that are not what the manifest says they are: a model error in one line, every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mixer.errors import InputError, ModelError
from mixer.network.model import Bundle, read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from tests.passthrough import PASSTHROUGH

Tamper = Callable[[onnx.ModelProto], object]
STEMS = [np.full((2, 9000), 0.1, np.float32)] * 4


@dataclass(frozen=True)
class _Tampered(Bundle):
    """The bundle with one graph replaced, as if its hash had been put right."""

    graph: str = ""
    content: bytes = b""

    def read_graph(self, name: str) -> bytes:
        return self.content if name == self.graph else super().read_graph(name)


def tampered(graph: str, tamper: Tamper) -> Bundle:
    bundle = read_bundle(PASSTHROUGH)
    model = onnx.load_from_string(bundle.read_graph(graph))
    tamper(model)
    content = model.SerializeToString()
    return _Tampered(bundle.folder, bundle.manifest, bundle.sha256, graph, content)


def refused(bundle: Bundle, word: str, *, wet_stems: bool = False) -> None:
    with pytest.raises(ModelError, match=word) as caught:
        run_network(Network(bundle, "cpu", threads=1), STEMS, warm_up_s=0.0, wet_stems=wet_stems)
    assert "\n" not in str(caught.value)


def answer_with(
    values: np.ndarray, output: str = "mix", declared: list[int | str] | None = None
) -> Tamper:
    """Replace an output by a constant; declared as of old unless told."""

    def tamper(model: onnx.ModelProto) -> None:
        (node,) = [node for node in model.graph.node if node.output[0] == output]
        node.CopyFrom(helper.make_node("Constant", [], [output], value=_tensor(values)))
        if declared is not None:
            (info,) = [info for info in model.graph.output if info.name == output]
            kind = helper.np_dtype_to_tensor_dtype(values.dtype)
            info.CopyFrom(helper.make_tensor_value_info(output, kind, declared))

    return tamper


def _tensor(values: np.ndarray) -> TensorProto:
    if values.dtype == object:
        texts = [str(value).encode() for value in values.ravel()]
        return helper.make_tensor("v", TensorProto.STRING, values.shape, texts)
    return numpy_helper.from_array(values)


def rename(old: str, new: str) -> Tamper:
    def tamper(model: onnx.ModelProto) -> None:
        for info in (*model.graph.input, *model.graph.output):
            info.name = new if info.name == old else info.name
        for node in model.graph.node:
            node.input[:] = [new if name == old else name for name in node.input]
            node.output[:] = [new if name == old else name for name in node.output]

    return tamper


@pytest.mark.parametrize(
    ("tamper", "word"),
    [
        (answer_with(np.zeros((1, 2, 10), np.float32)), "shape"),
        (answer_with(np.zeros(5, np.float32), declared=[5]), "shape"),
        (answer_with(np.zeros((1, 3, 10), np.float32), declared=[1, 3, "n"]), "shape"),
        (answer_with(np.zeros((1, 2, 9), np.int64), declared=[1, 2, "n"]), "int64"),
        (answer_with(np.full((1, 2, 9), "x", object), declared=[1, 2, "n"]), "known type"),
        (rename("mix", "mixed"), "outputs are mixed"),
        (rename("samples", "sound"), "inputs are"),
    ],
)
def test_a_back_end_of_another_form_is_refused(tamper: Tamper, word: str) -> None:
    refused(tampered("back_end", tamper), word)


def test_values_that_are_not_finite_are_the_models_fault() -> None:
    for value in (np.nan, np.inf):
        constant = np.array(value, np.float32)

        def spoil(model: onnx.ModelProto, output: str, constant: np.ndarray = constant) -> None:
            (node,) = [node for node in model.graph.node if node.output[0] == output]
            model.graph.initializer.append(numpy_helper.from_array(constant, "spoilt"))
            node.CopyFrom(helper.make_node("Add", [node.input[0], "spoilt"], [output]))

        refused(tampered("front_end", lambda m: spoil(m, "mean_abs")), "not finite")
        bundle = tampered("back_end_stems", lambda m: spoil(m, "wet_stems"))
        refused(bundle, "output wet_stems .* values that are not finite", wet_stems=True)
    network, stems = (
        Network(read_bundle(PASSTHROUGH), "cpu", 1),
        [STEMS[0] * np.float32(np.nan)] * 4,
    )
    with pytest.raises(InputError, match="not finite"):
        run_network(network, stems, warm_up_s=0.0)


def test_every_shipped_graph_that_runs_has_a_role() -> None:
    manifest = read_bundle(PASSTHROUGH).manifest
    roles = manifest.architecture.roles(manifest.hyper_parameters)
    without = [n for n in manifest.graphs if n not in roles]
    assert without == ["model"]
