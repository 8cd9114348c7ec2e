"""The SoundFont player: runs FluidSynth once for all parts of a song.

Loading a SoundFont takes longer than playing it, so all parts are played one after another in a
single run and cut apart afterwards. FluidSynth's own reverb and chorus are off: a track is dry.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from mixer.errors import InputError
from training.synthesis.humanise import PlayedNote

# Where Debian and others put a General MIDI SoundFont, the best first.
USUAL_PLACES = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/soundfonts/default.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
)
_TICKS_A_SECOND = 5000
_GAP_S = 0.3
_GAIN = 0.5
_DRUM_CHANNEL = 9
_BEND_RANGE_CENTS = 200.0
_LONGEST_S = 3600.0
_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Part:
    """A part for the SoundFont.

    Attributes:
        program: General MIDI program 0-127; of the drum kits where `is_drums`.
        notes: within `length_s`, in any order.
        length_s: how much is kept; what rings longer is cut.
        detune_cents: within a whole tone up or down.
        is_drums: notes are General MIDI percussion.
    """

    program: int
    notes: Sequence[PlayedNote]
    length_s: float
    detune_cents: float = 0.0
    is_drums: bool = False


def find_soundfont(given: Path | None) -> Path:
    """The SoundFont to play with: the one given, or the first in the usual places.

    Raises:
        InputError: there is none, or what is given is not a SoundFont.
    """
    if given is None:
        for place in USUAL_PLACES:
            if Path(place).is_file():
                return Path(place)
        raise InputError(
            "no General MIDI SoundFont found; apt install fluid-soundfont-gm, or give --soundfont"
        )
    try:
        with given.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise InputError(
            f"{given}: cannot be read ({error.strerror}); give another --soundfont"
        ) from None
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise InputError(f"{given} is not a SoundFont (.sf2); give another --soundfont")
    return given


def play_parts(parts: Sequence[Part], soundfont: Path, sample_rate: int) -> list[np.ndarray]:
    """Play parts dry, each float32 (2, samples) of its length; equal input gives equal sound.

    Raises:
        InputError: FluidSynth is not installed or fails.
    """
    if not parts:
        return []
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError("fluidsynth is not installed; apt install fluidsynth")
    starts_s = np.cumsum([0.0, *(part.length_s + _GAP_S for part in parts)])
    if starts_s[-1] > _LONGEST_S:
        raise InputError(f"{starts_s[-1]:.0f} s of parts are too long; compose shorter songs")
    with tempfile.TemporaryDirectory(prefix="mixer-synthesis-") as folder:
        score, reel = Path(folder, "score.mid"), Path(folder, "reel.raw")
        _write_score(parts, starts_s, score)
        command = [
            program, "-n", "-i", "-q", "-R", "0", "-C", "0", "-r", str(sample_rate),
            "-g", str(_GAIN), "-o", "synth.dynamic-sample-loading=1",
            "-F", str(reel), "-O", "float", "-T", "raw", str(soundfont), str(score),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"fluidsynth could not play {soundfont}: {error}") from None
        if done.returncode or not reel.is_file() or not reel.stat().st_size:
            said = (done.stderr.strip().splitlines() or ["it printed no reason"])[-1]
            raise InputError(f"fluidsynth could not play {soundfont}: {said}")
        sound = np.fromfile(reel, np.float32)
    sound = sound[: len(sound) // 2 * 2].reshape(-1, 2)
    return [
        _cut(sound, round(start_s * sample_rate), round(part.length_s * sample_rate))
        for part, start_s in zip(parts, starts_s[:-1], strict=True)
    ]


def _cut(sound: np.ndarray, start: int, samples: int) -> np.ndarray:
    piece = np.zeros((2, samples), np.float32)
    found = sound[start : start + samples]
    piece[:, : len(found)] = found.T
    return piece


def _write_score(parts: Sequence[Part], starts_s: np.ndarray, path: Path) -> None:
    # Time, order at equal times (offs before ons), message.
    events: list[tuple[int, int, mido.Message]] = []
    for part, start_s in zip(parts, starts_s[:-1], strict=True):
        channel = _DRUM_CHANNEL if part.is_drums else 0
        start = round(start_s * _TICKS_A_SECOND)
        bend = round(8192.0 * part.detune_cents / _BEND_RANGE_CENTS)
        for order, message in enumerate(
            (
                mido.Message("control_change", control=120, value=0, channel=channel),
                mido.Message("program_change", program=part.program, channel=channel),
                mido.Message("pitchwheel", pitch=int(np.clip(bend, -8192, 8191)), channel=channel),
            )
        ):
            events.append((start, order, message))
        for note in part.notes:
            on_tick = start + round(note.start_s * _TICKS_A_SECOND)
            off_tick = start + round(min(note.stop_s, part.length_s) * _TICKS_A_SECOND)
            velocity = int(np.clip(round(127.0 * note.velocity), 1, 127))
            sound = {"note": int(np.clip(note.midi, 0, 127)), "channel": channel}
            events.append((on_tick, 4, mido.Message("note_on", velocity=velocity, **sound)))
            events.append((max(off_tick, on_tick + 1), 3, mido.Message("note_off", **sound)))
        stop = start + round(part.length_s * _TICKS_A_SECOND)
        silence = mido.Message("control_change", control=120, value=0, channel=channel)
        events.append((stop, 5, silence))
    # At the standard tempo of two quarters a second.
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_A_SECOND // 2)
    track = mido.MidiTrack()
    file.tracks.append(track)
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    file.save(path)
