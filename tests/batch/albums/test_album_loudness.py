"""An album is one programme: its loudness is that of the energy of its songs, by their lengths."""

import math

import pytest

from mixer.batch.albums.album_loudness import (
    Measured,
    album_loudness_lufs,
    album_offset_db,
    song_target_lufs,
)

SILENT = Measured(None, 200.0)


def test_a_song_counts_by_its_length() -> None:
    songs = [Measured(-20.0, 100.0), Measured(-10.0, 300.0)]
    expected_lufs = -10.0 + 10.0 * math.log10((0.1 * 100.0 + 300.0) / 400.0)
    assert album_loudness_lufs(songs) == pytest.approx(expected_lufs)
    assert album_loudness_lufs([*songs, SILENT]) == pytest.approx(expected_lufs)
    assert album_loudness_lufs([Measured(-17.0, 1.0)] * 3) == pytest.approx(-17.0)


def test_one_offset_brings_the_album_to_its_target_and_keeps_its_songs_apart() -> None:
    songs = [Measured(-26.0, 200.0), Measured(-20.0, 200.0)]
    offset_db = album_offset_db(songs, -14.0)
    targets = [song_target_lufs(song.premaster_lufs, offset_db) for song in songs]
    assert targets[1] - targets[0] == pytest.approx(6.0)
    reached = [Measured(target, 200.0) for target in targets]
    assert album_loudness_lufs(reached) == pytest.approx(-14.0)


def test_silence_has_no_target() -> None:
    assert album_loudness_lufs([SILENT]) is None
    assert album_loudness_lufs([]) is None
    assert album_offset_db([SILENT], -14.0) == 0.0
    assert song_target_lufs(None, 3.0) is None


def test_a_target_stays_within_what_a_master_takes() -> None:
    assert song_target_lufs(-10.0, 20.0) == -5.0
    assert song_target_lufs(-69.0, -20.0) == -70.0
