"""A part of a page that a program writes, between `<!-- name -->` and `<!-- /name -->`."""

from __future__ import annotations

import re
from collections.abc import Sequence


def with_marked_part(page: str, name: str, lines: Sequence[str]) -> str:
    """Replace what stands between a part's marks.

    Args:
        page: the whole text.
        name: name of the part.
        lines: the new content.

    Raises:
        ValueError: the page does not have each mark of that part exactly once.
    """
    marks = rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)"
    found, n = re.subn(marks, lambda m: m[1] + "\n".join(lines) + m[2], page, flags=re.DOTALL)
    if n != 1:
        raise ValueError(f"the page must have <!-- {name} --> and <!-- /{name} --> once")
    return found
