"""Scripts of pages: modules as the browser imports them, or put together into one script.

A page that is opened from a disk may import no module: browsers refuse files to each other. So what
a server's page imports as it is, a file's page has inside, in the order in which modules need each
other.
"""

from __future__ import annotations

import re
from pathlib import Path

ASSETS = Path(__file__).resolve().parent / "assets"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async |function|class|const|let))", re.MULTILINE)


def one_script(*names: str, folder: Path = ASSETS) -> str:
    """A script that does what importing modules does.

    Args:
        names: of the modules, each after what it imports from the others.
        folder: where they lie; what is not there is one of the report's.

    Raises:
        ValueError: modules import each other in a circle.
    """
    done: dict[str, str] = {}
    for name in names:
        _add(name, folder, done, ())
    return '"use strict";\n(() => {\n' + "\n".join(done.values()) + "\n})();\n"


def _add(name: str, folder: Path, done: dict[str, str], within: tuple[str, ...]) -> None:
    if name in within:
        raise ValueError(f"{name} imports itself: {' -> '.join((*within, name))}")
    if name in done:
        return
    module = _find(name, folder).read_text(encoding="utf-8")
    for needed in _IMPORT.findall(module):
        _add(needed, folder, done, (*within, name))
    done[name] = _EXPORT.sub("", _IMPORT.sub("", module))


def style(*names: str, folder: Path = ASSETS) -> str:
    """Style sheets one after the other, `tokens.css` before them; found as modules are."""
    sheets = ("tokens.css", *names)
    return "".join(_find(name, folder).read_text(encoding="utf-8") for name in sheets)


def _find(name: str, folder: Path) -> Path:
    own = folder / name
    return own if own.is_file() else ASSETS / name
