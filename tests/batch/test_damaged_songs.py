"""A song that is damaged is rendered, and nobody has to look for that."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from mixer.cli.main import run


def test_half_a_file_is_told_in_the_last_lines_and_in_every_table(
    make_songs, tmp_path: Path, capsys
) -> None:
    manifest = make_songs(["whole", "half"], "song,model\nwhole,none\nhalf,none\n")
    drums = tmp_path / "half" / "drums.wav"
    os.truncate(drums, drums.stat().st_size // 2)
    out = tmp_path / "o"
    arguments = ["batch", str(manifest), "-o", str(out), "--html"]
    assert run(arguments) == 0
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last[0].startswith("warning: half: drums.wav: ")
    rows = {row["id"]: row for row in csv.DictReader((out / "results.csv").open())}
    assert rows["whole"]["remarks"] == ""
    assert rows["half"]["remarks"].startswith("drums.wav: ")
    assert "drums.wav: " in (out / "results.jsonl").read_text()
    assert "drums.wav: " in (out / "index.html").read_text()
    assert run(["batch", str(manifest), "-o", str(tmp_path / "again"), "-q"]) == 0
    assert capsys.readouterr() == ("", "")
