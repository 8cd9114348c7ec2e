"""What is written before anybody plays: harmony, form, grooves, parts."""

from itertools import pairwise

import numpy as np
import pytest

from mixer.errors import SettingsError
from training.synthesis.bass_part import write_bass
from training.synthesis.drum_part import write_drums
from training.synthesis.genres import GENRES, genre_named
from training.synthesis.grooves import FILLS, GROOVES, PIECES
from training.synthesis.harmony import chord_pitch_classes, nearest, voiced
from training.synthesis.instruments import INSTRUMENTS
from training.synthesis.parts import PARTS, write_part
from training.synthesis.players.drum_kits import KITS
from training.synthesis.score import Chord, Section, Sheet
from training.synthesis.voice_part import harmonised, write_voice
from training.synthesis.writing import TAIL_S, write_sheet


def sheet_with(swing: float, swing_beats: float) -> Sheet:
    sections = (Section("verse", 0, 4, 0.5),)
    chords = tuple(Chord(4.0 * bar, 4.0, (0, 4, 7)) for bar in range(4))
    return Sheet("rock", 120.0, 4, swing, swing_beats, 0, (0, 2, 4, 5, 7, 9, 11), sections, chords)


@pytest.mark.parametrize(
    ("numeral", "tonic", "expected"),
    [
        ("I", 0, {0, 4, 7}),
        ("V7", 0, {7, 11, 2, 5}),
        ("vi", 0, {9, 0, 4}),
        ("bVII", 9, {7, 11, 2}),  # G major in A
        ("ii7", 2, {4, 7, 11, 2}),  # Em7 in D
        ("i5", 4, {4, 11}),
    ],
)
def test_numerals_spell_their_chords(numeral: str, tonic: int, expected: set[int]) -> None:
    found = chord_pitch_classes(numeral, tonic)
    assert set(found) == expected


def test_what_is_no_numeral_is_refused() -> None:
    with pytest.raises(SettingsError, match="roman numeral"):
        chord_pitch_classes("H7", 0)


def test_voices_move_less_than_parallel_chords() -> None:
    first = voiced((0, 4, 7), 55, 79)
    second = voiced((5, 9, 0), 55, 79, first)
    assert {note % 12 for note in second} == {5, 9, 0}
    # Parallel motion would move every voice by a fourth, 15 semitones in all.
    assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) < 15
    assert nearest(60.4, (2,), 48, 72) == 62


def test_swing_delays_the_second_note_alone() -> None:
    straight, triplets = sheet_with(0.5, 0.5), sheet_with(2.0 / 3.0, 0.5)
    assert straight.seconds(1.5) == pytest.approx(0.75)
    assert triplets.seconds(1.5) == pytest.approx(0.5 + 0.5 * 2.0 / 3.0)
    assert triplets.seconds(2.0) == straight.seconds(2.0) == pytest.approx(1.0)
    # Sixteenths: the fourth of a beat is late, the third is not.
    sixteenths = sheet_with(0.6, 0.25)
    assert sixteenths.seconds(0.75) == pytest.approx(0.5 * (0.5 + 0.6 * 0.5))
    assert sixteenths.seconds(0.5) == pytest.approx(0.25)


def test_grooves_are_whole_bars_of_known_pieces() -> None:
    for name, grooves in GROOVES.items():
        for groove in grooves:
            for lines in (groove.quiet, groove.loud):
                assert set(lines) <= set(PIECES)
                assert {len(line) for line in lines.values()} <= {12 if name == "waltz" else 16}
    for fill in FILLS:
        assert set(fill) <= set(PIECES)
        assert {len(line) for line in fill.values()} == {8}


def test_genres_name_what_there_is() -> None:
    assert len(GENRES) >= 7
    for genre in GENRES.values():
        assert set(genre.grooves) <= set(GROOVES)
        assert set(genre.kits) <= set(KITS)
        for chair in genre.chairs:
            assert set(chair.parts) <= set(PARTS)
            assert set(chair.instruments) <= set(INSTRUMENTS)
        assert all(INSTRUMENTS[name].role == "bass" for name in genre.basses)
    with pytest.raises(SettingsError, match="rock"):
        genre_named("skiffle")


