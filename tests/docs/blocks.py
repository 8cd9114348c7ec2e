"""Code blocks of the documents: where they stand, their language, and what a test does with them.

A comment in front of a block, which no reader sees, may say one of two things:
`<!-- block: parsed, needs FluidSynth -->` (it is checked but not run; say why), or
`<!-- block: file my.toml -->` (it is this file, which is written before the page's commands run).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])
LANGUAGES = {"sh", "bash", "python", "toml", "csv", "json", "yaml", "text"}
_BLOCK = re.compile(
    r"(?:^<!-- block: (?P<mark>parsed|file) ?,? ?(?P<rest>[^\n]*?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, and mark (its file's name, or why it is not run)."""

    where: str
    language: str
    text: str
    file: str = ""
    not_run: str = ""

    def commands(self) -> list[list[str]]:
        """Words of each line of a shell block, comments left out."""
        lines = (shlex.split(line, comments=True) for line in self.text.splitlines())
        return [words for words in lines if words]


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        mark, rest = match["mark"], (match["rest"] or "").strip()
        assert not mark or rest, f"{page.name}:{line}: a mark names its file or its reason"
        found.append(
            Block(
                where=f"{page.name}:{line}",
                language=match["language"],
                text=match["text"],
                file=rest if mark == "file" else "",
                not_run=rest if mark == "parsed" else "",
            )
        )
    assert len(found) == len(re.findall(r"^ *```\w*$", text, re.MULTILINE)) // 2, page.name
    return found
