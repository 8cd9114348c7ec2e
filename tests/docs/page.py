"""A page of the documentation as its tests read it."""

from __future__ import annotations

from tests.docs.blocks import ROOT


def page_text(name: str) -> str:
    """The page of a name, without its ending."""
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
