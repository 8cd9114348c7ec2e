"""docs/takes.md: its keys are understood."""

from __future__ import annotations

import re
from pathlib import Path

from mixer.files.toml_text import parse_toml
from mixer.preset.assignments import read_assignment
from mixer.preset.merge import resolve
from tests.docs.page import page_text


def test_keys_and_toml_of_the_page_are_understood(tmp_path: Path) -> None:
    keys = re.findall(r"`([\w.\"' ]+=+[-+\d.]+)`", page_text("takes"))
    assert len(keys) > 8
    for key in keys:
        if not key.startswith("explicit"):
            read_assignment(key.replace("==", "="))
    (block,) = re.findall(r"```toml\n(.*?)```", page_text("takes"), re.DOTALL)
    assert parse_toml(block)
    preset = tmp_path / "page.toml"
    preset.write_text(block)
    changes = resolve([preset]).console.strip("drums").network
    assert changes is not None
    assert (changes.room_db.offset, changes.shape.scale) == (-6.0, 0.5)
