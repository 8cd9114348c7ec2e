"""Shapes are inferred as ONNX Runtime makes them; what is not known before it runs is refused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from mixer.errors import ModelError
from mixer.network.model import Bundle, read_bundle
from mixer.network.untrusted.cost import OPERATORS, declared_inputs, described, measure_cost
from mixer.network.untrusted.graph_file import MOST_NODES, MOST_SIZES, Value, read_graph_file
from tests.passthrough import PASSTHROUGH

LENGTHS = {
    "blocks": 7, "tracks": 5, "frames": 40, "mask_frames": 12, "front_frames": 12 * 64,
    "frames_and_reach": 600,
}  # fmt: skip


def every_shape(content: bytes, feeds: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """Shapes of all that ONNX Runtime computes on the way."""
    model = onnx.load_from_string(content)
    del model.graph.output[:]
    names = [name for node in model.graph.node for name in node.output if name]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    answers = session.run(names, feeds)
    return {name: np.shape(answer) for name, answer in zip(names, answers, strict=True)}


def feeds_of(bundle: Bundle, graph: str) -> dict[str, np.ndarray]:
    """Zeros of the role's shapes; lengths that match."""
    manifest = bundle.manifest
    hyper = manifest.hyper_parameters
    role = manifest.architecture.role(graph, hyper)
    assert role is not None
    lengths = dict(LENGTHS)
    if manifest.kind == "fxnorm":
        lengths["front_frames"] = (12 + 2 * hyper.context_frames) * hyper.pool_frames  # type: ignore[attr-defined]
        lengths["chunk_samples"] = hyper.chunk_samples(12)  # type: ignore[attr-defined]
        lengths["mask_frames"] = 12 + 2 * hyper.context_frames  # type: ignore[attr-defined]
    inputs = read_graph_file(bundle.read_graph(graph), "").inputs
    return {
        name: np.zeros(
            [lengths[n] if isinstance(n, str) else n for n in shape],
            np.int64 if inputs[name][0] == TensorProto.INT64 else np.float32,
        )
        for name, shape in role.inputs.items()
    }


def runnable() -> list[tuple[str, str]]:
    found = []
    for model in ("default", "tracks", str(PASSTHROUGH)):
        bundle = read_bundle(model)
        manifest = bundle.manifest
        roles = manifest.architecture.roles(manifest.hyper_parameters)
        found += [(model, graph) for graph in manifest.graphs if graph in roles]
    return found


