"""A program writes its part of a page and leaves the rest as it is."""

from __future__ import annotations

import pytest

from mixer.files.marked_part import with_marked_part


def test_a_table_replaces_what_stands_between_its_marks() -> None:
    page = "a\n<!-- batch -->\nold\n\nlines\n<!-- /batch -->\nb\n"
    assert with_marked_part(page, "batch", ["| 1 |", r"\g<0>"]) == (
        "a\n<!-- batch -->\n| 1 |\n\\g<0>\n<!-- /batch -->\nb\n"
    )
    with pytest.raises(ValueError, match="must have <!-- clock -->"):
        with_marked_part(page, "clock", [])
