"""Electric piano and guitar: the chords, and the melody that answers the voice."""

import numpy as np
from scipy import signal

from mixer.demo_song.score import DemoSong, Note, bar_beat, midi_to_hz, swung
from mixer.demo_song.strings import StringTone, pluck
from mixer.demo_song.timeline import add_panned, band_noise, soften_edges, time_axis_s

NYLON = StringTone(
    pluck_position=0.18, contact_s=0.00005, damping_s=0.000012, decay_s=3.5, roughness=0.15
)
GUITAR_PAN = 0.4
GUITAR_RELEASE_S = 0.08
# The wooden box takes the edge off the string; first order.
GUITAR_BODY_HZ = 1800.0
GUITAR_LEVEL = 4.0
PIANO_WIDTH = 0.7
# The felt comes down at once between chords; after the last one the pedal rises slowly.
DAMPER_S, LAST_DAMPER_S = 0.09, 1.15
ROLL_S = 0.009
TIMING_SPREAD_S = 0.004
# Beat in the chord, length in beats, velocity.
_COMPING = {
    "intro": ((0.0, 2.3, 0.6), (2.5, 1.4, 0.5)),
    "verse": ((0.0, 1.3, 0.62), (1.5, 0.8, 0.5), (2.5, 1.3, 0.58)),
    "chorus": (
        (0.0, 0.9, 0.8),
        (1.0, 0.4, 0.55),
        (1.5, 0.9, 0.7),
        (2.5, 0.4, 0.6),
        (3.0, 0.9, 0.68),
    ),
    "ending": ((0.0, 1.9, 0.65),),
}
# Bar, beat, length, MIDI note, velocity: a motif in the intro, answers in the voice's rests.
_ANSWERS = (
    (1, 1.0, 0.5, 69, 0.7),
    (1, 1.5, 0.5, 71, 0.7),
    (1, 2.0, 1.0, 74, 0.85),
    (1, 3.0, 0.5, 71, 0.7),
    (1, 3.5, 0.5, 69, 0.7),
    (2, 0.0, 1.5, 71, 0.8),
    (2, 1.5, 0.5, 69, 0.6),
    (2, 2.0, 1.9, 66, 0.75),
    (4, 2.0, 0.5, 66, 0.6),
    (4, 2.5, 0.5, 69, 0.65),
    (4, 3.0, 0.9, 71, 0.6),
    (5, 1.5, 0.5, 74, 0.55),
    (6, 1.5, 0.5, 67, 0.6),
    (6, 2.0, 0.5, 69, 0.65),
    (6, 2.5, 0.5, 73, 0.7),
    (6, 3.0, 1.0, 76, 0.7),
    (11, 0.0, 0.9, 74, 0.6),
    (11, 2.0, 1.0, 70, 0.6),
    (11, 3.0, 0.9, 67, 0.55),
    (12, 0.5, 0.5, 69, 0.6),
    (12, 1.0, 0.5, 71, 0.6),
    (12, 1.5, 0.5, 74, 0.65),
    (12, 2.0, 1.8, 78, 0.6),
)


def piano_part(song: DemoSong) -> list[Note]:
    """Comping: each chord's voicing in the rhythm of its section; the last one is held."""
    notes: list[Note] = []
    for chord in song.chords:
        last = chord is song.chords[-1]
        rhythm = ((0.0, 2.0, 0.7),) if last else _COMPING[song.section_of(chord.beat)]
        for beat, beats, velocity in rhythm:
            if beat < chord.beats:
                length = min(beats, chord.beats - beat)
                at = chord.beat + beat
                notes += [Note(at, length, midi, velocity) for midi in chord.voicing_midi]
    return notes


