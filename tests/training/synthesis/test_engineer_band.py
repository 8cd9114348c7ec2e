"""A band for the engineer's tests, made of tones and noise, and a check that it is one."""

import numpy as np
import scipy.signal

from training.synthesis.tracks import Multitrack, Track

RATE_HZ = 44_100
TEMPO_BPM = 120.0


class Players:
    """What a band's instruments are made of: hits, noise, tones and notes, float64 (samples,)."""

    def __init__(self, duration_s: float, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.duration_s = duration_s
        self.n_samples = round(duration_s * RATE_HZ)
        self.time_s = np.arange(self.n_samples) / RATE_HZ

    def hits(self, every: int, first: int, decay: float) -> np.ndarray:
        beat_s = 60.0 / TEMPO_BPM
        since_s = (self.time_s - first * beat_s) % (every * beat_s)
        return np.where(self.time_s >= first * beat_s, np.exp(-decay * since_s), 0.0)

    def noise(self, low_hz: float, high_hz: float) -> np.ndarray:
        band = scipy.signal.butter(2, (low_hz, high_hz), "band", fs=RATE_HZ, output="sos")
        filtered = scipy.signal.sosfilt(band, self.rng.standard_normal(self.n_samples))
        return np.asarray(filtered / np.abs(filtered).max())

    def sine(self, hz: float) -> np.ndarray:
        return np.sin(2 * np.pi * hz * self.time_s)

    def tone(self, hz: float, brightness: float) -> np.ndarray:
        detune = 1.0 + 0.003 * self.rng.standard_normal()
        partials = range(1, max(2, int(min(14_000.0 / hz, 24))))
        phases = self.rng.uniform(0, 2 * np.pi, 50)
        wave = sum(
            np.sin(2 * np.pi * k * hz * detune * self.time_s + phases[k]) * k ** (brightness - 2.0)
            for k in partials
        )
        return np.asarray(0.3 * wave)

    def notes(self, length_s: float, playing: float) -> np.ndarray:
        place = self.time_s % length_s
        n_notes = int(self.duration_s / length_s) + 1
        loud = np.repeat(self.rng.uniform(0.3, 1.0, n_notes), int(length_s * RATE_HZ))
        gate = np.clip(np.minimum(place / 0.03, (playing * length_s - place) / 0.05), 0.0, 1.0)
        return gate * np.resize(loud, self.n_samples)


def play_waves(band: Players) -> dict[str, np.ndarray]:
    """Fourteen mono recordings by name; the name's first word is the role."""
    hits, noise, tone, notes = band.hits, band.noise, band.tone, band.notes
    kick = band.sine(55.0) * hits(2, 0, 9.0) + 0.1 * noise(2e3, 5e3) * hits(2, 0, 60.0)
    snare = (0.5 * band.sine(190.0) + noise(300.0, 8e3)) * hits(2, 1, 14.0)
    hat = noise(6e3, 14e3) * hits(1, 0, 30.0)
    voice = (tone(261.6, 0.9) + 0.02 * noise(2e3, 10e3)) * notes(1.5, 0.75)
    return {
        "kick": kick,
        "snare": snare,
        "hat": hat,
        "overheads": 0.2 * kick + 0.5 * snare + hat,
        "bass": tone(55.0, 0.3) * notes(0.5, 0.9),
        "lead_vocal": voice,
        "vocal_double": np.roll(voice, 700) + 0.05 * noise(300.0, 6e3) * np.abs(voice),
        "backing_vocals": tone(329.6, 0.8) * notes(3.0, 0.9),
        "electric_guitar": tone(196.0, 1.2) * notes(1.0, 0.95),
        "electric_guitar 2": tone(196.0, 1.2) * notes(1.0, 0.95),
        "keys": tone(293.7, 0.7) * notes(2.0, 0.8),
        "pad": tone(220.0, 0.6) * notes(4.0, 1.0),
        "arp": tone(587.3, 1.0) * notes(0.25, 0.5),
        "strings": tone(440.0, 0.9) * notes(4.0, 0.9),
    }


def play_band(duration_s: float = 6.0, seed: int = 0) -> Multitrack:
    """Fourteen dry tracks: drums hit, a bass and a voice play notes, chords are held."""
    band = Players(duration_s, seed)
    waves = play_waves(band)
    stems = dict.fromkeys(waves, "other") | dict.fromkeys(
        ("kick", "snare", "hat", "overheads"), "drums"
    )
    stems |= dict.fromkeys(("lead_vocal", "vocal_double", "backing_vocals"), "vocals")
    stems["bass"] = "bass"
    tracks = []
    for name, wave in waves.items():
        level_db = band.rng.uniform(-20.0, -6.0)
        audio = np.stack([wave, wave])
        if name == "overheads":
            shimmer = np.stack([band.noise(4e3, 12e3), band.noise(4e3, 12e3)])
            audio = audio + 0.3 * shimmer * band.hits(1, 0, 8.0)
        audio *= 10.0 ** (level_db / 20.0) / np.abs(audio).max()
        role, is_stereo = name.split(" ")[0], name == "overheads"
        tracks.append(Track(name, stems[name], role, audio.astype(np.float32), is_stereo))
    sections = (("verse", 0.0, 0.5 * duration_s), ("chorus", 0.5 * duration_s, duration_s))
    return Multitrack("A test", "rock", TEMPO_BPM, sections, RATE_HZ, tuple(tracks), seed)


def test_the_band_is_dry_and_below_full_scale() -> None:
    band = play_band(2.0)
    assert len(band.tracks) == 14
    for track in band.tracks:
        assert track.audio.shape == (2, 2 * RATE_HZ)
        assert 0.05 < np.abs(track.audio).max() < 1.0
        assert np.array_equal(track.audio[0], track.audio[1]) != track.is_stereo
