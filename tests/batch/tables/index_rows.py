"""Reading an index page back: the rows that its script draws."""

from __future__ import annotations

import json
import re
from typing import Any


def rows_of(page: str) -> list[dict[str, Any]]:
    """The songs of an index page, in the manifest's order."""
    (block,) = re.findall(r'<script type="application/json" id="rows">(.*?)</script>', page)
    rows: list[dict[str, Any]] = json.loads(block)
    return rows
