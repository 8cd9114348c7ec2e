"""Markdown of the generated pages: their first line, their tables."""

from __future__ import annotations

from collections.abc import Iterable

NOTE = "<!-- Written by docs/generate.py; edit the code that it comes from. -->"


def escaped(text: str) -> str:
    """Text for a cell of a table: no bar ends it, and brackets of placeholders are not HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