@pytest.mark.parametrize(("model", "graph"), runnable())
def test_every_shape_is_the_runtimes(
    model: str, graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = read_bundle(model)
    feeds, content = feeds_of(bundle, graph), bundle.read_graph(graph)
    found: dict[str, tuple[int, ...]] = {}

    def watched(name: str):
        rule = OPERATORS[name]

        def run(call):
            values = rule(call)
            found.update(
                (output, value.shape)
                for output, value in zip(call.node.outputs, values, strict=False)
            )
            return values

        return run

    monkeypatch.setattr(
        "mixer.network.untrusted.cost.OPERATORS", {name: watched(name) for name in OPERATORS}
    )
    cost = measure_cost(
        read_graph_file(content, graph),
        {name: described(feed) for name, feed in feeds.items()},
        graph,
    )
    assert found == every_shape(content, feeds)
    assert cost.n_bytes > len(content)
    assert cost.work > 0


def model_of(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray] | None = None,
    shape: Sequence[int | str] = (1, 8, "n"),
    answer: Sequence[int | str] = (1, 8, "n"),
) -> bytes:
    """x goes in, y comes out."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, declared)
        for name, declared in (("x", shape), ("y", answer))
    ]
    weights = [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()]
    graph = helper.make_graph(list(nodes), "g", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return model.SerializeToString()


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def node(operator: str, inputs: str, outputs: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def cost_of(content: bytes, length: int = 44_100) -> None:
    graph = read_graph_file(content, "a.onnx")
    inputs = {
        name: Value(tuple(length if n is None else n for n in shape), kind)
        for name, (kind, shape) in graph.inputs.items()
    }
    measure_cost(graph, inputs, "a.onnx")


SIDE = whole(1 << 20, 1 << 12)
LARGE = {
    "Range": (
        [node("Range", "a b c", "r"), node("ReduceSum", "r", "s"), node("Add", "x s", "y")],
        {"a": np.float32(0), "b": np.float32(4e9), "c": np.float32(1)},
    ),
    "ConstantOfShape": (
        [node("ConstantOfShape", "a", "r"), node("ReduceSum", "r", "s"), node("Add", "x s", "y")],
        {"a": SIDE},
    ),
    "Expand": (
        [node("Expand", "b a", "r"), node("ReduceSum", "r", "s"), node("Add", "x s", "y")],
        {"a": SIDE, "b": np.ones((1, 1), np.float32)},
    ),
    "Tile": (
        [node("Tile", "x a", "r"), node("ReduceSum", "r", "s"), node("Add", "x s", "y")],
        {"a": whole(1, 1, 1 << 12)},
    ),
    "doubling": (
        [
            node("Identity", "x", "d0"),
            *(node("Concat", f"d{i} d{i}", f"d{i + 1}", axis=2) for i in range(40)),
            node("ReduceSum", "d40", "s"),
            node("Add", "x s", "y"),
        ],
        {},
    ),
    "computed": (
        [
            node("Shape", "x", "s"), node("Mul", "s f", "m"), node("Expand", "one m", "r"),
            node("ReduceSum", "r", "t"), node("Add", "x t", "y"),
        ],
        {"f": whole(1000, 1000, 1000), "one": np.ones((1, 1, 1), np.float32)},
    ),
    "MatMul": (
        [
            node("Expand", "one a", "m0"),
            *(node("MatMul", f"m{i} m0", f"m{i + 1}") for i in range(100)),
            node("ReduceSum", "m100", "s"), node("Add", "x s", "y"),
        ],
        {"a": whole(8_000, 8_000), "one": np.ones((1, 1), np.float32)},
    ),
    "Pad": (
        [node("Pad", "x a", "r"), node("ReduceSum", "r", "s"), node("Add", "x s", "y")],
        {"a": whole(0, 0, 0, 0, 0, 1 << 40)},
    ),
    "many together": (
        [
            *(node("Expand", "one a", f"e{i}") for i in range(40)),
            node("Sum", " ".join(f"e{i}" for i in range(40)), "t"),
            node("ReduceSum", "t", "s"), node("Add", "x s", "y"),
        ],
        {"a": whole(1 << 14, 1 << 13), "one": np.ones((1, 1), np.float32)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LARGE)
def test_what_would_take_too_much_is_refused_before_it_runs(kind: str) -> None:
    nodes, constants = LARGE[kind]
    with pytest.raises(ModelError, match=r"a\.onnx: would take .*; refused") as caught:
        cost_of(model_of(nodes, constants))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("nodes", "constants", "word"),
    [
        ([node("RandomNormal", "", "r", shape=[1 << 40]), node("Add", "x r", "y")], {}, "RandomN"),
        ([node("OneHot", "x d v", "y")], {"d": whole(1 << 40), "v": np.zeros(2)}, "OneHot"),
        ([node("NonZero", "x", "y")], {}, "not known before"),
        ([node("Cast", "x", "i", to=7), node("Expand", "x i", "y")], {}, "depend on the audio"),
        ([node("Add", "x z", "y")], {}, "which no operator outputs"),
        ([node("MatMul", "x w", "y")], {"w": np.ones((3, 3), np.float32)}, "do not match"),
        ([node("Reshape", "x w", "y")], {"w": whole(5, -1, -1)}, "more than one length"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_or_does_not_fit_is_refused(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], word: str
) -> None:
    with pytest.raises(ModelError, match=word) as caught:
        cost_of(model_of(nodes, constants))
    assert "\n" not in str(caught.value)


def test_a_chain_of_fifty_thousand_operators_is_refused() -> None:
    names = ["x", *(f"c{i}" for i in range(49_999)), "y"]
    nodes = [node("Neg", a, b) for a, b in itertools.pairwise(names)]
    with pytest.raises(ModelError, match=f"more than {MOST_NODES} operators"):
        cost_of(model_of(nodes))


def test_weights_that_claim_more_than_they_hold_are_refused() -> None:
    content = onnx.load_from_string(
        model_of([node("Add", "x w", "y")], {"w": np.ones(1, np.float32)})
    )
    content.graph.initializer[0].dims[:] = [1 << 40]
    with pytest.raises(ModelError, match="should hold 1099511627776 values and hold 1"):
        cost_of(content.SerializeToString())


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(data_type=TensorProto.INT32, dims=[1], int64_data=[1 << 40]),
        TensorProto(data_type=TensorProto.INT64, dims=[1], double_data=[1e300]),
        TensorProto(data_type=TensorProto.INT64, dims=[1], double_data=[float("nan")]),
        TensorProto(data_type=TensorProto.FLOAT, dims=[1] * 5_000, float_data=[1.0]),
    ],
    ids=("int32 of 2^40", "int64 of 1e300", "int64 of NaN", "5000 axes"),
)
def test_weights_that_their_type_cannot_hold_are_refused(tensor: TensorProto) -> None:
    content = onnx.load_from_string(model_of([node("Abs", "x", "y")]))
    content.graph.initializer.append(tensor)
    with pytest.raises(ModelError, match="not an ONNX file, or damaged"):
        cost_of(content.SerializeToString())


def test_an_attribute_without_its_number_is_refused() -> None:
    """A float's field may hold no bytes at all."""
    attribute = b"\x0a\x01a" + b"\x12\x00"
    operator = b"\x22\x03Abs" + b"\x2a" + bytes([len(attribute)]) + attribute
    graph = b"\x0a" + bytes([len(operator)]) + operator
    with pytest.raises(ModelError, match="not an ONNX file, or damaged"):
        cost_of(b"\x3a" + bytes([len(graph)]) + graph)


