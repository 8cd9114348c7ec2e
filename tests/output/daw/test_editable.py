"""The untouched session is the mix; without its residual it is as near as it says."""

import csv
import math
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import DawAudio, OutputSettings, ReportKind
from mixer.preset.merge import resolve
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from tests.output.daw.workstation import (
    ARDOUR,
    DawProject,
    Reaper,
    ardours_null_dbfs,
    null_dbfs,
    validate_dawproject,
)
from tests.signals import band

RATE_HZ = 44_100
HAND = (
    'tracks."Lead Vox".gain_db=+2',
    'tracks."Lead Vox".pan=-0.4',
    'tracks."Lead Vox".eq=[{type="peak", frequency_hz=3000, gain_db=3, q=1.2}]',
    'tracks."Lead Vox".reverb_db=-14',
    'tracks."Lead Vox".compressor={threshold_db=-30, ratio=4}',
    'tracks."Lead Vox".gate={threshold_db=-55, ratio=4}',
    'tracks."Bass DI".gain_db=[[0, 0], [1, -6]]',
    'tracks."Noise".mute=true',
    "drums.gain_db=-1.5",
    "drums.high_pass={frequency_hz=60, slope_db_per_octave=24}",
    "vocals.delay_db=-20",
)


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory):
    """A song of single tracks: a pair, a middle and a side, one upside down, one that is late."""
    folder = tmp_path_factory.mktemp("editable") / "song"
    folder.mkdir()
    sounds = band(np.random.default_rng(5), 2.0, RATE_HZ)
    noise = 0.05 * np.random.default_rng(6).standard_normal((2, 2 * RATE_HZ)).astype(np.float32)
    files = {
        "Lead Vox.wav": sounds["vocals"][:1], "Bass DI.wav": sounds["bass"][:1],
        "Kick.wav": sounds["drums"], "Git L.wav": sounds["other"][:1, ::-1],
        "Git R.wav": sounds["other"][1:, ::-1], "Pad Mid.wav": noise[:1],
        "Pad Side.wav": 0.4 * noise[1:], "Synth.wav": sounds["other"], "Noise.wav": noise[:, ::-1],
        "Shaker.wav": 0.3 * noise[:, : RATE_HZ // 2],
    }  # fmt: skip
    for name, audio in files.items():
        soundfile.write(folder / name, audio.T, RATE_HZ, subtype="FLOAT")
    (folder / "song.toml").write_text(
        'title = "Ten tracks"\ntempo_bpm = 97\n'
        '[files."Shaker.wav"]\nstart_s = 1.0\nrole = "percussion"\n'
        '[files."Synth.wav"]\ninvert = true\ngain_db = -3\n'
        '[[markers]]\nname = "drop"\ntime_s = 1.5\n'
    )
    return folder


def deliver(
    folder, target, model, sets=(), daws=("reaper", "dawproject", "ardour"), daw_audio="dry",
    presets=(),
):  # fmt: skip
    song = load_song(folder)
    resolved = resolve(presets, song.console, sets)
    settings = with_console(RenderSettings(model, loudness_lufs=-16.0), resolved.console)
    wanted = OutputSettings("wav", "32f", daw=daws, daw_audio=DawAudio(daw_audio))
    destination = Destination(target / "mix.wav", wanted)
    return render_to(destination, plan_render(song, settings)).mix


@pytest.fixture(scope="session", params=["tracks", "levels", "none", "default"])
def played(request, song_folder, tmp_path_factory):
    """A mix by a model of tracks or of stems with a user's strips, and its sessions."""
    of_tracks = request.param in ("tracks", "levels")
    sets = [s for s in HAND if of_tracks or not s.startswith("tracks.") or "mute" in s]
    target = tmp_path_factory.mktemp(f"played-{request.param}")
    mix = deliver(song_folder, target, request.param, sets)
    return mix, target


def test_reapers_session_is_the_mix(played) -> None:
    mix, folder = played
    assert null_dbfs(Reaper(folder / "mix.rpp").play(), mix.audio) < -80.0


def test_dawprojects_session_is_the_mix(played, tmp_path) -> None:
    mix, folder = played
    session = DawProject(folder / "mix.dawproject", RATE_HZ, mix.audio.shape[1], tmp_path)
    assert null_dbfs(session.play(), mix.audio) < -80.0


@pytest.mark.parametrize("model", ["tracks", "default"])
def test_files_with_an_offset_are_played_as_they_are_and_the_residual_takes_it_off(
    song_folder, tmp_path, model
) -> None:
    folder = tmp_path / "song"
    shutil.copytree(song_folder, folder)
    for name in ("Kick.wav", "Git L.wav", "Lead Vox.wav"):
        audio, _ = soundfile.read(folder / name, dtype="float32", always_2d=True)
        soundfile.write(folder / name, audio + 0.1, RATE_HZ, subtype="FLOAT")
    mix = deliver(folder, tmp_path, model, daws=("reaper",))
    assert null_dbfs(Reaper(tmp_path / "mix.rpp").play(), mix.audio) < -80.0
    text = (tmp_path / "mix.rpp").read_text()
    said = "Kick.wav has a DC offset of 10.0 % of full scale: the residual removes it"
    assert said in text
    assert "Git L.wav has a DC offset" in text
    assert "Bass DI.wav has" not in text


def test_dawprojects_session_is_valid_and_its_dynamics_stand_by(played, tmp_path) -> None:
    mix, folder = played
    validate_dawproject(folder / "mix.dawproject")
    project = DawProject(folder / "mix.dawproject", RATE_HZ, mix.audio.shape[1], tmp_path).project
    dynamics = [d for kind in ("NoiseGate", "Compressor", "Limiter") for d in project.iter(kind)]
    assert all(device.find("Enabled").get("value") == "false" for device in dynamics)
    (limiter,) = project.iter("Limiter")
    assert float(limiter.find("Threshold").get("value")) == mix.settings.true_peak_dbtp
    if mix.plan.tracks:
        (gate,) = project.iter("NoiseGate")
        assert float(gate.find("Threshold").get("value")) == -55.0
        assert float(gate.find("Ratio").get("value")) == pytest.approx(75.0)
        said = (folder / "mix.recall.csv").read_text()
        assert "gate 1:4.0 at -55.0 dBFS peak" in said
        assert "compressor 4.0:1 at -30.0 dBFS peak" in said


def test_without_the_residual_it_is_as_near_as_its_mix_bus_says(played) -> None:
    mix, folder = played
    session = Reaper(folder / "mix.rpp")
    left = session.play(without=("residual",)) - mix.audio
    left_db = 10.0 * math.log10(np.vdot(left, left) / np.vdot(mix.audio, mix.audio))
    (text,) = [
        line for line in (folder / "mix.recall.md").read_text().splitlines()
        if line.startswith("| Mix ")
    ]  # fmt: skip
    assert f"{left_db:.1f} dB" in text
    # Filters of zero phase, as the paper normalises with, are far from any equaliser's.
    assert left_db < (-8.0 if mix.plan.bundle or mix.plan.tracks else -2.0)


def test_what_the_hand_set_stands_on_the_strips(played) -> None:
    mix, folder = played
    session = Reaper(folder / "mix.rpp")
    muted = {
        name for name, track in zip(session.names, session.tracks, strict=True)
        if session.one(track, "MUTESOLO")[0] == "1"
    }  # fmt: skip
    assert "Noise" in muted
    assert ("vocals", "Delay") in session.sends()
    if mix.plan.tracks:
        assert session.sends()["Lead Vox", "Reverb"] == pytest.approx(10 ** (-14 / 20), rel=1e-4)
        assert any(hz == 3000.0 for hz in _frequencies(session, "Lead Vox"))
        bass = session.tracks[session.names.index("Bass DI")].find("VOLENV2")
        values = [float(line[2]) for line in bass if line[0] == "PT"]
        assert values[0] / values[-1] == pytest.approx(10 ** (6 / 20), rel=0.1)


def _frequencies(session: Reaper, name: str) -> list[float]:
    import base64
    import struct

    plugin = session.tracks[session.names.index(name)].find("FXCHAIN").find("VST")
    lines = [line if isinstance(line, str) else line[0] for line in plugin]
    state = base64.b64decode("".join(lines[1:-1]))
    count = struct.unpack_from("<ii", state)[1]
    return [struct.unpack_from("<iid", state, 8 + 33 * i)[2] for i in range(count)]


def test_recordings_are_played_where_they_lie(played, song_folder) -> None:
    _, folder = played
    session = Reaper(folder / "mix.rpp")
    files = {
        (folder / session.one(item.find("SOURCE"), "FILE")[0]).resolve()
        for track in session.tracks
        for item in track.findall("ITEM")
    }
    assert {path.resolve() for path in song_folder.glob("*.wav")} <= files
    own = sorted(path.name for path in (folder / "mix.daw").iterdir())
    assert "residual.reaper.wav" in own
    assert not [name for name in own if "Kick" in name]


def test_both_holds_the_wet_stems_too_muted(song_folder, tmp_path) -> None:
    mix = deliver(song_folder, tmp_path, "levels", daws=("reaper",), daw_audio="both")
    session = Reaper(tmp_path / "mix.rpp")
    assert {f"{stem} (wet)" for stem in mix.wet_stems} <= set(session.names)
    assert null_dbfs(session.play(), mix.audio) < -80.0


def test_the_same_mix_gives_the_same_session(song_folder, tmp_path) -> None:
    texts = []
    for name in ("one", "two"):
        deliver(song_folder, tmp_path / name, "levels", daws=("reaper",))
        texts.append((tmp_path / name / "mix.rpp").read_text())
    assert texts[0] == texts[1]


def test_ardours_session_names_everything(played, tmp_path) -> None:
    """Buses feed each other as folders lie in each other, and every id is there once."""
    _, folder = played
    root = ET.parse(folder / "mix.ardour").getroot()
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    sources = {source.get("id"): source for source in root.iter("Source")}
    assert all(Path(source.get("name")).is_file() for source in sources.values())
    assert {region.get("source-0") for region in root.iter("Region")} <= set(sources)
    feeds = {
        route.get("name"): route.find("IO[@direction='Output']/Port/Connection").get("other")
        for route in root.iter("Route")
    }
    assert feeds["Kick"] == "drums/audio_in 1"
    assert feeds["drums"] == "Mix/audio_in 1"
    assert feeds["Mix"] == feeds["residual"] == "Master/audio_in 1"
    playlists = {playlist.get("id") for playlist in root.iter("Playlist")}
    assert {r.get("audio-playlist") for r in root.iter("Route") if r.get("mode")} == playlists


@pytest.mark.skipif(ARDOUR is None, reason="Ardour is not installed")
@pytest.mark.parametrize("model", ["levels", "default"])
def test_ardour_itself_plays_the_mix(song_folder, tmp_path, model) -> None:
    user = ("drums.pan=0.4", "vocals.gain_db=[[0, 0], [0.5, 9], [1, -20]]")
    mix = deliver(song_folder, tmp_path, model, user, daws=("ardour",))
    assert ardours_null_dbfs(tmp_path / "mix.ardour", mix.audio) < -95.0


def test_the_report_says_how_deep_each_track_nulls(song_folder, tmp_path) -> None:
    song = load_song(song_folder)
    wanted = OutputSettings("wav", "32f", daw=("reaper", "ardour"), report=ReportKind.EMBEDDED)
    plan = plan_render(song, RenderSettings("levels"))
    render_to(Destination(tmp_path / "mix.wav", wanted), plan)
    page = (tmp_path / "mix.report.html").read_text()
    assert '<section id="sessions"' in page
    section = page[page.index('<section id="sessions"') :]
    assert "REAPER, dB" in section
    assert "Ardour, dB" in section
    assert "Lead Vox" in section[: section.index("</section>")]
    rows = list(csv.DictReader((tmp_path / "mix.recall.csv").open()))
    for row in rows:  # faders and pans alone: what is apart is no level
        assert float(row["bands within dB (REAPER)"] or 0.0) <= 1.0, row["Track"]
    said = (tmp_path / "mix.recall.md").read_text()
    (voice,) = [line for line in said.splitlines() if line.startswith("| Lead Vox ")]
    assert voice.count("dB, bands ") + voice.count("dB (!), bands ") == 2
    assert "mostly phase and timing" in said
