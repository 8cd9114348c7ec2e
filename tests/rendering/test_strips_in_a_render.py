"""Strips, presets and deliveries in a whole render: what they change, and what they leave alone."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import PresetError, RenderSettings, load_song, render
from mixer.cli.main import run
from mixer.console.settings import Compressor, Console, Strip
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.manifest import Manifest
from mixer.network.model import Bundle, read_bundle
from mixer.network.output import RunOptions
from mixer.network.runner import LocalRunner
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import DawAudio, OutputSettings, ReportKind
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import replay
from mixer.output.write import write_mix
from mixer.preset.merge import resolve
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from tests.signals import band

RATE_HZ = 44_100


def console(*sets: str) -> Console:
    return resolve((), None, sets).console


@pytest.fixture
def song(write_song, rng):
    return load_song(
        write_song({f"{name}.wav": audio for name, audio in band(rng, 4.0, RATE_HZ).items()})
    )


def mixed(song, *sets: str, **settings):
    asked = RenderSettings(console=console(*sets), true_peak_dbtp=None, **settings)
    return render(song, asked, wet_stems=True)


def against_the_rest_db(mix, stem: str) -> float:
    rest = sum(audio for name, audio in mix.wet_stems.items() if name != stem)
    rate = mix.sample_rate
    own = integrated_loudness_lufs(mix.wet_stems[stem], rate)
    return own - integrated_loudness_lufs(rest, rate)


def test_three_db_on_the_vocals_are_three_db_against_the_rest(song) -> None:
    plain, louder = mixed(song), mixed(song, "vocals.gain_db=3")
    raised_db = against_the_rest_db(louder, "vocals") - against_the_rest_db(plain, "vocals")
    assert raised_db == pytest.approx(3.0, abs=0.05)
    # what the mix gained is the vocals and nothing else
    gained = louder.audio - plain.audio
    wanted = (10 ** (3 / 20) - 1) * plain.wet_stems["vocals"]
    np.testing.assert_allclose(gained, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("sets", "made"),
    [
        ((), set()),
        (("vocals.gain_db=3",), {"vocals"}),
        (("master.width=1.2",), set()),
        (("bass.duck.by=drums", "bass.duck.amount_db=6"), {"bass", "drums"}),
        (("drums.amount=0",), set()),
        (("bass.solo=true",), {"vocals", "bass", "drums", "other"}),
    ],
)
def test_only_stems_that_a_strip_touches_are_made_wet(
    song, sets: tuple[str, ...], made: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes two convolutions; the mix has the same bits however many are made."""
    asked = []
    run_network = LocalRunner.run

    def noted(self: LocalRunner, stems: object, options: RunOptions) -> object:
        asked.append(options.wet_stems)
        return run_network(self, stems, options)

    monkeypatch.setattr(LocalRunner, "run", noted)
    settings = RenderSettings(console=console(*sets), true_peak_dbtp=None)
    alone, beside = render(song, settings), render(song, settings, wet_stems=True)
    assert [set(asked[0]), asked[1]] == [made, True]
    assert np.array_equal(alone.audio, beside.audio)
    desks = [mix.measurements["console"].get("stems", {}) for mix in (alone, beside)]
    assert desks[0] == desks[1]


