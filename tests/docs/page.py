"""A page of the documentation as its tests read and run it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from mixer.cli.main import run

DOCS = Path(__file__).resolve().parents[2] / "docs"
RATE_HZ = 44_100


def page_text(name: str) -> str:
    """The page of a name, without its ending."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def commands(name: str) -> list[list[str]]:
    """The words behind `mixer` of every line of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page_text(name), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert lines
    assert all(line.startswith("mixer ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def run_commands(name: str) -> None:
    """Run them in their order, in the current folder."""
    for words in commands(name):
        assert run(words) == 0, words
