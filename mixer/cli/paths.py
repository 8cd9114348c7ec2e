"""The type of every option and argument that names a file or a folder."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import click

from mixer.files.wording import nearest, quote

# Names in a folder that are compared with one that is not there.
_MOST_NAMES = 2000


class FilePath(click.Path):
    """A `click.Path` whose error messages suggest what to give instead.

    An empty name, as of an unset variable, is not the current folder.
    """

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if value == "":
            self.fail("an empty name is not a path; write . for the current folder", param, ctx)
        path = Path(value)
        if self.exists and not os.path.lexists(path) and not (self.allow_dash and value == "-"):
            close = nearest(path.name, _names_in(path.parent))
            hint = f"; did you mean {quote(str(path.with_name(close)))}?" if close else ""
            self.fail(f"{quote(str(path))} does not exist{hint}", param, ctx)
        if not self.file_okay and path.is_file():
            self.fail(f"{quote(str(path))} is a file; give a folder", param, ctx)
        if not self.dir_okay and path.is_dir():
            self.fail(f"{quote(str(path))} is a folder; give a file", param, ctx)
        return super().convert(value, param, ctx)


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in itertools.islice(entries, _MOST_NAMES)]
    except OSError:
        return []
