"""The score: it fills thirty seconds, its voices move by step, its tune can be sung."""

from itertools import pairwise

import numpy as np
import pytest

from mixer.demo_song import DEMO_SONG
from mixer.demo_song.lyric import LYRIC
from mixer.demo_song.score import BEATS_PER_BAR


def test_twelve_bars_last_thirty_seconds_and_the_chords_fill_them() -> None:
    assert DEMO_SONG.duration_s == 30.0
    beat = 0.0
    for chord in DEMO_SONG.chords:
        assert chord.beat == beat
        beat += chord.beats
    assert beat == DEMO_SONG.bars * BEATS_PER_BAR
    bars = [
        bar
        for section in DEMO_SONG.sections
        for bar in range(section.first_bar, section.last_bar + 1)
    ]
    assert bars == list(range(1, 13))


def test_voices_lead_by_step_within_a_section() -> None:
    chords = DEMO_SONG.chords
    for one, two in pairwise(chords):
        moves = np.abs(np.subtract(one.voicing_midi, two.voicing_midi))
        across = DEMO_SONG.section_of(one.beat) != DEMO_SONG.section_of(two.beat)
        assert moves.sum() <= (12 if across else 10), (one.name, two.name)


def test_the_lead_sheet_names_key_tempo_and_every_chord() -> None:
    text = DEMO_SONG.describe()
    assert "D major" in text
    assert "96 BPM" in text
    assert "| F#m7 Bm7 |" in text
    assert all(chord.name in text for chord in DEMO_SONG.chords)


def test_a_beat_outside_the_song_has_no_section() -> None:
    with pytest.raises(ValueError, match="outside"):
        DEMO_SONG.section_of(48.0)


def test_the_tune_is_singable() -> None:
    syllables = [syllable for phrase in LYRIC for syllable in phrase.syllables]
    pitches = [syllable.midi for syllable in syllables]
    assert max(pitches) - min(pitches) <= 12
    for one, two in pairwise(syllables):
        assert one.beat + one.beats <= two.beat + 1e-9
    # At least half a beat to breathe in before every phrase.
    for before, after in pairwise(LYRIC):
        last = before.syllables[-1]
        assert after.syllables[0].beat - (last.beat + last.beats) >= 0.5
