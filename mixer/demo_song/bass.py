"""The bass player: roots locked to the kick, a passing note into each new chord, an uneven hand."""

import numpy as np
from scipy import signal

from mixer.demo_song.score import Chord, DemoSong, Note, midi_to_hz, swung
from mixer.demo_song.strings import StringTone, pluck
from mixer.demo_song.timeline import add_mono, band_noise, soften_edges

FINGERED = StringTone(
    pluck_position=0.22, contact_s=0.00028, damping_s=0.00006, decay_s=8.0, roughness=0.15
)
# A passive pickup on its cable, tone knob half closed: first order.
TONE_HZ = 400.0
RELEASE_S = 0.07
TIMING_SPREAD_S = 0.004
# An untreated bass is the most uneven track of a session: notes differ by several dB.
LEVEL_SPREAD_DB = 1.8
# The lowest strings speak louder through most pickups than the upper ones.
STRING_SLOPE_DB_PER_SEMITONE = -0.25
LOWEST_MIDI = 28


def bass_part(song: DemoSong) -> list[Note]:
    """The line: silent in bar 1, long roots in intro and ending, a groove in verse and chorus."""
    notes: list[Note] = []
    following = (*song.chords[1:], None)
    for chord, after in zip(song.chords[1:], following[1:], strict=True):
        section = song.section_of(chord.beat)
        if section == "intro" or after is None:
            held = chord.beats - (0.6 if after else 0.5)
            notes.append(Note(chord.beat, held, chord.root_midi, 0.8))
            if after is not None:
                notes.append(_approach(chord, after))
        else:
            notes += _groove(chord, after, busy=section == "chorus")
    return notes


def _groove(chord: Chord, after: Chord, busy: bool) -> list[Note]:
    """One chord's worth: root with the kick, a push before the third beat, a way to the next."""
    root, start = chord.root_midi, chord.beat
    if chord.beats <= 2:
        notes = [Note(start, 1.2, root, 0.9), Note(start + 1.25, 0.2, root, 0.45)]
    else:
        notes = [
            Note(start, 1.4, root, 0.9),
            Note(start + 1.75, 0.2, root, 0.45),
            Note(start + 2.0 if busy else start + 2.5, 0.9, root, 0.8),
        ]
        if busy:
            fifth = root + 7 if root + 7 <= 40 else root - 5
            notes.append(Note(start + 3.0, 0.45, max(fifth, LOWEST_MIDI), 0.65))
    return [*notes, _approach(chord, after)]


def _approach(chord: Chord, after: Chord) -> Note:
    """The last eighth of a chord: a step from below or above into the next root (or the octave)."""
    last = chord.beat + chord.beats - 0.5
    if after.root_midi == chord.root_midi:
        return Note(last, 0.4, chord.root_midi + 12, 0.55)
    below = after.root_midi - 1 if after.root_midi > chord.root_midi else after.root_midi + 2
    return Note(last, 0.42, below, 0.7)


def play_bass(song: DemoSong, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """The whole part as a mono track, float64 `(samples,)`, level arbitrary."""
    track = np.zeros(round(song.duration_s * sample_rate))
    for note in bass_part(song):
        late_s = float(np.clip(rng.normal(0.0, TIMING_SPREAD_S), -0.01, 0.01))
        start_s = max(0.0, swung(note.beat) * song.beat_s + late_s)
        length_s = note.beats * song.beat_s + RELEASE_S
        string = pluck(midi_to_hz(note.midi), length_s, FINGERED, rng, sample_rate)
        level_db = rng.normal(0.0, LEVEL_SPREAD_DB)
        level_db += STRING_SLOPE_DB_PER_SEMITONE * (note.midi - LOWEST_MIDI)
        gain = note.velocity * 10.0 ** (level_db / 20.0)
        finger = _finger_noise(rng, sample_rate) * 0.12 * note.velocity
        add_mono(
            track, soften_edges(gain * string, 0.0, RELEASE_S, sample_rate), start_s, sample_rate
        )
        add_mono(track, finger, start_s, sample_rate)
    sos = signal.butter(1, TONE_HZ, fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(sos, track))


def _finger_noise(rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """The fingertip leaving the string: twelve milliseconds of soft noise."""
    samples = round(0.012 * sample_rate)
    noise = band_noise(rng, samples, 700.0, 2600.0, sample_rate)
    return soften_edges(
        noise * np.exp(-np.arange(samples) / (0.25 * samples)), 0.001, 0.004, sample_rate
    )
