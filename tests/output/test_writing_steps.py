"""Progress has a share for everything that is written, and the time that is told is the whole."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

from mixer.output.destination import Destination, render_to
from mixer.output.settings import OutputSettings, ReportKind
from mixer.rendering.plan_notes import hands_on_wet_stems
from mixer.rendering.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from tests.signals import band


@pytest.fixture
def folder(write_song, rng):
    return write_song({f"{n}.wav": a for n, a in band(rng, 2.0, 44_100).items()})


def told_of(folder, path, wanted: OutputSettings) -> list[tuple[str, str, float]]:
    plan = plan_render(load_song(folder), RenderSettings(model="none", device="cpu"))
    plan = hands_on_wet_stems(plan) if wanted.writes_stems else plan
    told: list[tuple[str, str, float]] = []
    render_to(Destination(path, wanted), plan, progress=lambda *step: told.append(step))
    return told


def test_a_plain_mix_is_done_when_it_is_written(folder, tmp_path) -> None:
    told = told_of(folder, tmp_path / "x.wav", OutputSettings(format="wav"))
    shares = [share for _, _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    writing = [step for step in told if step[0] == "write"]
    assert writing[0][2] < 1.0
    assert [detail for _, detail, _ in writing] == ["x.wav", "mix", "x.wav"]
    assert max(share for stage, _, share in told if stage != "write") <= writing[0][2]


def test_each_thing_that_is_written_moves_it_on(folder, tmp_path) -> None:
    wanted = OutputSettings(
        format="wav", stems=True, daw=("reaper",), deliver=("instrumental",),
        report=ReportKind.LINKED,
    )  # fmt: skip
    told = told_of(folder, tmp_path / "x.wav", wanted)
    writing = [(detail, share) for stage, detail, share in told if stage == "write"]
    files = ["mix", "vocals", "bass", "drums", "other", "residual"]
    names = [detail for detail, _ in writing]
    assert names == ["x.wav", *files, "versions", "reaper", "report", "x.wav"]
    shares = [share for _, share in writing]
    assert all(later > sooner for sooner, later in itertools.pairwise(shares[:-1]))
    assert shares[-1] == pytest.approx(1.0)
    # What takes longer than the mix has more of the way than it.
    assert shares[0] < 0.5


def test_the_time_that_is_told_holds_all_that_was_done(folder, tmp_path) -> None:
    command = [sys.executable, "-m", "mixer", "render", str(folder), "--model", "none"]
    command += ["-o", str(tmp_path / "x.wav"), "--device", "cpu", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    stages = json.loads((tmp_path / "x.mix.json").read_text())["seconds"]
    # To start and to write is in no stage of the mix.
    assert told["seconds"] > sum(stages.values())
    assert told["real_time_factor"] == pytest.approx(2.0 / told["seconds"], abs=0.01)