@pytest.mark.parametrize("name", list(GENRES))
def test_a_sheet_fills_its_time(name: str) -> None:
    genre = GENRES[name]
    for seed in range(6):
        sheet = write_sheet(genre, 45.0, np.random.default_rng(seed))
        assert genre.tempo_bpm[0] <= sheet.tempo_bpm <= genre.tempo_bpm[1]
        ends = [section.first_bar + section.n_bars for section in sheet.sections]
        assert [section.first_bar for section in sheet.sections] == [0, *ends[:-1]]
        assert [chord.beat for chord in sheet.chords] == [sheet.bar(b) for b in range(sheet.n_bars)]
        left_s = 45.0 - sheet.seconds(sheet.bar(sheet.n_bars))
        # The tail rings, and there is no room for another bar.
        assert TAIL_S <= left_s < TAIL_S + sheet.beats_per_bar * sheet.beat_s + 0.01
        assert sheet.chords[-1].root == sheet.tonic


@pytest.mark.parametrize("name", list(GENRES))
def test_everybody_plays_in_range_and_in_time(name: str) -> None:
    genre, rng = GENRES[name], np.random.default_rng(3)
    sheet = write_sheet(genre, 45.0, rng)
    last = sheet.bar(sheet.n_bars)
    hits = write_drums(sheet, genre.grooves, rng)
    assert all(0.0 <= hit.beat < last and 0.0 < hit.velocity <= 1.0 for hit in hits)
    assert [hit.beat for hit in hits] == sorted(hit.beat for hit in hits)
    bass = write_bass(sheet, genre.bass_parts, (28, 52), hits, rng)
    assert all(28 <= note.midi <= 52 and 0.0 <= note.beat < last for note in bass)
    on_bars = [note for note in bass if note.beat in {chord.beat for chord in sheet.chords}]
    # Whatever the line, a bar starts on the root of its chord, an octave up at most.
    assert on_bars
    assert np.mean([n.midi % 12 == sheet.chord_at(n.beat).root for n in on_bars]) > 0.9
    for chair in genre.chairs:
        for instrument in chair.instruments:
            low, high = INSTRUMENTS[instrument].range_midi
            notes = write_part(sheet, chair.parts, 0.0, (low, high), rng)
            # A pianist's left hand goes below the range of the chords.
            assert all(low - 14 <= note.midi <= high + 12 for note in notes)
            assert all(0.0 <= note.beat < last for note in notes)
    phrases = write_voice(sheet, genre.vocal, (47, 65), rng)
    tune = [syllable for phrase in phrases for syllable in phrase.syllables]
    assert all(47 <= syllable.midi <= 65 for syllable in tune)
    assert all(a.beat + a.beats <= b.beat + 1e-9 for a, b in pairwise(tune))


def test_a_chorus_has_more_players_than_a_quiet_verse() -> None:
    """Instruments enter and leave with the energy of the sections."""
    sections = (Section("verse", 0, 4, 0.4), Section("chorus", 4, 4, 0.95))
    chords = tuple(Chord(4.0 * bar, 4.0, (0, 4, 7)) for bar in range(8))
    sheet = Sheet("pop", 100.0, 4, 0.5, 0.25, 0, (0, 2, 4, 5, 7, 9, 11), sections, chords)
    notes = write_part(sheet, ("pad",), 0.6, (50, 80), np.random.default_rng(0))
    assert min(note.beat for note in notes) == 16.0


def test_harmonies_keep_the_words_and_sing_the_chord() -> None:
    sheet = sheet_with(0.5, 0.5)
    phrases = write_voice(sheet, "sung", (50, 67), np.random.default_rng(1))
    above = harmonised(phrases, sheet, 4, (50, 72))
    for phrase, other in zip(phrases, above, strict=True):
        for sung, answer in zip(phrase.syllables, other.syllables, strict=True):
            assert (sung.vowel, sung.beat) == (answer.vowel, answer.beat)
            assert answer.midi % 12 in (0, 4, 7)