@pytest.mark.parametrize("model", ["default", "none"])
def test_what_no_strip_touches_stays_in_the_mix_as_it_is(song, model: str) -> None:
    plain = mixed(song, model=model)
    moved = mixed(song, "vocals.gain_db=2", "drums.pan=0.3", model=model)
    kept = plain.audio - plain.wet_stems["vocals"] - plain.wet_stems["drums"]
    wanted = kept + moved.wet_stems["vocals"] + moved.wet_stems["drums"]
    np.testing.assert_allclose(moved.audio, wanted, atol=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sodium", "potassium"])
def test_three_db_on_real_vocals(shared, write_song, name: str) -> None:
    stems = {}
    for path in sorted((shared / "audio" / "stems" / name).glob("*.ogg")):
        audio, rate = soundfile.read(path, start=30 * RATE_HZ, frames=8 * RATE_HZ, dtype="float32")
        stems[f"{path.stem}.wav"] = audio.T
    song = load_song(write_song(stems, sample_rate=rate))
    plain, louder = mixed(song), mixed(song, "vocals.gain_db=3")
    raised_db = against_the_rest_db(louder, "vocals") - against_the_rest_db(plain, "vocals")
    assert raised_db == pytest.approx(3.0, abs=0.5)


def test_wet_stems_hold_their_strips_and_sum_with_the_residual_to_the_mix(song) -> None:
    settings = RenderSettings(
        console=console(
            "vocals.compressor={threshold_db=-30, ratio=4}",
            "vocals.reverb_db=-12",
            "drums.mute=true",
            "other.pan=0.4",
            "master.compressor={threshold_db=-20, ratio=2}",
        ),
        loudness_lufs=-14.0,
    )
    mix = render(song, settings, wet_stems=True)
    assert not np.any(mix.wet_stems["drums"])
    total = sum(mix.wet_stems.values()) + mix.residual
    assert np.abs(total - mix.audio).max() <= 1e-6
    left, right = (np.sum(np.square(channel)) for channel in mix.wet_stems["other"])
    assert right > 1.5 * left
    report = mix.measurements["console"]
    assert report["stems"]["vocals"]["effects"]["compressor"]
    assert report["master"]["effects"]["compressor"]


def test_a_strip_of_amount_zero_changes_no_bit(song) -> None:
    plain = mixed(song)
    strip = Strip(amount=0.0, gain_db=9.0, compressor=Compressor(threshold_db=-40.0, ratio=8.0))
    desk = Console(strips=(("bass", strip),), master=strip)
    settings = RenderSettings(console=desk, true_peak_dbtp=None)
    bypassed = render(song, settings, wet_stems=True)
    assert np.array_equal(plain.audio, bypassed.audio)
    for stem, audio in plain.wet_stems.items():
        assert np.array_equal(audio, bypassed.wet_stems[stem])


def test_strips_act_on_the_plain_sum_too(song) -> None:
    plain = mixed(song, amount=0.0)
    soloed = mixed(song, "bass.solo=true", amount=0.0)
    np.testing.assert_allclose(soloed.audio, plain.wet_stems["bass"], atol=1e-6)


def leaky(monkeypatch, leakage_db: float | None) -> None:
    """The default model, as if its wet stems leaked so."""
    whole = read_bundle("default")
    manifest: Manifest = replace(whole.manifest, wet_stem_leakage_db=leakage_db)
    bundle = Bundle(whole.folder, manifest, whole.sha256)
    monkeypatch.setattr("mixer.rendering.plans.planning.read_bundle", lambda name: bundle)


@pytest.mark.parametrize("leakage_db", [None, -12.0])
def test_where_wet_stems_leak_gains_act_before_the_network(
    song, monkeypatch, leakage_db: float | None
) -> None:
    leaky(monkeypatch, leakage_db)
    settings = RenderSettings(console=console("vocals.mute=true", "other.width=0.5"))
    plan = plan_render(song, settings)
    assert set(plan.gains_before) == {"vocals"}
    assert not plan.console.strip("vocals").mute
    assert plan.console.strip("other").width == 0.5
    assert any("before the network" in warning for warning in plan.warnings)
    mix = render(song, settings, wet_stems=True)
    assert "vocals" not in mix.wet_stems or not np.any(mix.wet_stems["vocals"])


@pytest.mark.parametrize(
    ("leakage_db", "why"),
    [
        (None, "has wet stems that were never measured"),
        (-4.5, "has other stems in its wet stems (-4.5 dB, above -20)"),
    ],
)
def test_leaking_wet_stems_are_told_of_wherever_they_are_written(
    song, monkeypatch, tmp_path: Path, leakage_db: float | None, why: str
) -> None:
    leaky(monkeypatch, leakage_db)
    warning = f"model default {why}: moving one of them also moves parts of the others"
    mix = render(song, RenderSettings(), wet_stems=True)
    assert mix.plan.warnings == (warning,)
    recipe = write_mix(mix, tmp_path / "with.wav")
    assert recipe["output"]["wet_stem_leakage_db"] == leakage_db
    assert replay(read_recipe(tmp_path / "with.wav"), tmp_path / "again").is_same
    # A session and a report hold them as well, versions are made of them; a mix alone is not.
    for name, wanted, told in (
        ("daw", OutputSettings("wav", daw=("reaper",), daw_audio=DawAudio.WET), (warning,)),
        ("report", OutputSettings("wav", report=ReportKind.LINKED), (warning,)),
        ("mix", OutputSettings("wav"), ()),
    ):
        plan = plan_render(song, RenderSettings())
        destination = Destination(tmp_path / f"{name}.wav", wanted)
        rendered = render_to(destination, plan)
        assert rendered.mix.plan.warnings == told, name
        assert ("wet_stem_leakage_db" in rendered.recipe["output"]) == bool(told)
    versions = Destination(tmp_path / "v.wav", OutputSettings("wav", deliver=("instrumental",)))
    assert render_to(versions, plan_render(song, RenderSettings())).mix.plan.warnings == (warning,)
    assert why in (tmp_path / "report.report.html").read_text()


def test_what_a_command_writes_it_tells_of_before(song, monkeypatch, tmp_path, capsys) -> None:
    leaky(monkeypatch, -4.5)
    command = ["render", str(song.folder), "--dry-run", "-o", str(tmp_path / "m.wav")]
    told = "warning: model default has other stems in its wet stems (-4.5 dB, above -20)"
    for options, is_told in (
        (["--stems"], True),
        (["--report"], True),
        (["--daw", "ardour"], True),
        (["--deliver", "acapella"], True),
        (["--deliver", "mix"], False),
        ([], False),
    ):
        assert run([*command, *options]) == 0
        assert (told in capsys.readouterr().err) == is_told


def test_a_stem_muted_before_the_network_is_muted_at_every_amount(song, monkeypatch) -> None:
    leaky(monkeypatch, None)
    mix = mixed(song, "vocals.solo=true", "vocals.mute=true", amount=0.5)
    assert not np.any(mix.audio)
    # Next to nothing of the network's mix, which makes up for the level of what it is given.
    quiet = mixed(song, "bass.solo=true", "bass.gain_db=-20", amount=0.001)
    recorded = mixed(song, "bass.solo=true", amount=0.001)
    np.testing.assert_allclose(quiet.audio, 0.1 * recorded.audio, atol=2e-3)


def test_what_acts_before_the_network_is_in_the_recipe(song, monkeypatch, tmp_path: Path) -> None:
    leaky(monkeypatch, -12.0)
    asked = console("vocals.mute=true", "bass.gain_db=-3", "other.width=0.5")
    mix = render(song, RenderSettings(console=asked))
    path = tmp_path / "m.wav"
    strips = write_mix(mix, path)["settings"]["console"]
    assert strips == {"vocals": {"mute": True}, "bass": {"gain_db": -3.0}, "other": {"width": 0.5}}
    assert replay(read_recipe(path), tmp_path / "again").is_same


def test_faithful_wet_stems_keep_everything_behind_the_network(song) -> None:
    plan = plan_render(song, RenderSettings(console=console("vocals.gain_db=3")))
    assert read_bundle("default").manifest.has_faithful_wet_stems
    assert not plan.gains_before
    assert not plan.warnings


def test_targets_of_a_preset_give_way_to_what_was_asked() -> None:
    preset = console("master.loudness_lufs=-9", "master.true_peak_dbtp=-2")
    asked = RenderSettings(loudness_lufs=-16.0)
    taken = with_console(asked, preset)
    assert (taken.loudness_lufs, taken.true_peak_dbtp) == (-9.0, -2.0)
    kept = with_console(asked, preset, keeps_loudness=True)
    assert (kept.loudness_lufs, kept.true_peak_dbtp) == (-16.0, -2.0)


def test_the_command_line_wins_over_the_song_and_the_song_over_presets(
    write_song, rng, tmp_path: Path, capsys
) -> None:
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 2.0, RATE_HZ).items()})
    (folder / "song.toml").write_text(
        "[console.vocals]\ngain_db = 2\n[console.bass]\ngain_db = 4\n", encoding="utf-8"
    )
    mine = tmp_path / "mine.toml"
    mine.write_text("[vocals]\ngain_db = 1\n[bass]\ngain_db = 1\n[drums]\ngain_db = 1\n")
    out = tmp_path / "out" / "m.wav"
    arguments = ["render", str(folder), "-o", str(out), "--model", "none", "--preset", str(mine)]
    assert run([*arguments, "--set", "vocals.gain_db=3", "-q"]) == 0
    recipe = json.loads(out.with_name("m.mix.json").read_text(encoding="utf-8"))
    strips = recipe["settings"]["console"]
    assert [strips[s]["gain_db"] for s in ("vocals", "bass", "drums")] == [3.0, 4.0, 1.0]
    assert [source["name"] for source in recipe["presets"]] == ["mine", "song.toml"]
    assert run(["replay", str(out.with_name("m.mix.json")), "-q"]) == 0


