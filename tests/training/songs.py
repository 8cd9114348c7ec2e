"""Small song folders on disk for the tests of training data."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from mixer.stems import STEMS
from tests.signals import band

RATE_HZ = 44_100


def write_stems(
    folder: Path, stems: Mapping[str, np.ndarray], sample_rate: int = RATE_HZ, ending: str = "wav"
) -> Path:
    """A song folder of float files (channels, samples)."""
    folder.mkdir(parents=True, exist_ok=True)
    subtype = "FLOAT" if ending == "wav" else None
    for name, audio in stems.items():
        soundfile.write(folder / f"{name}.{ending}", audio.T, sample_rate, subtype=subtype)
    return folder


def write_song(folder: Path, duration_s: float = 2.0, seed: int = 0) -> Path:
    """A song of four stems, different for each seed; their sum stays below full scale."""
    rng = np.random.default_rng(seed)
    stems = band(rng, duration_s, RATE_HZ, bpm=100.0 + 7.0 * seed)
    return write_stems(folder, {name: np.float32(0.4) * audio for name, audio in stems.items()})


def tones(song: int, duration_s: float) -> dict[str, np.ndarray]:
    """Four stems, each a quiet sine of its own frequency: 200 Hz apart, 1 kHz a song."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    found = {}
    for i, stem in enumerate(STEMS):
        left = 0.2 * np.sin(2 * np.pi * tone_hz(song, stem) * time_s)
        found[stem] = np.stack([left, (0.3 + 0.1 * i) * left]).astype(np.float32)
    return found


def tone_hz(song: int, stem: str) -> float:
    return 1_000.0 * (song + 1) + 200.0 * STEMS.index(stem)


def loudest_hz(audio: np.ndarray) -> float:
    """Frequency of the largest bin of one channel."""
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return float(np.argmax(spectrum) * RATE_HZ / len(audio))


def write_container(path: Path, streams: list[np.ndarray]) -> None:
    """An mp4 file with an AAC stream for each float32 (2, samples)."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        outputs = [container.add_stream("aac", rate=RATE_HZ, layout="stereo") for _ in streams]
        for output, audio in zip(outputs, streams, strict=True):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(audio), format="fltp", layout="stereo"
            )
            frame.sample_rate = RATE_HZ
            frame.pts = 0
            for packet in output.encode(frame):
                container.mux(packet)
        for output in outputs:
            for packet in output.encode(None):
                container.mux(packet)
