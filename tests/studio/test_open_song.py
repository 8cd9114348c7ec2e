"""A song on the desk: its edits, its history and its renders are those of the command line."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.signal
import soundfile

from mixer import load_song
from mixer.errors import OutputError, SettingsError
from mixer.studio.edit_store import state_path
from mixer.studio.messages.song_state import SongState
from mixer.studio.open_song import GoneError
from mixer.studio.shared_state import ConflictError
from tests.studio.desk import EDITS, RATE, Open, channel, mix_of, samples_of, settled, wait_for


def test_an_old_revision_is_a_conflict_and_changes_nothing(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    first = session.edit(0, {"vocals.gain_db": 1.0})
    for change in (
        lambda: session.edit(0, {"vocals.gain_db": 5.0}),
        lambda: session.undo(0),
        lambda: session.redo(0),
        lambda: session.wish(0, "vocals up"),
    ):
        with pytest.raises(ConflictError):
            change()
    assert session.state()["revision"] == first["revision"] == 1
    assert channel(session.state(), "vocals")["strip"]["gain_db"] == 1.0


def test_a_new_start_finds_edits_and_history(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    state = session.edit(0, {"vocals.gain_db": 1.0}, label="voice up")
    state = session.edit(state["revision"], {"presets": ["rock"], "bass.pan": 0.5})
    compressor = channel(state, "drums")["base"]["compressor"]
    assert compressor["ratio"] > 1.0
    session.undo(state["revision"])
    session.close()
    again = opened(stem_song)
    state = settled(again)
    assert (state["revision"], state["can_undo"]) == (3, "voice up")
    assert channel(state, "vocals")["hand"] == {"gain_db": 1.0}
    state = again.redo(3)
    assert state["presets"] == ["rock"]
    assert channel(state, "bass")["strip"]["pan"] == 0.5
    # A preset is below the hand.
    assert channel(state, "bass")["base"]["pan"] == 0.0
    assert channel(state, "drums")["base"]["compressor"] == compressor


def test_a_damaged_state_stops_the_song_and_is_not_written_over(
    stem_song: Path, opened: Open
) -> None:
    path = state_path(stem_song)
    path.parent.mkdir()
    path.write_text("{")
    session = opened(stem_song)
    wait_for(lambda: session.state()["phase"] == "failed")
    assert "move it away" in (session.state()["problem"] or "")
    assert path.read_text() == "{"


def test_a_song_that_is_moved_away_is_told_and_not_begun_anew(
    stem_song: Path, opened: Open
) -> None:
    session = opened(stem_song)
    settled(session)
    moved = stem_song.rename(stem_song.with_name("moved"))
    state = session.edit(0, {"vocals.gain_db": 1.0})
    assert "no longer there" in state["notes"][-1]
    with pytest.raises(OutputError, match="no longer there"):
        session.save_song()
    with pytest.raises(OutputError, match="no longer there"):
        session.add_reference("theirs.wav", b"RIFF")
    job = session.job(session.render({})["id"])
    wait_for(lambda: job.state == "failed")
    assert "still there" in (job.problem or "")
    assert not stem_song.exists()
    moved.rename(stem_song)
    state = session.edit(1, {"vocals.gain_db": 2.0})
    assert not state["notes"]
    assert state_path(stem_song).is_file()


@pytest.mark.parametrize("through", ["edits alone", "a preset and a place"])
def test_a_render_is_that_of_the_command_line_with_the_saved_song(
    track_song: Path, opened: Open, tmp_path: Path, through: str
) -> None:
    (track_song / "song.toml").write_text(
        '# mine\ntitle = "Two"\n[console.drums]\ngain_db = -1\n[files."05*"]\ngain_db = -2\n'
    )
    session = opened(track_song)
    state = settled(session)
    changes: dict[str, Any] = EDITS | {
        f"{channel(state, '01 Kick.wav')['key']}.gain_db": 1.5,
        "drums.network.room_db": -6,
    }
    if through != "edits alone":
        changes |= {"presets": ["wide"], "settings.platform": "spotify"}
        changes['files."04 Keys.wav".role'] = "organ"
    session.edit(state["revision"], changes)
    settled(session)
    job = session.render({"bit_depth": "32f", "stems": True})
    wait_for(lambda: session.job(job["id"]).state not in ("waiting", "running"))
    assert session.job(job["id"]).problem is None
    saved = session.save_song()
    assert saved["state"]["saved"]
    text = (track_song / "song.toml").read_text()
    assert text.startswith('# mine\ntitle = "Two"\n')
    assert tomllib.loads(text)["files"]["05*"] == {"gain_db": -2}
    from mixer.cli.main import run

    out = tmp_path / "by hand.wav"
    assert run(["render", str(track_song), "-o", str(out), "--bit-depth", "32f", "-q"]) == 0
    ours = session.job(job["id"]).files[0]
    assert ours.name == "tracks.wav"
    assert np.array_equal(soundfile.read(ours)[0], soundfile.read(out)[0])


def test_undo_goes_on_behind_a_save(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    session.edit(0, {"vocals.gain_db": 2.0})
    session.save_song()
    assert load_song(stem_song).console["vocals"] == {"gain_db": 2.0}
    session.close()
    again = opened(stem_song)
    state = settled(again)
    assert channel(state, "vocals")["base"]["gain_db"] == 0.0
    assert channel(state, "vocals")["strip"]["gain_db"] == 2.0
    state = again.undo(state["revision"])
    assert channel(state, "vocals")["strip"]["gain_db"] == 0.0
    assert not state["saved"]


def test_wishes_are_edits_that_can_be_undone(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    state = session.wish(0, "vocals up, drums a little brighter")
    assert channel(state, "vocals")["hand"] == {"gain_db": 1.5}
    assert channel(state, "drums")["strip"]["eq"][0]["gain_db"] == 1.0
    assert state["can_undo"] == "vocals up, drums a little brighter"
    state = session.undo(state["revision"])
    assert not channel(state, "drums")["strip"]["eq"]
    with pytest.raises(SettingsError):
        session.wish(state["revision"], "make it sound like 1973")
    with pytest.raises(SettingsError, match="in words"):
        session.wish(state["revision"], "vocals.gain_db=+1")


def test_single_tracks_before_a_network_are_gained_alone(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    state = settled(session)
    track = channel(state, "vocals.wav")
    assert not track["live"]
    state = session.edit(0, {f"{track['key']}.gain_db": -2.0})
    with pytest.raises(SettingsError, match="mixes stems"):
        session.edit(state["revision"], {f"{track['key']}.pan": 0.5})
    settled(session)


def test_sources_are_compared_at_one_loudness(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    state = settled(session)
    session.edit(0, {"vocals.gain_db": 6.0})
    settled(session)
    session.compare("default")
    tone = 0.9 * np.sin(np.arange(5 * RATE) / 20.0)
    file = io.BytesIO()
    soundfile.write(file, np.stack([tone, tone], axis=1), RATE, format="WAV")
    state = session.add_reference("../../their mix.wav", file.getvalue())
    names = ["mix", "plain", "default", "reference-1"]
    assert [source["id"] for source in state["sources"]] == names
    assert state["sources"][3]["name"] == "their mix.wav"

    def all_there() -> SongState | None:
        state = session.state()
        there = all(source["loudness_lufs"] is not None for source in state["sources"])
        return state if there else None

    state = wait_for(all_there)
    matched = {
        source["id"]: source["match_db"] + source["loudness_lufs"] for source in state["sources"]
    }
    assert np.ptp(list(matched.values())) < 1e-6
    peaks = [source["match_db"] + source["true_peak_dbtp"] for source in state["sources"]]
    assert max(peaks) <= -0.49
    assert state["sources"][2]["loudness_lufs"] < state["sources"][0]["loudness_lufs"]
    assert not list(stem_song.parent.glob("*mix.wav"))
    session.compare("reference-1", remove=True)
    with pytest.raises(SettingsError):
        session.compare("mix", remove=True)
    with pytest.raises(SettingsError, match="no take-7"):
        session.compare("take-7")


def test_what_is_not_audio_is_told_and_forgotten(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    session.add_reference("not.wav", b"RIFF but not really")
    wait_for(lambda: session.state()["problem"])
    assert [source["id"] for source in session.state()["sources"]] == ["mix", "plain"]
    with pytest.raises(SettingsError, match="name of an audio file"):
        session.add_reference("song.toml", b"title = 'mine'")


def test_takes_are_listed_as_they_are_rendered(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    assert session.takes() == {"takes": []}
    for _ in range(2):
        job = session.render({})
        wait_for(lambda job=job: session.job(job["id"]).state == "done")  # type: ignore[misc]
    assert [row["file"] for row in session.takes()["takes"]] == ["stems.wav", "stems.take2.wav"]
    state = session.compare("take-2")
    assert state["sources"][-1]["kind"] == "take"


@pytest.mark.parametrize(
    "asked",
    [
        [],
        {"format": "exe"},
        {"format": 3},
        {"stems": "yes"},
        {"deliver": "instrumental"},
        {"deliver": ["karaoke?"]},
        {"daw": ["winamp"]},
        {"daw_audio": "damp"},
        {"output": "/etc/passwd"},
    ],
)
def test_renders_that_cannot_be_are_refused(stem_song: Path, opened: Open, asked: Any) -> None:
    session = opened(stem_song)
    settled(session)
    with pytest.raises(SettingsError):
        session.render(asked)


def test_a_cancelled_render_leaves_nothing(stem_song: Path, opened: Open, tmp_path: Path) -> None:
    session = opened(stem_song)
    settled(session)
    jobs = [session.render({"stems": True}) for _ in range(3)]
    for job in jobs[1:]:
        session.cancel(job["id"])
    wait_for(lambda: session.job(jobs[0]["id"]).state in ("done", "cancelled"))
    assert [session.job(job["id"]).state for job in jobs[1:]] == ["cancelled"] * 2
    assert len(list((tmp_path / "mixes").glob("*.mix.json"))) <= 1


def test_samples_come_by_range_and_version(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    audio = mix_of(settled(session))
    whole = session.audio("mix", 0, audio["n_frames"], audio["version"])
    assert len(whole) == 4 * audio["n_frames"]
    assert session.audio("mix", 1_000, 500, None) == whole[4_000:6_000]
    assert len(session.audio("mix", audio["n_frames"] - 10, 500, None)) == 40
    with pytest.raises(IndexError):
        session.audio("mix", audio["n_frames"], 1, None)
    with pytest.raises(GoneError):
        session.audio("mix", 0, 1, audio["version"] + 1)
    with pytest.raises(KeyError):
        session.audio("../../etc/passwd", 0, 1, None)
    peaks = session.overview("mix", 30)["peaks"]
    assert len(peaks) == 30
    assert max(peaks) == pytest.approx(audio["full_scale"], abs=1e-3)


def test_variations_are_heard_and_blended_into_an_edit(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    settled(session)
    session.edit(0, {"vocals.gain_db": 1.0})
    state = settled(session)
    session.variations(state["revision"])
    state = wait_for(lambda: s if len((s := session.state())["variations"]) == 6 else None)
    sources = {source["id"]: source for source in state["sources"]}
    heard_lufs = sources["mix"]["loudness_lufs"] + sources["mix"]["match_db"]
    for row in state["variations"]:
        assert row["name"]
        assert set(row["moved_db"]) <= {"vocals", "brightness", "bass", "width", "dynamics"}
        source = sources[row["id"]]
        assert source["loudness_lufs"] + source["match_db"] == pytest.approx(heard_lufs, abs=0.01)
    louder = max(state["variations"], key=lambda row: row["moved_db"]["vocals"])
    assert louder["moved_db"]["vocals"] > 1.0
    state = session.blend(state["revision"], {"mix": 0.5, louder["id"]: 0.5})
    raised_db = channel(state, "vocals")["strip"]["gain_db"] - 1.0
    assert 0.4 < raised_db < louder["moved_db"]["vocals"]
    assert louder["name"] in (state["can_undo"] or "")
    for parts in ({}, {"mix": 0.5}, {"mix": 1.5}, {"mix": True}, {"none": 1.0}, {"mix": "all"}):
        with pytest.raises(SettingsError):
            session.blend(state["revision"], parts)
    state = session.undo(state["revision"])
    assert channel(state, "vocals")["strip"]["gain_db"] == 1.0


@pytest.mark.slow
def test_a_reference_moves_the_mix_and_is_there_again(
    stem_song: Path, opened: Open, tmp_path: Path
) -> None:
    session = opened(stem_song)
    before = settled(session)
    dull = samples_of(session, mix_of(before))
    noise = np.random.default_rng(1).standard_normal((2, 12 * RATE))
    other = scipy.signal.lfilter([1.0], [1.0, -0.5], noise)
    file = io.BytesIO()
    soundfile.write(file, 0.05 * other.T, RATE, format="WAV")
    session.add_reference("bright.wav", file.getvalue())
    changes = {"settings.reference": ["reference-1:tone"]}
    state = session.edit(before["revision"], changes)
    assert state["settings"]["reference"] == ["reference-1:tone"]
    bright = samples_of(session, mix_of(settled(session)))
    high = scipy.signal.butter(4, 4_000, "highpass", fs=RATE, output="sos")
    share = [
        np.square(scipy.signal.sosfilt(high, x)).mean() / np.square(x).mean()
        for x in (dull, bright)
    ]
    assert share[1] > 1.2 * share[0]
    saved = session.save_song()
    assert saved["left_out"] == ["settings.reference"]
    session.close()
    again = opened(stem_song)
    state = settled(again)
    assert "reference-1" in [source["id"] for source in state["sources"]]
    for text in ("/etc/passwd", "../reference-1", "reference-0", "reference-1:smell", 3):
        with pytest.raises(SettingsError):
            again.edit(state["revision"], {"settings.reference": [text]})
    with pytest.raises(SettingsError, match="no longer has"):
        again.edit(state["revision"], {"settings.reference": ["reference-7"]})


def test_sections_go_from_marker_to_marker(stem_song: Path, opened: Open) -> None:
    (stem_song / "song.toml").write_text(
        'markers = [{ name = "verse", time_s = 0.5 }, { name = "chorus", time_s = 2 }, '
        '{ name = "behind the end", time_s = 60 }]\ntempo_bpm = 96\n'
    )
    state = settled(opened(stem_song))
    assert state["tempo_bpm"] == 96.0
    assert state["sections"] == [
        {"name": "verse", "start_s": 0.5, "end_s": 2.0},
        {"name": "chorus", "start_s": 2.0, "end_s": 3.0},
    ]


def test_the_users_own_defaults_count_as_for_a_render(
    stem_song: Path, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("loudness_lufs = -19\n")
    monkeypatch.setenv("MIXER_CONFIG", str(config))
    session = opened(stem_song)
    state = settled(session)
    assert state["master"]["loudness_lufs"] == -19.0
    state = session.edit(state["revision"], {"settings.platform": "podcast"})
    assert state["master"]["loudness_lufs"] == -16.0
