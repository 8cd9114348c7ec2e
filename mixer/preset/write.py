"""A console's plain table as the text of a preset: the same table gives the same text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixer.files.toml_writing import table_lines, value_text
from mixer.preset.shape import SUMMARY


def preset_text(table: Mapping[str, Any], *, summary: str = "") -> str:
    """The TOML of a preset.

    Args:
        table: as `plain_table` gives it.
        summary: when to use it, one line; "" for none.

    Returns:
        Text that reads back as the same table.
    """
    lines = [f"{SUMMARY} = {value_text(summary)}"] if summary else []
    lines += table_lines(table)
    return "\n".join(lines).lstrip("\n") + "\n" if lines else ""