def guitar_part(song: DemoSong) -> list[Note]:
    """The answers, and in the chorus a broken chord in eighths under the voice."""
    notes = [
        Note(bar_beat(bar, beat), beats, midi, vel) for bar, beat, beats, midi, vel in _ANSWERS
    ]
    order = (0, 2, 1, 3)
    for chord in song.chords:
        if song.section_of(chord.beat) == "chorus":
            for step in range(int(2 * chord.beats)):
                midi = chord.voicing_midi[order[step % 4]] + 12
                notes.append(Note(chord.beat + 0.5 * step, 0.9, midi, 0.42 if step % 2 else 0.5))
    return sorted(notes, key=lambda note: note.beat)


def electric_piano(
    frequency_hz: float,
    duration_s: float,
    velocity: float,
    damper_s: float,
    rng: np.random.Generator,
    rate: int,
) -> np.ndarray:
    """One note of a tine piano, float64 `(samples,)`, peak about `velocity`.

    Frequency modulation (Chowning, "The synthesis of complex audio spectra by means of frequency
    modulation", JAES 1973): a 1:1 pair is the tone bar, whose bark grows with velocity and fades;
    a 1:14 pair is the tine's ping.
    """
    t_s = time_axis_s(duration_s + damper_s, rate)
    angle = 2.0 * np.pi * frequency_hz * t_s
    life_s = 1.3 * (262.0 / frequency_hz) ** 0.5
    bark = (0.4 + 2.0 * velocity) * np.exp(-t_s / (0.45 * life_s))
    tone_bar = np.sin(angle + bark * np.sin(angle)) * np.exp(-t_s / life_s)
    ping_index = 1.1 * velocity * np.exp(-t_s / 0.12) * min(1.0, (0.4 * rate) / (16 * frequency_hz))
    tine = np.sin(angle + ping_index * np.sin(14.0 * angle)) * np.exp(-t_s / (0.3 * life_s))
    hammer = band_noise(rng, len(t_s), 250.0, 1800.0, rate) * np.exp(-t_s / 0.006)
    note = velocity * (0.75 * tone_bar + 0.25 * tine + 0.05 * hammer)
    return soften_edges(note, 0.002, damper_s, rate)


def play_harmony(song: DemoSong, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """Both players as one stereo track, float64 `(2, samples)`, level arbitrary."""
    track = np.zeros((2, round(song.duration_s * sample_rate)))
    for index, note in enumerate(piano_part(song)):
        roll_s = ROLL_S * (index % 4)
        start_s = _played_s(note, song, rng) + roll_s
        velocity = note.velocity * (1.0 + rng.normal(0.0, 0.06))
        length_s = note.beats * song.beat_s
        damper_s = LAST_DAMPER_S if note.beat >= song.chords[-1].beat else DAMPER_S
        frequency_hz = midi_to_hz(note.midi)
        sound = electric_piano(frequency_hz, length_s, velocity, damper_s, rng, sample_rate)
        # Low keys left, high keys right, as the player sits.
        pan = float(np.clip(PIANO_WIDTH * (note.midi - 60.5) / 7.5, -PIANO_WIDTH, PIANO_WIDTH))
        add_panned(track, sound, start_s, pan, sample_rate)
    sos = signal.butter(1, GUITAR_BODY_HZ, fs=sample_rate, output="sos")
    for note in guitar_part(song):
        start_s = _played_s(note, song, rng)
        gain = GUITAR_LEVEL * note.velocity * (1.0 + rng.normal(0.0, 0.08))
        length_s = note.beats * song.beat_s + GUITAR_RELEASE_S
        string = pluck(midi_to_hz(note.midi), length_s, NYLON, rng, sample_rate)
        sound = gain * signal.sosfilt(sos, string)
        sound = soften_edges(sound, 0.0, GUITAR_RELEASE_S, sample_rate)
        add_panned(track, sound, start_s, GUITAR_PAN, sample_rate)
    return track


def _played_s(note: Note, song: DemoSong, rng: np.random.Generator) -> float:
    late_s = float(np.clip(rng.normal(0.0, TIMING_SPREAD_S), -0.01, 0.01))
    return max(0.0, swung(note.beat) * song.beat_s + late_s)
