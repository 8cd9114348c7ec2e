"""docs/paper.md: every file, function and test that it names exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

from mixer.files.wording import listed
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "paper.md"
_NAMED = re.compile(
    r"`((?:mixer|training|export|benchmarks|tests|docs)/[\w./-]+\.(?:py|toml|json|md))(?::(\w+))?`"
)


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The cells of every row of its tables, heads and rules left out."""
    lines = [line for line in text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "in the paper" and not row[0].startswith("---")]


@functools.cache
def definitions(path: Path) -> frozenset[str]:
    """What a Python file defines at its top: functions, classes and constants."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return frozenset(found)


def test_every_file_function_and_test_that_is_named_exists() -> None:
    named = _NAMED.findall(text())
    assert len(named) > 100
    missing = [path for path, _ in named if not (ROOT / path).is_file()]
    missing += [
        f"{path}:{name}"
        for path, name in named
        if name and (ROOT / path).is_file() and name not in definitions(ROOT / path)
    ]
    assert not missing, listed(missing)


def test_every_row_has_its_place_its_proof_and_its_difference() -> None:
    found = rows()
    assert len(found) > 35
    for row in found:
        assert len(row) == 4, row
        part, place, proof, difference = row
        assert all((part, place, proof, difference)), row
        # What nobody has done here has no proof, and says so in its place.
        if _NAMED.search(place):
            assert re.search(r"`tests/[\w/]+\.py:test_\w+`", proof), row


def test_links_inside_the_page_and_beside_it_lead_somewhere() -> None:
    heads = re.findall(r"^## (.+)$", text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\s-]", "", head.lower()).replace(" ", "-") for head in heads}
    for target in re.findall(r"\]\((?!https)([^)]+)\)", text()):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (PAGE.parent / target).is_file(), target
