"""Rooms for the reverbs: generated ones (`mixer.dsp.noise_room`), or the user's own recordings.

A room is float32 `(2, taps)` at the audio's own sample rate, starts with its direct sound, and
each channel has unit energy: convolving noise with it keeps the noise's level.
"""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from mixer.dsp.blocks import FloatArray, power_to_db
from mixer.dsp.noise_room import unit_energy
from mixer.errors import InputError

SUFFIXES = (".wav", ".flac", ".aif", ".aiff", ".ogg")
# An impulse response longer than this is a mistake, a song dropped into the folder.
MAX_ROOM_S = 20.0

RoomReader = Callable[[Path, int], FloatArray]


class RoomSource(Protocol):
    """Source of the rooms for the reverbs."""

    def draw(
        self, rng: np.random.Generator, sample_rate: int, shortest_s: float, longest_s: float
    ) -> FloatArray:
        """A room whose reverberation time lies between the two, `(2, taps)`."""
        ...


@dataclasses.dataclass(frozen=True)
class RecordedRooms:
    """Measured impulse responses, each with its reverberation time.

    Attributes:
        rooms: rooms as this module's head defines them, all at `sample_rate`.
        reverberation_times_s: one a room.
    """

    sample_rate: int
    rooms: tuple[FloatArray, ...]
    reverberation_times_s: tuple[float, ...]

    def draw(
        self, rng: np.random.Generator, sample_rate: int, shortest_s: float, longest_s: float
    ) -> FloatArray:
        """One of the rooms with a reverberation time between the two.

        Raises:
            InputError: the room does not exist, or the rooms were read at another sample rate.
        """
        if sample_rate != self.sample_rate:
            raise InputError(
                f"the rooms were read at {self.sample_rate} Hz, but the audio has {sample_rate} "
                "Hz: read them at the audio's sample rate"
            )
        times = self.reverberation_times_s
        fitting = [i for i, time_s in enumerate(times) if shortest_s <= time_s <= longest_s]
        if not fitting:
            known = ", ".join(f"{time_s:.1f} s" for time_s in sorted(times))
            raise InputError(
                f"no room has a reverberation time of {shortest_s:g} to {longest_s:g} s (known: "
                f"{known}); add one to the folder or use the generated rooms"
            )
        return self.rooms[fitting[int(rng.integers(len(fitting)))]]


def read_rooms(folder: str | Path, sample_rate: int, read: RoomReader) -> RecordedRooms:
    """Every impulse response of a folder, in the order of the file names.

    Args:
        folder: a folder of mono or stereo recordings.
        sample_rate: desired rate of the rooms, Hz.
        read: reads a file at a sample rate: float32 `(channels, samples)`.

    Raises:
        InputError: the folder does not exist or is empty, or a file is not an impulse response.
    """
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder; give a folder of impulse responses")
    rooms, times_s = [], []
    for path in room_files(Path(folder)):
        audio = np.asarray(read(path, sample_rate), dtype=np.float32)
        if not 0 < audio.shape[-1] <= MAX_ROOM_S * sample_rate:
            raise InputError(f"{path}: longer than {MAX_ROOM_S:g} s; remove this impulse response")
        if not np.all(np.isfinite(audio)) or not np.any(audio):
            raise InputError(f"{path}: silent or not finite; remove it from the folder of rooms")
        room = _from_direct_sound(np.broadcast_to(audio[:2], (2, audio.shape[-1])))
        rooms.append(unit_energy(room))
        times_s.append(measure_reverberation_time_s(room, sample_rate))
    if not rooms:
        raise InputError(f"{folder}: no impulse responses ({', '.join(SUFFIXES)}) in this folder")
    return RecordedRooms(sample_rate, tuple(rooms), tuple(times_s))


def measure_reverberation_time_s(room: FloatArray, sample_rate: int) -> float:
    """Time to fall by 60 dB, from the slope between -5 and -35 dB of the backward integral.

    Source: ISO 3382-1 (T30); Schroeder, JASA 1965.
    """
    energy = np.sum(np.square(room, dtype=np.float64), axis=0)
    remaining = np.cumsum(energy[::-1])[::-1]
    decay_db = power_to_db(remaining / remaining[0], 1e-12)
    start, stop = (int(np.searchsorted(-decay_db, level_db)) for level_db in (5.0, 35.0))
    if stop - start < 2:
        return room.shape[-1] / sample_rate
    slope, _ = np.polyfit(np.arange(start, stop) / sample_rate, decay_db[start:stop], 1)
    return float(-60.0 / slope)


def room_files(folder: Path) -> Iterator[Path]:
    """The impulse responses of a folder, by name."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            yield path


def _from_direct_sound(room: FloatArray) -> FloatArray:
    """Cut what stands before the largest sample: the delay of the direct sound."""
    return room[:, int(np.argmax(np.abs(room).max(axis=0))) :]
