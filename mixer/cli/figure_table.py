"""The plain table in which commands show figures."""

from __future__ import annotations

from rich.table import Table


def figure_table(first: str, *others: str) -> Table:
    """A table without rules: words in the first column, figures to the right in all others."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
