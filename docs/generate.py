"""Write the pages that come from the program: its command line, its keys, its columns.

    python docs/generate.py             # write them
    python docs/generate.py --check     # exit 1 where one is not up to date

What these pages say stands in the code alone: in the commands, in the dataclasses that presets and
manifests are read into.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from writers.command_line import command_line
from writers.manifest_columns import manifest_columns
from writers.shipped_tables import platforms_table, presets_table, versions_table
from writers.strip_keys import strip_keys

from mixer.cli.main import cli
from mixer.cli.man_page import man_page

DOCS = Path(__file__).parent


def manual() -> str:
    """The manual page, which is installed beside the program."""
    return man_page(cli, "mixer")


PAGES: dict[str, Callable[[], str]] = {
    "mixer.1": manual,
    "command-line.md": command_line,
    "strip-keys.md": strip_keys,
    "manifest-columns.md": manifest_columns,
}
# Tables inside pages that people write, between comments with their names.
TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("presets.md", "presets"): presets_table,
    ("deliverables.md", "versions"): versions_table,
    ("deliverables.md", "platforms"): platforms_table,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Every page of which something is generated, as it should be."""
    for name, make in PAGES.items():
        yield DOCS / name, make()
    for (name, word), make in TABLES.items():
        begin, end = f"<!-- {word}: begin -->", f"<!-- {word}: end -->"
        text = (DOCS / name).read_text(encoding="utf-8")
        before, rest = text.split(begin)
        yield DOCS / name, f"{before}{begin}\n\n{make()}\n\n{end}{rest.split(end)[1]}"


def stale_pages() -> list[str]:
    """Pages that are not what the program says now."""
    return [
        path.name
        for path, text in pages()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the pages that come from the program.")
    parser.add_argument("--check", action="store_true", help="only say which are out of date")
    if parser.parse_args().check:
        stale = stale_pages()
        for name in stale:
            print(f"docs/{name} is out of date; run: python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