def test_lists_of_numbers_end_early() -> None:
    """A graph of half a gigabyte may list as many axes, which are read before they are counted."""
    content = onnx.load_from_string(
        model_of([node("Transpose", "x", "y", perm=[0] * (MOST_SIZES + 1))])
    )
    with pytest.raises(ModelError, match="not an ONNX file, or damaged"):
        cost_of(content.SerializeToString())


@pytest.mark.parametrize("seed", range(5))
def test_a_graph_of_flipped_bytes_gives_an_answer_or_a_model_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = read_bundle("default").read_graph("controls")
    refused = 0
    for _ in range(20):
        broken = bytearray(content)
        # The table of operators lies at the front.
        for place in (*rng.integers(0, len(broken), 8), *rng.integers(0, 40_000, 3)):
            broken[place] = rng.integers(256)
        try:
            cost_of(bytes(broken), 50)
        except ModelError:
            refused += 1
    assert refused > 0


def test_what_the_runtime_works_out_while_it_opens_a_graph_is_bounded() -> None:
    """Constants alone make the tensor: it would be filled before a sample goes in."""
    nodes, constants = LARGE["ConstantOfShape"]
    graph = read_graph_file(model_of(nodes, constants), "a.onnx")
    assert not declared_inputs(graph)
    with pytest.raises(ModelError, match="16 GiB for one output of ConstantOfShape"):
        measure_cost(graph, declared_inputs(graph), "a.onnx")


def test_an_input_that_is_too_large_is_refused_before_it_is_made() -> None:
    graph = read_graph_file(model_of([node("Abs", "x", "y")], shape=(1, 128, 1 << 26)), "a.onnx")
    with pytest.raises(ModelError, match="32 GiB for input x"):
        measure_cost(graph, declared_inputs(graph), "a.onnx")
