"""The type of every option and argument that names a file or a folder."""

from __future__ import annotations

import os
from typing import Any

import click


class FilePath(click.Path):
    """As `click.Path`; an empty name, as of an unset variable, is not the current folder."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if value == "":
            self.fail("an empty name is not a path; write . for the current folder", param, ctx)
        return super().convert(value, param, ctx)