def test_sessions_and_report_come_with_the_mix(song, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out" / "m.wav"
    arguments = ["render", str(song.folder), "-o", str(out), "--model", "none", "--json"]
    assert run([*arguments, "--daw", "reaper", "--daw", "dawproject", "--report"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert Path(said["reaper"]).is_file()
    assert Path(said["dawproject"]).is_file()
    assert "<title>" in Path(said["report"]).read_text(encoding="utf-8")
    assert set(said["stems"]) == {"vocals", "bass", "drums", "other", "residual"}
    # nothing is written over unasked, and that is known before rendering
    assert run([*arguments, "--daw", "reaper"]) == 1


def test_what_a_session_cannot_name_is_refused_before_anything_is_rendered(
    write_song, rng, tmp_path: Path, capsys
) -> None:
    folder = write_song({"drums\x1b\n2.wav": band(rng, 1.0, RATE_HZ)["drums"]})
    arguments = ["render", str(folder), "-o", str(tmp_path / "out" / "m.wav"), "--model", "none"]
    assert run([*arguments, "--daw", "reaper", "-q"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert not (tmp_path / "out").exists()


def test_a_stem_that_is_silent_has_its_wet_stem_too(write_song, tmp_path: Path) -> None:
    silence = np.zeros((2, RATE_HZ), np.float32)
    song = load_song(write_song({"vocals.wav": silence, "bass.wav": silence}))
    mix = render(song, RenderSettings(), wet_stems=True)
    assert sorted(mix.wet_stems) == ["bass", "vocals"]
    assert not np.any(mix.audio)


def test_a_mistake_in_a_setting_is_one_line(song, capsys) -> None:
    with pytest.raises(PresetError, match="gain_db"):
        console("vocals.gain_db=99")
    assert run(["render", str(song.folder), "--set", "vocals.gian_db=1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
