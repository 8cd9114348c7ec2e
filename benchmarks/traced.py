"""Numbers that know how much of them is due to which constant of a table.

A table is a module of numbers, such as `mixer.rendering.timing.unit_costs`; its constants are known
by their places in its source.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Smaller numbers are written with a power of ten.
_TINY = 1e-6


class Traced(float):
    """A number and its parts: by constant, the number's derivative times the constant.

    A sum of costs has the costs as its parts. Other numbers have none.
    """

    parts: dict[str, float]

    def __new__(cls, value: float, parts: Mapping[str, float]) -> Traced:
        """Made of the number and its parts."""
        found = super().__new__(cls, value)
        found.parts = dict(parts)
        return found

    @classmethod
    def of(cls, value: float) -> Traced:
        """A number that may be traced already."""
        return cls(value, parts_of(value))

    def __add__(self, other: float) -> Traced:
        return Traced(float(self) + float(other), _sum((1.0, self), (1.0, other)))

    def __sub__(self, other: float) -> Traced:
        return Traced(float(self) - float(other), _sum((1.0, self), (-1.0, other)))

    def __rsub__(self, other: float) -> Traced:
        return Traced(float(other) - float(self), _sum((-1.0, self), (1.0, other)))

    def __mul__(self, other: float) -> Traced:
        return Traced(float(self) * float(other), _sum((float(other), self), (float(self), other)))

    def __truediv__(self, other: float) -> Traced:
        ratio = float(self) / float(other)
        return Traced(ratio, _sum((1.0 / float(other), self), (-ratio / float(other), other)))

    def __rtruediv__(self, other: float) -> Traced:
        return Traced(other, {}) / self

    __radd__, __rmul__ = __add__, __mul__


def parts_of(value: float) -> dict[str, float]:
    """The parts of a number; none of one that is not traced."""
    return value.parts if isinstance(value, Traced) else {}


def _sum(*weighted: tuple[float, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for weight, value in weighted:
        for name, part in parts_of(value).items():
            found[name] = found.get(name, 0.0) + weight * part
    return found


@dataclass(frozen=True)
class Constant:
    """A constant of a table: its name, its value, and its place in the source."""

    name: str
    value: float
    line: int
    columns: tuple[int, int]


def constants_of(source: str, names: Collection[str] | None = None) -> Iterator[Constant]:
    """The numbers with a point that the source of a table assigns.

    Args:
        source: of the module.
        names: of the assignments that are looked at; None for all.
    """
    for node in _assignments(source, names):
        for name, number in _named(ast.unparse(node.targets[0]), node.targets[0], node.value):
            assert isinstance(number.value, float)
            assert number.end_col_offset is not None
            columns = (number.col_offset, number.end_col_offset)
            yield Constant(name, number.value, number.lineno, columns)


def trace(module: str, names: Collection[str] | None = None) -> None:
    """Make the constants of a table traced, in this process; arguments as above."""
    table = importlib.import_module(module)
    source = inspect.getsource(table)
    found = {(each.line, each.columns[0]): each for each in constants_of(source, names)}

    class Marked(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            constant = found.get((node.lineno, node.col_offset))
            if constant is None:
                return node
            called = ast.parse(f"_traced({constant.name!r})", mode="eval").body
            return ast.copy_location(called, node)

    marked = [Marked().visit(node) for node in _assignments(source, names)]
    tree = ast.fix_missing_locations(ast.Module(marked, []))
    values = {each.name: each.value for each in found.values()}
    table.__dict__["_traced"] = lambda name: Traced(values[name], {name: values[name]})
    exec(compile(tree, module, "exec"), table.__dict__)


def with_values(path: Path, names: Collection[str] | None, values: Mapping[str, float]) -> str:
    """The source of a table with other values, by the constants' names, of two digits each."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    # From the end, so that no place moves that is still to be found.
    for constant in sorted(constants_of(source, names), key=lambda c: (c.line, c.columns))[::-1]:
        value = float(f"{values.get(constant.name, constant.value):.2g}")
        (begin, end), line = constant.columns, lines[constant.line - 1]
        told = np.format_float_positional(value, trim="0") if value > _TINY else repr(value)
        lines[constant.line - 1] = line[:begin] + told + line[end:]
    return "".join(lines)


def _assignments(source: str, names: Collection[str] | None) -> Iterator[ast.Assign]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and (
            names is None or ast.unparse(node.targets[0]) in names
        ):
            yield node


def _named(
    name: str, target: ast.expr | None, value: ast.expr
) -> Iterator[tuple[str, ast.Constant]]:
    """The numbers of what is assigned, each with a name that says where it stands."""
    if isinstance(value, ast.Constant) and isinstance(value.value, float):
        yield name, value
    elif isinstance(value, ast.Tuple) and isinstance(target, ast.Tuple):
        for own, each in zip(target.elts, value.elts, strict=True):
            yield from _named(ast.unparse(own), None, each)
    elif isinstance(value, ast.Dict):
        for key, each in zip(value.keys, value.values, strict=True):
            yield from _named(f"{name}[{ast.unparse(key) if key else ''}]", None, each)
    elif isinstance(value, ast.Call):
        for place, each in enumerate(value.args):
            yield from _named(f"{name}.{place}", None, each)
