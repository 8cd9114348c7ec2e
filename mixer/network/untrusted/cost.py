"""A graph's memory and time, computed before any of it runs.

Shapes are inferred operator by operator from the inputs; sizes that a graph computes (a length,
cut and multiplied, or where a block of weights lies) are computed here as well. An operator that
is not in the table, or whose size depends on the audio itself, is refused: its cost cannot be
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.errors import ModelError
from mixer.files.wording import quote, visible
from mixer.network.untrusted.call import Call, MisfitError
from mixer.network.untrusted.graph_file import FLOAT, INT64, Graph, Node, Value
from mixer.network.untrusted.layout_rules import LAYOUT_RULES, Rule
from mixer.network.untrusted.product_rules import PRODUCT_RULES
from mixer.network.untrusted.value_rules import VALUE_RULES

OPERATORS: Mapping[str, Rule] = {**LAYOUT_RULES, **VALUE_RULES, **PRODUCT_RULES}
# A Wave-U-Net of the published size takes 0.7 GB for its widest level, 1.9 GB in all.
MOST_TENSOR_BYTES = 1 << 30
MOST_BYTES = 4 << 30
# Multiplications: so many whatever goes in, and so many for each value that goes in or comes out.
# The largest published network, the Wave-U-Net, takes 3.1e5 for each value that goes in.
WORK_AT_LEAST = 20_000_000_000
WORK_A_VALUE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """Memory and work of one run.

    Attributes:
        n_bytes: weights, and the most intermediate values at a time.
        work: multiplications.
    """

    n_bytes: int
    work: int


def measure_cost(graph: Graph, inputs: Mapping[str, Value], name: str) -> Cost:
    """Compute the cost of running a graph with given inputs.

    Args:
        graph: as its file says.
        inputs: the inputs, by name. Operators that depend on other inputs are left out:
            the runtime works out the rest while it opens the graph.
        name: for messages.

    Raises:
        ModelError: an operator is unknown or does not fit its inputs; or a tensor is larger than
            `MOST_TENSOR_BYTES`, all together more than `MOST_BYTES`, or the work more than is
            allowed for inputs and answers of that size.
    """
    known = {**graph.constants, **inputs}
    is_open = set(graph.inputs) - set(inputs)
    for given, value in inputs.items():
        _check_tensor(value, f"input {visible(given, 60)}", name)
    weights = graph.n_bytes
    last_use = {taken: i for i, node in enumerate(graph.nodes) for taken in node.inputs}
    last_use |= dict.fromkeys(graph.outputs, len(graph.nodes))
    live = sum(value.n_bytes for value in inputs.values())
    work, peak = 0, live
    for place, node in enumerate(graph.nodes):
        if not is_open.isdisjoint(node.inputs):
            is_open.update(node.outputs)
            continue
        call = Call(node, [_known(known, taken, node, name) for taken in node.inputs])
        found = _run_rule(call, name)
        for value, output in zip(found, node.outputs, strict=False):
            _check_tensor(value, f"one output of {node.operator}", name)
            known[output] = value
            live += value.n_bytes
        work += call.work + sum(value.size for value in (*found, *call.inputs) if value)
        peak = max(peak, live)
        if peak + weights > MOST_BYTES:
            raise _too_large(name, f"more than {MOST_BYTES >> 30} GiB of memory")
        live -= _freed(known, node, place, last_use, graph)
    values = sum(known[n].size for n in (*inputs, *graph.outputs) if n in known)
    if work > WORK_AT_LEAST + WORK_A_VALUE * values:
        raise _too_large(name, f"{work:.1e} multiplications for {values} values")
    return Cost(weights + peak, work)


def declared_inputs(graph: Graph) -> dict[str, Value]:
    """A graph's inputs of numbers whose lengths the file itself states."""
    found = {}
    for name, (kind, declared) in graph.inputs.items():
        shape = tuple(length for length in declared if length is not None)
        if len(shape) == len(declared) and kind == FLOAT:
            found[name] = Value(shape, kind)
    return found


def described(array: NDArray[np.generic]) -> Value:
    """Inputs in the form that `measure_cost` reads; a single whole number says which block runs."""
    if array.dtype == np.int64:
        return Value(array.shape, INT64, array if array.shape == (1,) else None)
    return Value(array.shape)


def _run_rule(call: Call, name: str) -> list[Value]:
    rule = OPERATORS.get(call.node.operator)
    if rule is None:
        raise ModelError(
            f"{name}: uses the operator {quote(call.node.operator)}, whose memory and time are not"
            " known before it runs; refused"
        )
    try:
        return rule(call)
    except MisfitError as misfit:
        raise ModelError(f"{name}: operator {call.node.operator}: {misfit}; refused") from None
    except (ValueError, IndexError, TypeError, ArithmeticError):
        raise ModelError(
            f"{name}: operator {call.node.operator} does not fit its inputs; refused"
        ) from None


def _known(known: Mapping[str, Value], taken: str, node: Node, name: str) -> Value | None:
    if not taken:
        return None
    if taken not in known:
        raise ModelError(
            f"{name}: operator {node.operator} takes {quote(taken)}, which no operator outputs:"
            " refused"
        )
    return known[taken]


def _check_tensor(value: Value, what: str, name: str) -> None:
    if value.n_bytes > MOST_TENSOR_BYTES:
        size = f"{value.n_bytes / (1 << 30):.3g} GiB"
        raise _too_large(name, f"{size} for {what}")


def _freed(
    known: dict[str, Value], node: Node, place: int, last_use: Mapping[str, int], graph: Graph
) -> int:
    """Bytes of what nothing takes any more after this operator."""
    done: Iterator[str] = (
        name
        for name in {*node.inputs, *node.outputs}
        if name in known and name not in graph.constants and last_use.get(name, place) <= place
    )
    return sum(known[name].n_bytes for name in done)


def _too_large(name: str, what: str) -> ModelError:
    return ModelError(f"{name}: would take {what}, more than a model may; refused")
