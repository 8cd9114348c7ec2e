"""The type of every option and argument that names a file or a folder."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mixer.files.wording import nearest, quote

Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)
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
        if self.exists and path.is_symlink() and not path.exists():
            self.fail(f"{quote(str(path))} is a broken link", param, ctx)
        if self.exists and path.exists() and not os.access(path, os.R_OK):
            self.fail(f"cannot read {quote(str(path))}; change its permissions", param, ctx)
        return super().convert(value, param, ctx)


NO_CURRENT_FOLDER = "the current folder no longer exists; change to another one"


def current_folder_is_gone() -> bool:
    """Whether the current folder was deleted or cannot be reached."""
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def required_output(help_text: str) -> Callable[[Decorated], Decorated]:
    """The option `--output` of a command that has no default for what it writes."""
    return click.option(
        "-o", "--output", required=True, type=FilePath(path_type=Path), help=help_text
    )


def _names_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in itertools.islice(entries, _MOST_NAMES)]
    except OSError:
        return []
