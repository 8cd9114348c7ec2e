"""One sound for a record: who stands out of the band, by how much, and what is done about it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.albums.album_sound import (
    BANDS_DB,
    MOST_MOVE_DB,
    Move,
    find_moves,
    move_words,
)
from mixer.cli.main import run
from mixer.console.settings import Console, Strip
from mixer.rendering.sound.sound import measure_sound, with_moves
from mixer.rendering.wanted_audio import WantedAudio
from mixer.stems import STEMS
from tests.signals import noise

RATE_HZ = 44_100
CALM = dict.fromkeys(BANDS_DB, -6.0)


def sounds(**more: float) -> dict[str, dict[str, float]]:
    return {"a": CALM, "b": CALM, "c": CALM, "d": {**CALM, **more}}


def test_inside_the_band_nothing_moves() -> None:
    assert find_moves(sounds(vocals=-6.0 + BANDS_DB["vocals"]), {"d": 1.0}) == {}
    assert find_moves({"a": CALM, "b": {**CALM, "vocals": 9.0}}, {"b": 1.0}) == {}  # no middle


def test_outside_it_moves_to_the_edge_by_an_amount_and_no_further() -> None:
    loud = sounds(vocals=-3.0)
    assert find_moves(loud, {"d": 1.0}) == {"d": {"vocals": Move(3.0, -2.0)}}
    assert find_moves(loud, {"d": 0.5}) == {"d": {"vocals": Move(3.0, -1.0)}}
    assert find_moves(loud, {}) == {"d": {"vocals": Move(3.0, 0.0)}}
    far = find_moves(sounds(bass=-60.0), {"d": 1.0})["d"]["bass"]
    assert far.move_db == MOST_MOVE_DB["bass"]


def test_an_outlier_is_named() -> None:
    words = move_words({"vocals": {"off_db": 3.0, "move_db": -2.0}})
    assert words == ["vocals 3.0 dB above its album, moved by -2.0"]
    assert move_words({"bass": {"off_db": -2.0, "move_db": 0.0}}) == ["bass 2.0 dB below its album"]


def test_moves_are_settings_of_the_desk_on_top_of_what_is_there() -> None:
    console = Console(strips=(("vocals", Strip(gain_db=1.0)),))
    moves = {"vocals": -2.0, "bass": 1.0, "brightness": -1.0, "width": 6.0206, "room": -3.0}
    moved = with_moves(console, moves, STEMS)
    vocals = dict(moved.strips)["vocals"]
    assert vocals.gain_db == -1.0
    assert vocals.network is not None
    assert vocals.network.room_db is not None
    assert vocals.network.room_db.offset == -3.0
    assert [(band.type, band.gain_db) for band in moved.master.eq] == [
        ("low_shelf", 1.0),
        ("high_shelf", -1.0),
    ]
    assert moved.master.width == pytest.approx(2.0, abs=1e-3)
    assert with_moves(console, {}, STEMS) == console


@pytest.mark.slow
def test_an_album_is_brought_together_and_the_odd_song_is_named(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """Three songs alike, one with a voice 8 dB up: it alone is moved, towards the others."""
    for name, gain in (("one", 1.0), ("two", 1.0), ("three", 1.0), ("four", 2.5)):
        folder = tmp_path / "songs" / name
        folder.mkdir(parents=True)
        for stem in ("vocals", "drums", "other"):
            audio = 0.03 * noise(rng, 3.0, RATE_HZ) * (gain if stem == "vocals" else 1.0)
            soundfile.write(folder / f"{stem}.wav", audio.T, RATE_HZ, subtype="FLOAT")
    rows = "".join(
        f"songs/{name},{name},lp,1,-20,none,none\n" for name in ("one", "two", "three", "four")
    )
    head = "song,id,album,album_sound,loudness_lufs,model,effects\n"
    (tmp_path / "m.csv").write_text(head + rows)
    out = tmp_path / "out"
    arguments = ["batch", str(tmp_path / "m.csv"), "-o", str(out), "-q"]
    assert run(arguments) == 0
    consoles = {
        name: json.loads((out / f"{name}.mix.json").read_text())["settings"]["console"]
        for name in ("one", "two", "three", "four")
    }
    assert consoles["one"] == consoles["two"] == consoles["three"] == {}
    moved_db = consoles["four"]["vocals"]["gain_db"]
    assert -MOST_MOVE_DB["vocals"] <= moved_db < -2.0
    with (out / "results.csv").open(encoding="utf-8-sig") as file:
        marks = {row["id"]: json.dumps(row) for row in csv.DictReader(file)}
    assert "above its album" in marks["four"]
    assert "its album" not in marks["one"]
    before = {name: (out / f"{name}.wav").stat().st_mtime_ns for name in consoles}
    assert run(arguments) == 0  # nothing is done again
    assert before == {name: (out / f"{name}.wav").stat().st_mtime_ns for name in consoles}


def test_the_figures_are_what_they_say(write_song, rng: np.random.Generator) -> None:
    from mixer import RenderSettings, load_song
    from mixer.rendering.pipeline import premaster
    from mixer.rendering.plans.planning import plan_render

    vocals, other = 0.1 * noise(rng, 3.0, RATE_HZ), 0.1 * noise(rng, 3.0, RATE_HZ)
    folder = write_song({"vocals.wav": 2.0 * vocals, "other.wav": other})
    plan = plan_render(load_song(folder), RenderSettings(model="none", effects=()))
    found = measure_sound(premaster(plan, WantedAudio(True)))
    assert found["vocals"] == pytest.approx(20.0 * np.log10(2.0), abs=0.2)
    assert found["width"] == pytest.approx(0.0, abs=0.3)  # two independent channels
    # white noise: powers are as the bands are wide
    assert found["bass"] == pytest.approx(10.0 * np.log10(120.0 / 3850.0), abs=0.4)
    assert found["brightness"] == pytest.approx(10.0 * np.log10(12_000.0 / 3850.0), abs=0.3)
    assert "room" not in found


def test_a_sound_without_a_loudness_is_refused(tmp_path: Path, capsys) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "m.csv").write_text("song,album,album_sound\nsong,lp,1\n")
    assert run(["batch", str(tmp_path / "m.csv"), "-o", str(tmp_path / "out"), "-q"]) == 2
    assert "needs loudness_lufs for its sound to be matched" in capsys.readouterr().err
