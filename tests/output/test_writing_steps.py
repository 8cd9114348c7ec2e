"""Progress has a share for everything that is written, and the time that is told is the whole."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from mixer.audio import write_audio
from mixer.cli.main import run
from mixer.output.destination import Destination, forecast_of, render_to
from mixer.output.output_settings import OutputSettings, ReportKind
from mixer.output.writing_forecast import report_steps_s
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.forecast import looking_s
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.song.damaged_files import that_hide_damage
from mixer.song.load import load_song
from tests.signals import band


@pytest.fixture
def folder(write_song, rng):
    return write_song({f"{n}.wav": a for n, a in band(rng, 2.0, 44_100).items()})


def told_of(folder, path, wanted: OutputSettings) -> list[tuple[str, str, float]]:
    plan = plan_render(load_song(folder), RenderSettings(model="none", device="cpu"))
    plan = with_leakage_warning(plan) if wanted.delivers_wet_stems else plan
    told: list[tuple[str, str, float]] = []
    render_to(Destination(path, wanted), plan, progress=lambda *step: told.append(step))
    return told


def steps_of(told) -> list[tuple[str, str]]:
    """Stages and details in their order, each once in a row."""
    return list(dict.fromkeys((stage, detail) for stage, detail, _ in told))


def test_a_plain_mix_is_done_when_it_is_written(folder, tmp_path) -> None:
    told = told_of(folder, tmp_path / "x.wav", OutputSettings(format="wav"))
    shares = [share for _, _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    writing = [step for step in told if step[0] == "write"]
    assert writing[0][2] < 1.0
    assert steps_of(writing) == [("write", "x.wav"), ("write", "mix")]
    assert max(share for stage, _, share in told if stage != "write") <= writing[0][2]


def test_each_thing_that_is_written_has_its_stage_and_its_share(folder, tmp_path) -> None:
    wanted = OutputSettings(
        format="wav", stems=True, daw=("reaper",), deliver=("instrumental",),
        report=ReportKind.LINKED,
    )  # fmt: skip
    told = told_of(folder, tmp_path / "x.wav", wanted)
    steps = steps_of(told)
    names = ["x.wav", "mix", "vocals", "bass", "drums", "other", "residual"]
    assert [detail for stage, detail in steps if stage == "write"] == names
    begun = {stage: share for stage, _, share in reversed(told)}
    stages = ["normalise", "blend", "master", "write", "versions", "sessions"]
    assert list(dict.fromkeys(stage for stage, _ in steps)) == [*stages, "report"]
    assert all(later > sooner for sooner, later in itertools.pairwise(begun[s] for s in stages))
    assert ("sessions", "reaper") in steps
    shares = [share for _, _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_mix_that_was_made_is_not_foreseen_to_be_measured_again(folder, tmp_path) -> None:
    def mastering_s(wanted: OutputSettings, loudness_lufs: float | None = None) -> float:
        settings = RenderSettings(model="none", device="cpu", loudness_lufs=loudness_lufs)
        plan = with_leakage_warning(plan_render(load_song(folder), settings))
        return forecast_of(Destination(tmp_path / "x.wav", wanted), plan, is_made=True)["master"]

    assert mastering_s(OutputSettings()) == 0.0
    assert mastering_s(OutputSettings(stems=True)) > 0.0
    assert mastering_s(OutputSettings(), -14.0) > 0.0
    # So soft a mix keeps its peaks, and nothing is tried.
    assert mastering_s(OutputSettings(), -23.0) == 0.0


def test_more_previews_take_longer_and_no_longer_than_a_preview(folder, tmp_path) -> None:
    plan = plan_render(load_song(folder), RenderSettings(model="none", device="cpu"))
    seconds = [
        report_steps_s(
            replace(plan, song=replace(plan.song, n_samples=round(length_s * 44_100))),
            OutputSettings(report=ReportKind.EMBEDDED),
        )["audio"]
        for length_s in (10.0, 30.0, 300.0)
    ]
    assert seconds == pytest.approx([seconds[1] / 3.0, seconds[1], seconds[1]])


def test_files_share_their_stage_block_by_block(folder, tmp_path, monkeypatch) -> None:
    told: list[tuple[str, float]] = []
    plain = StageClock.at

    def at(clock: StageClock, detail: str, share: float) -> None:
        if clock._stage == Stage.WRITE:
            told.append((detail, share))
        plain(clock, detail, share)

    monkeypatch.setattr(StageClock, "at", at)
    told_of(folder, tmp_path / "x.wav", OutputSettings(format="wav", stems=True))
    names = ["mix", "vocals", "bass", "drums", "other", "residual"]
    (_, _), (_, hashed), *files = told  # begun, and the recordings hashed
    assert 0.0 < hashed < 0.97
    assert list(dict.fromkeys(name for name, _ in files)) == names
    ends = dict(files)
    assert [ends[name] for name in names] == pytest.approx(
        [hashed + (0.97 - hashed) * n / 6 for n in range(1, 7)]
    )


def test_what_is_foreseen_is_what_is_asked_for(folder, tmp_path) -> None:
    plan = plan_render(load_song(folder), RenderSettings(model="none", device="cpu"))
    all_of_it = OutputSettings(
        format="wav", stems=True, daw=("reaper",), deliver=("instrumental",),
        report=ReportKind.LINKED, check_translation=True,
    )  # fmt: skip
    plain = forecast_of(Destination(tmp_path / "x.wav", OutputSettings(format="wav")), plan)
    whole = forecast_of(Destination(tmp_path / "x.wav", all_of_it), plan)
    assert list(plain) == [Stage.NORMALISE, Stage.MASTER, Stage.WRITE]
    assert set(whole) - set(plain) == {
        Stage.BLEND, Stage.VERSIONS, Stage.TRANSLATION, Stage.SESSIONS, Stage.REPORT,
    }  # fmt: skip
    assert whole[Stage.WRITE] > plain[Stage.WRITE]
    made = forecast_of(Destination(tmp_path / "x.wav", all_of_it), plan, is_made=True)
    assert next(iter(made)) == Stage.MASTER


def test_the_time_that_is_told_holds_all_that_was_done(folder, tmp_path) -> None:
    command = [sys.executable, "-m", "mixer", "render", str(folder), "--model", "none"]
    command += ["-o", str(tmp_path / "x.wav"), "--device", "cpu", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    stages = json.loads((tmp_path / "x.mix.json").read_text())["seconds"]
    # To start and to write is in no stage of the mix.
    assert told["seconds"] > sum(stages.values())
    assert told["real_time_factor"] == pytest.approx(2.0 / told["seconds"], abs=0.01)


def test_looking_for_damage_is_a_stage_of_its_own(rng, tmp_path, capsys) -> None:
    """FLAC shows its damage only when it is decoded, which takes time before the render."""
    folder = tmp_path / "song"
    for name, audio in band(rng, 2.0, 44_100).items():
        write_audio(folder / f"{name}.flac", audio, 44_100, file_format="flac")
    assert run(["render", str(folder), "--model", "none", "-o", str(tmp_path / "x.wav")]) == 0
    lines = capsys.readouterr().err.splitlines()
    told = [line.split()[0] for line in lines if line.endswith(" ...")]
    assert told == ["look", "normalise", "master", "write"]
    sources = [recording.source for recording in load_song(folder).recordings]
    assert that_hide_damage(sources) == sources
    assert looking_s(sources, 1) == pytest.approx(4 * looking_s(sources[:1], 1))
