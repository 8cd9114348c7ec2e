"""Names that file systems allow and programs stumble over."""

import csv
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from mixer.batch.requests.outputs import plan_outputs
from mixer.cli.main import run
from tests.batch.manifests import read_rows
from tests.batch.tables.index_rows import rows_of

NAMES = (
    "with space", 'quote " and \' quote', "new\nline", "emoji 🎚️🎛️", "x" * 250, "tab\there",
    "semi;colon, comma", "percent %20 #1?", "-dash", "{id}", "日本語", "trailing dot.",
)  # fmt: skip


@pytest.mark.slow
def test_odd_names_are_rendered_and_found_again(tmp_path) -> None:
    audio = np.random.default_rng(0).standard_normal((22_050, 2)) * 0.1
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song"])
        for name in NAMES:
            (tmp_path / "songs" / name).mkdir(parents=True)
            soundfile.write(tmp_path / "songs" / name / "drums.wav", audio, 44_100)
            writer.writerow([f"songs/{name}"])
    manifest, out = tmp_path / "manifest.csv", tmp_path / "out"
    assert run(["batch", str(manifest), "-o", str(out), "--html", "-q"]) == 0
    rows = read_rows(manifest)
    targets, _ = plan_outputs(rows, out)
    for row, target in zip(rows, targets, strict=True):
        assert row.song.name in NAMES
        assert soundfile.info(out / target.mix).frames == 22_050
    mixes = [row["mix"] for row in rows_of((out / "index.html").read_text())]
    assert len(mixes) == len(NAMES)
    assert "songs/percent%20%2520%20%231_.wav" in mixes
    assert all((out / unquote(mix)).is_file() for mix in mixes)
    with (out / "results.csv").open(newline="") as file:
        assert [r["id"] for r in csv.DictReader(file)] == [f"songs/{name}" for name in NAMES]
    assert run(["batch", str(manifest), "-o", str(out), "-q"]) == 0
