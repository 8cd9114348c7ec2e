"""A graph that needs anything but itself never reaches the runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mixer.errors import ModelError
from mixer.network.model import read_bundle
from mixer.network.onnx_file import refuse_outside_references
from tests.passthrough import PASSTHROUGH


def weight() -> TensorProto:
    return numpy_helper.from_array(np.ones(4, np.float32), "w")


def outside(tensor: TensorProto, path: str) -> TensorProto:
    """The tensor's data moved to a file of that name."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", path
    return tensor


def model_of(
    nodes: list[onnx.NodeProto] | None = None, constants: list[TensorProto] | None = None
) -> onnx.ModelProto:
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in "xy")
    nodes = nodes or [helper.make_node("Add", ["x", "w"], ["y"])]
    return helper.make_model(helper.make_graph(nodes, "g", [x], [y], constants or [weight()]))


def in_a_branch(tensor: TensorProto) -> onnx.ModelProto:
    """An If whose branches hold the tensor as a constant's attribute."""
    out = helper.make_tensor_value_info("w", TensorProto.FLOAT, [4])
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["w"], value=tensor)], "b", [], [out]
    )
    choose = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    return model_of([choose], [numpy_helper.from_array(np.array(True), "c")])


def in_a_function(tensor: TensorProto) -> onnx.ModelProto:
    model = model_of()
    constant = helper.make_node("Constant", [], ["w"], value=tensor)
    imports = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("", "F", [], ["w"], [constant], imports))
    return model


def sparse(tensor: TensorProto) -> onnx.ModelProto:
    model = model_of()
    indices = numpy_helper.from_array(np.arange(4), "i")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(tensor, indices, [8]))
    return model


def in_an_attribute(tensor: TensorProto) -> onnx.ModelProto:
    return model_of([helper.make_node("Constant", [], ["y"], value=tensor)])


PLACES = {
    "constant": lambda tensor: model_of(constants=[tensor]),
    "attribute": in_an_attribute,
    "sparse": sparse,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["weights.bin", "../secret", "/etc/passwd"])
def test_weights_elsewhere_are_refused_wherever_they_hide(place: str, path: str) -> None:
    refuse_outside_references(PLACES[place](weight()).SerializeToString(), "a.onnx")
    hidden = PLACES[place](outside(weight(), path)).SerializeToString()
    with pytest.raises(ModelError, match="another file") as caught:
        refuse_outside_references(hidden, "a.onnx")
    assert "\n" not in str(caught.value)


def test_a_location_alone_is_enough_to_be_refused() -> None:
    tensor = weight()
    tensor.data_location = TensorProto.EXTERNAL
    with pytest.raises(ModelError, match="another file"):
        refuse_outside_references(model_of(constants=[tensor]).SerializeToString(), "a.onnx")


def test_operators_beyond_the_standard_are_refused() -> None:
    node = helper.make_node(
        "EPContext", ["x"], ["y"], domain="com.microsoft", ep_cache_context="../engine.bin"
    )
    with pytest.raises(ModelError, match=r"com\.microsoft"):
        refuse_outside_references(model_of([node]).SerializeToString(), "a.onnx")


def test_a_domain_as_long_as_a_file_is_shown_short() -> None:
    node = helper.make_node("Foo", ["x"], ["y"], domain="x" * 1_000_000)
    with pytest.raises(ModelError, match="beyond standard ONNX") as refusal:
        refuse_outside_references(model_of([node]).SerializeToString(), "a.onnx")
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("operator", ["If", "Loop", "Scan", "SequenceMap"])
def test_control_flow_is_refused(operator: str) -> None:
    """A loop of a billion rounds would hang, and no answer ever be checked."""
    model = in_a_branch(weight())
    model.graph.node[0].op_type = operator
    with pytest.raises(ModelError, match=f"control flow operator {operator}"):
        refuse_outside_references(model.SerializeToString(), "a.onnx")


def test_functions_are_refused() -> None:
    with pytest.raises(ModelError, match="functions"):
        refuse_outside_references(in_a_function(weight()).SerializeToString(), "a.onnx")


def test_two_messages_merge_and_both_are_read() -> None:
    """A protocol buffer may hold its graph in two pieces; the reader joins them."""
    hidden = model_of(constants=[outside(weight(), "x")]).SerializeToString()
    with pytest.raises(ModelError, match="another file"):
        refuse_outside_references(model_of().SerializeToString() + hidden, "a.onnx")


@pytest.mark.parametrize("content", [b"\x3a", b"\x3a\xff\xff\xff\xff\x7f", b"\x3b", b"\xff" * 30])
def test_what_is_no_protocol_buffer_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match="not an ONNX file"):
        refuse_outside_references(content, "a.onnx")


def test_a_truncated_graph_is_refused() -> None:
    content = model_of().SerializeToString()
    with pytest.raises(ModelError, match="not an ONNX file"):
        refuse_outside_references(content[:-3], "a.onnx")


def test_nesting_without_end_is_refused() -> None:
    content = b""
    for _ in range(150):  # graph in attribute in node in graph ...
        for tag in (0x32, 0x2A, 0x0A):
            content = bytes([tag]) + _varint(len(content)) + content
    with pytest.raises(ModelError, match="not an ONNX file"):
        refuse_outside_references(b"\x3a" + _varint(len(content)) + content, "a.onnx")


def test_the_shipped_graphs_stand_alone() -> None:
    bundle = read_bundle(PASSTHROUGH)
    for name in bundle.manifest.graphs:
        assert bundle.read_graph(name)


def test_the_runtime_never_opens_what_a_bundle_points_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights lie where the runtime would find them, in the working directory."""
    import hashlib
    import json
    import shutil

    from mixer.network.session import Network

    monkeypatch.chdir(tmp_path)
    Path("weights.bin").write_bytes(np.ones(4, np.float32).tobytes())
    folder = Path(shutil.copytree(read_bundle(PASSTHROUGH).folder, tmp_path / "bundle"))
    graph = model_of(constants=[outside(weight(), "weights.bin")]).SerializeToString()
    (folder / "front_end.onnx").write_bytes(graph)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["graphs"]["front_end"]["sha256"] = hashlib.sha256(graph).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="another file"):
        Network(read_bundle(folder), "cpu")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
