"""The hand's edits: what may be said, and a history that always comes back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mixer.errors import InputError, MixerError, OutputError, SettingsError
from mixer.studio.edit_store import Kept, read_kept, state_path, write_kept
from mixer.studio.edits import MOST_EDITS, History, key_of, read_changes, resolve_edits
from mixer.studio.studio_names import FOLDER, REFERENCES

KEYS = (
    "vocals.gain_db",
    "drums.pan",
    "vocals.compressor",
    "vocals.compressor.ratio",
    "bass.reverb_db",
    "tracks.'a \"b\".wav'.gain_db",
)


def value_of(key: str, rng: random.Random) -> object:
    if rng.random() < 0.2:
        return None
    if key.endswith("compressor"):
        return {"threshold_db": round(rng.uniform(-40, 0), 1), "ratio": 2.0}
    return round(rng.uniform(1.0, 1.9) if key.endswith("ratio") else rng.uniform(-1, 1), 2)


@pytest.mark.parametrize("seed", range(100))
def test_a_hundred_random_sequences_come_back_step_by_step(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    history, seen = History(), [dict[str, object]()]
    for _ in range(30):
        kind = rng.random()
        if kind < 0.6:
            changes = {key: value_of(key, rng) for key in rng.sample(KEYS, rng.randint(1, 3))}
            after = history.edited(read_changes(changes))
            if after is not history:
                seen = [*seen[: len(history.done) + 1], dict(after.edits)]
            history = after
        elif kind < 0.8:
            history = history.undo()
        else:
            history = history.redo()
        assert dict(history.edits) == seen[len(history.done)]
        if rng.random() < 0.1:
            write_kept(tmp_path, Kept(history))
            kept = read_kept(tmp_path).history
            assert kept == history
            assert list(kept.edits) == list(history.edits)
            history = kept
    while history.done:
        history = history.undo()
    assert not history.edits
    while history.undone:
        history = history.redo()
    assert dict(history.edits) == seen[-1]


def test_a_drag_is_one_step() -> None:
    history = History().edited({"vocals.gain_db": 1.0})
    for step in range(5):
        history = history.edited({"vocals.gain_db": 2.0 + step}, gesture="drag 1")
    history = history.edited({"vocals.gain_db": 9.0}, gesture="drag 2")
    assert (history.revision, len(history.done)) == (7, 3)
    assert history.undo().edits == {"vocals.gain_db": 6.0}
    assert history.undo().undo().edits == {"vocals.gain_db": 1.0}


def test_a_whole_table_says_anew_what_was_said_of_its_parts() -> None:
    history = History().edited({"vocals.compressor.ratio": 4.0})
    history = history.edited({"vocals.compressor": {"threshold_db": -20.0}})
    assert dict(history.edits) == {"vocals.compressor": {"threshold_db": -20.0}}
    assert dict(history.undo().edits) == {"vocals.compressor.ratio": 4.0}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"vocals.gain_db": 99.0}, "must be a number from -60 to 24"),
        ({"vocals.gain_db": float("inf")}, "must be a number from -60 to 24"),
        ({"vocals.gain_db": "loud"}, "must be a number"),
        ({"vocals.gain_db": True}, "must be a number"),
        ({"vocals.mute": 1}, "must be true or false"),
        ({"vocals.gian_db": 1.0}, "did you mean .gain_db"),
        ({"vocals.eq": [{"type": "peak", "frequency_hz": 5.0}]}, "frequency_hz"),
        ({"vocals.eq": [{}] * 65}, "64"),
        ({"vocals.plugins": [{"path": "/tmp/a.vst3"}]}, "a page may not load plug-ins"),
        ({"vocals.plugins.0.path": "/tmp/a.vst3"}, "a page may not load plug-ins"),
        ({"vocals": {"plugins": [{"path": "/tmp/a.vst3"}]}}, "a page may not load plug-ins"),
        ({"tracks": {"*": {"plugins": [{"path": "/tmp/a.vst3"}]}}}, "a page may not load plug-ins"),
        ({"presets": ["../../etc/passwd"]}, "not a valid preset name"),
        ({"presets": ["/tmp/mine.toml"]}, "not a valid preset name"),
        ({"presets": "rock"}, "must be a list"),
        ({"presets": ["no-such-one"]}, "unknown preset"),
        ({"settings.model": "/tmp/model"}, "must be one of"),
        ({"settings.model": 3}, "must be"),
        ({"settings.amount": 1.5}, "must be from 0 to 1"),
        ({"settings.device": "cuda:7"}, "is unknown"),
        ({"settings.platform": "cassette"}, "unknown platform"),
        ({'files."a.wav".role': "banjo"}, "unknown role"),
        ({'files."a.wav".ignore': True}, "is unknown"),
        ({"": 1.0}, "unknown key"),
        ({"." * 500: 1.0}, "unknown key"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_changes(changes)


def test_every_mistake_is_told_and_nothing_is_taken() -> None:
    with pytest.raises(SettingsError) as told:
        read_changes({"vocals.pan": 2, "bass.pan": -0.5, "drums.oops": 1})
    assert len(told.value.lines) == 2


def test_keys_are_written_in_one_way() -> None:
    assert list(read_changes({"drums.room_db": -6, 'tracks."a".pan': 0.1})) == [
        "drums.network.room_db",
        "tracks.a.pan",
    ]
    assert key_of(("tracks", 'say "hi".wav', "pan")) == "tracks.'say \"hi\".wav'.pan"


def test_edits_lie_over_presets_and_the_song() -> None:
    song = {"vocals": {"gain_db": 1.0, "pan": 0.2}}
    base, full = resolve_edits(song, {"presets": ["rock"], "vocals.gain_db": -2.0})
    assert base.console.strip("vocals").gain_db == 1.0
    assert full.console.strip("vocals").gain_db == -2.0
    assert full.console.strip("vocals").pan == 0.2
    assert base.console.strip("drums") == full.console.strip("drums")
    assert [source["name"] for source in full.sources] == ["rock"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema_version": 2}', '{"schema_version": 1, "revision": NaN}',
             '{"schema_version": 1, "revision": 0, "edits": {"vocals.gain_db": 1e999}}',
             '{"schema_version": "' + "x" * 100_000 + '"}']
)  # fmt: skip
def test_a_damaged_state_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    path = state_path(tmp_path)
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InputError, match="is not a saved state of the studio") as refusal:
        read_kept(tmp_path)
    assert len(str(refusal.value)) < 1_000
    assert path.read_text() == text


def test_a_state_that_cannot_be_read_names_its_file(tmp_path: Path) -> None:
    state_path(tmp_path).mkdir(parents=True)
    with pytest.raises(MixerError, match="state"):
        read_kept(tmp_path)


@pytest.mark.parametrize("link", [FOLDER, f"{FOLDER}/{REFERENCES}"])
def test_a_songs_folder_of_the_studio_may_not_lead_elsewhere(tmp_path: Path, link: str) -> None:
    """A song may come from anyone, and a link in it lead to a folder of the user's."""
    song, elsewhere = tmp_path / "song", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (song / link).parent.mkdir(parents=True)
    (song / link).symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link to another folder"):
        read_kept(song)
    with pytest.raises(OutputError, match="is a link to another folder"):
        write_kept(song, Kept())
    assert list(elsewhere.iterdir()) == []


def test_what_the_studio_wrote_into_the_song_counts_as_the_hands() -> None:
    kept = Kept(History(1, {"vocals.gain_db": 2.0}))
    assert not kept.is_written
    kept = kept.with_written(
        {"bass": {"pan": 0.1}}, {"bass": {"pan": 0.1}, "vocals": {"gain_db": 2.0}}
    )
    assert kept.is_written
    assert kept.song_table({"vocals": {"gain_db": 2.0}, "bass": {"pan": 0.1}}) == {
        "bass": {"pan": 0.1}
    }
    # Somebody has written another one since.
    assert kept.song_table({"vocals": {"gain_db": 3.0}}) == {"vocals": {"gain_db": 3.0}}


def test_more_changes_than_edits_are_refused_before_they_are_read() -> None:
    changes = {f"tracks.'{number}'.gain_db": 1.0 for number in range(MOST_EDITS + 1)}
    with pytest.raises(SettingsError, match=f"send at most {MOST_EDITS}"):
        read_changes(changes)
