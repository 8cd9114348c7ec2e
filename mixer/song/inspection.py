"""Inspection of a song folder: contents and problems, measured without rendering anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.audio.decoding import offset_over
from mixer.audio.extremes import is_float
from mixer.audio.source import AudioSource
from mixer.dsp.blocks import gain_to_db
from mixer.dsp.blocks import peak as peak_of
from mixer.dsp.lag import correlation
from mixer.dsp.long_audio import add_to, copy_of, parts_of, silence, unfilled
from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.song.damaged_files import remarks_on
from mixer.song.deciding_files import deciding_files
from mixer.song.file_listing import doubts
from mixer.song.preparation import at_full_scale, fix_microphones
from mixer.song.recording import Recording
from mixer.song.samples import read_sum
from mixer.song.song import Song
from mixer.song.unnamed import against_its_name

SILENT_BELOW_DBFS = -60.0
CLIPPED_FROM = 0.9999  # of full scale
CLIPPED_RUN_SAMPLES = 3
MONO_BELOW_DB = -70.0  # side against mid
OUT_OF_PHASE_BELOW = -0.5  # correlation of left and right
FAR_SHORTER_BELOW = 0.5  # of the median length
MAX_PEAK = 512.0  # of full scale; a scale of integers, or none
DC_ABOVE = 0.01  # of full scale
MAY_BE_A_PART = "left out, though it may be a part of the song"
# Shared by every comparison between files: slow enough to be small, fast enough to keep waveforms.
_SKETCH_RATE_HZ = 4_410
_BLOCK_FRAMES = 4_096
_ENVELOPE_RATE_HZ = 210
_SMOOTHING = np.hanning(7) / np.hanning(7).sum()
_MAX_LAG_S = 2.0
_MISALIGNED_FROM_S = 0.03
# Found on nine real songs: no false alarm, and about half of all shifts of 80 and 250 ms caught.
_MISALIGNED_FROM_CORRELATION = 0.2
_ALIGNED_FROM_SHARE = 0.2
_AS_GOOD_FROM_SHARE = 0.9


@dataclass
class FileInspection:
    """Findings about one file; measurements are None if it is left out or unreadable.

    Attributes:
        file: name as shown to the user.
        stem: one of the four, or None if it is left out.
        reason: why it is in that stem, or left out.
        certain: False if its name is unrecognised, or if it is left out but may be a part.
        side: "left", "right", "mid" or "side" for one half of a pair, else None.
        sample_rate: in Hz.
        channels: 1 or 2.
        duration_s: length in seconds.
        encoding: e.g. "PCM_24".
        peak_dbfs: largest sample; None for digital silence.
        loudness_lufs: integrated; None for silence.
        findings: problems of the file, one sentence each.
        fault: why it cannot be used, so that no mix of the song is made; else None.
    """

    file: str
    stem: str | None
    reason: str
    certain: bool = True
    side: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    encoding: str | None = None
    peak_dbfs: float | None = None
    loudness_lufs: float | None = None
    findings: list[str] = field(default_factory=list)
    fault: str | None = None


@dataclass
class SongInspection:
    """A song's files and what was found in them, in the order of their names."""

    song: str
    folder: str
    sample_rate: int
    duration_s: float
    dry: bool
    stems: list[str]
    files: list[FileInspection]
    notes: list[str] = field(default_factory=list)

    @property
    def n_findings(self) -> int:
        return sum(len(file.findings) for file in self.files)

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@one_blas_thread
def inspect_song(
    song: Song, progress: Callable[[str, float], None] | None = None
) -> SongInspection:
    """Measure every recording and compare them with each other.

    Args:
        song: from `load_song`.
        progress: called with the current file and the share done, 0 to 1.

    Returns:
        The table of files; a file that cannot be decoded is a finding, not an error.
    """
    files: list[FileInspection] = []
    sketches: list[np.ndarray | None] = []
    recordings = _scaled(song.recordings)
    for index, recording in enumerate(recordings):
        if progress is not None:
            progress(recording.file, index / len(song.recordings))
        inspection, sketch = _inspect_recording(recording)
        files.append(inspection)
        sketches.append(sketch)
    _compare_lengths(files)
    for place, remarks in deciding_files([r.source for r in recordings]).items():
        files[place].findings += remarks
    _compare_microphones(files, song, recordings)
    _compare_sketches(files, sketches, starts_are_stated=song.starts_are_stated)
    left_out = [
        FileInspection(
            r.file,
            None if r.fault is None else r.stem,
            r.reason,
            r.certain,
            findings=[r.fault] if r.fault else [] if r.certain else [MAY_BE_A_PART],
            fault=r.fault,
        )
        for r in song.left_out
    ]
    return SongInspection(
        song=song.name,
        folder=str(song.folder),
        sample_rate=song.sample_rate,
        duration_s=song.duration_s,
        dry=song.dry,
        stems=list(song.stems),
        files=sorted(files + left_out, key=lambda f: f.file.lower()),
        notes=list(song.notes),
    )


def _scaled(recordings: Sequence[Recording]) -> Sequence[Recording]:
    """Recordings at full scale; unchanged if a scale is uncertain, so that all are inspected."""
    try:
        return at_full_scale(recordings)[0]
    except InputError:
        return recordings


def _inspect_recording(recording: Recording) -> tuple[FileInspection, np.ndarray | None]:
    """Measure one file; the second value is its sketch for comparisons, None if unreadable."""
    source = recording.source
    inspection = FileInspection(
        file=recording.file,
        stem=recording.stem,
        reason=recording.reason,
        certain=recording.certain,
        side=recording.side,
        sample_rate=source.sample_rate,
        channels=source.channels,
        duration_s=source.n_samples / source.sample_rate,
        encoding=source.encoding,
    )
    inspection.findings += [
        said for said in (doubts(recording), against_its_name(recording)) if said
    ]
    try:
        # As it is in its file, wherever it starts in the song.
        alone = replace(recording, start_s=0.0)
        audio = read_sum([alone], source.n_samples, source.sample_rate)
    except InputError as error:
        inspection.findings.append(str(error).removeprefix(f"{Path(recording.file).name}: "))
        inspection.fault = str(error)
        return inspection, None
    inspection.findings += remarks_on(recording.source)
    peak = peak_of(audio)
    if peak > MAX_PEAK:
        inspection.findings.append(
            f"its peak is {peak:.4g} times full scale, which is not a scale of float audio or of "
            "integers; export it again with full scale at 1"
        )
        return inspection, None
    loudness_lufs = integrated_loudness_lufs(audio, source.sample_rate)
    inspection.peak_dbfs = float(gain_to_db(peak)) if peak > 0.0 else None
    inspection.loudness_lufs = loudness_lufs if math.isfinite(loudness_lufs) else None
    inspection.findings += _clipping(audio, source)
    inspection.findings += _findings(audio, peak, source.channels)
    return inspection, _sketch(audio, source.sample_rate, recording.start_s)


def _findings(audio: np.ndarray, peak: float, channels: int) -> list[str]:
    if peak == 0.0:
        return ["silent: every sample is zero"]
    if gain_to_db(peak) < SILENT_BELOW_DBFS:
        return [f"silent: its peak is {gain_to_db(peak):.0f} dBFS"]
    findings = []
    dc = float(np.abs(audio.mean(axis=1, dtype=np.float64)).max())
    if dc > DC_ABOVE * max(1.0, peak):
        findings.append(f"DC offset of {100 * dc:.1f} % of full scale")
    if channels == 2:
        findings += _stereo_findings(audio)
    return findings


def _stereo_findings(audio: np.ndarray) -> list[str]:
    left, right = audio
    energy_l, energy_r = float(np.dot(left, left)), float(np.dot(right, right))
    cross = float(np.dot(left, right))
    mid, side = energy_l + energy_r + 2 * cross, energy_l + energy_r - 2 * cross
    if min(energy_l, energy_r) == 0.0:
        return [f"only its {'left' if energy_l else 'right'} channel has sound"]
    if side <= 10 ** (MONO_BELOW_DB / 10) * mid:
        return ["mono in a stereo file"]
    correlation = cross / math.sqrt(energy_l * energy_r)
    if correlation < OUT_OF_PHASE_BELOW:
        return [f"out of phase: left and right correlate at {correlation:.2f}"]
    return []


def _clipping(audio: np.ndarray, source: AudioSource) -> list[str]:
    """A finding if the file's own samples, with its offset, are at full scale."""
    as_recorded = _with_offset(audio, source) if source.offset else audio
    if is_float(source) and peak_of(as_recorded) > 1.0:
        return []  # float samples above full scale are not clipped
    n_clipped = _clipped_samples(as_recorded)
    return [f"clipped: {n_clipped} samples in runs at full scale"] if n_clipped else []


def _with_offset(audio: np.ndarray, source: AudioSource) -> np.ndarray:
    """A copy of a file's samples, (2, n), with the offset that was removed."""
    recorded = copy_of(audio)
    for part in parts_of(recorded):
        recorded[:, part] += offset_over(source, part.start, recorded[:, part].shape[1])
    return recorded


def _clipped_samples(audio: np.ndarray) -> int:
    """Samples that are in runs of at least `CLIPPED_RUN_SAMPLES` at full scale."""
    total = 0
    for channel in audio:
        open_run = 0  # length of the run at the end of the part before
        for part in parts_of(channel):
            hot = np.concatenate([[False], np.abs(channel[part]) >= CLIPPED_FROM, [False]])
            edges = np.flatnonzero(hot[1:] != hot[:-1])
            lengths = edges[1::2] - edges[::2]
            if edges.size and edges[0] == 0:
                lengths[0] += open_run
            elif open_run >= CLIPPED_RUN_SAMPLES:
                total += open_run
            open_run = 0
            if edges.size and edges[-1] == hot.size - 2:
                open_run, lengths = int(lengths[-1]), lengths[:-1]
            total += int(lengths[lengths >= CLIPPED_RUN_SAMPLES].sum())
        total += open_run if open_run >= CLIPPED_RUN_SAMPLES else 0
    return total


def _sketch(audio: np.ndarray, sample_rate: int, start_s: float) -> np.ndarray:
    """The mid channel at `_SKETCH_RATE_HZ`, placed in the song, for comparing waveforms."""
    mid = unfilled(1, audio.shape[1])
    for part in parts_of(audio):
        mid[:, part] = audio[:, part].mean(axis=0, keepdims=True)
    n_samples = audio_io.resampled_length(mid.shape[1], sample_rate, _SKETCH_RATE_HZ)
    own = audio_io.resample(mid, sample_rate, _SKETCH_RATE_HZ, n_samples)[0]
    start = round(start_s * _SKETCH_RATE_HZ)
    if start <= 0:
        return own[-start:]
    placed = silence(start + len(own))
    placed[start:] = own
    return placed


def _compare_lengths(files: Sequence[FileInspection]) -> None:
    durations_s = [f.duration_s for f in files if f.duration_s]
    if len(durations_s) < 2:
        return
    median_s = float(np.median(durations_s))
    for file in files:
        if file.duration_s is not None and file.duration_s < FAR_SHORTER_BELOW * median_s:
            file.findings.append(
                f"far shorter than the rest: {file.duration_s:.1f} s against {median_s:.1f} s"
            )


def _compare_microphones(
    files: Sequence[FileInspection], song: Song, recordings: Sequence[Recording]
) -> None:
    _, said = fix_microphones(replace(song, recordings=tuple(recordings)), ())
    for file in files:
        if file.file in said:
            file.findings.append(said[file.file])


def _compare_sketches(
    files: Sequence[FileInspection],
    sketches: Sequence[np.ndarray | None],
    *,
    starts_are_stated: bool,
) -> None:
    """Find tracks that start at another time than the rest."""
    audible = [
        (file, sketch)
        for file, sketch in zip(files, sketches, strict=True)
        if sketch is not None
        and file.peak_dbfs is not None
        # 0.0 is a peak like any other: at exactly full scale
        and file.peak_dbfs > SILENT_BELOW_DBFS
    ]
    if len(audible) < 2:
        return
    n_samples = max(len(sketch) for _, sketch in audible)
    total = silence(n_samples)
    for _, sketch in audible:
        add_to(total[: len(sketch)], sketch)
    for file, sketch in audible:
        own = silence(n_samples)
        own[: len(sketch)] = sketch
        rest = copy_of(total)
        for part in parts_of(rest):
            rest[part] -= own[part]
        # Start times that the files state win over guesses.
        lag_s = None if starts_are_stated else _misalignment_s(own, rest)
        if lag_s is not None:
            file.findings.append(
                f"likely misaligned: it fits the rest {abs(lag_s) * 1000:.0f} ms "
                f"{'earlier' if lag_s > 0 else 'later'}"
            )


def _misalignment_s(own: np.ndarray, rest: np.ndarray) -> float | None:
    """Delay in seconds of a track's onsets against the rest, if it is clear; else None.

    The onset envelopes are correlated over ±2 s. Music repeats, so a peak at a beat's distance is
    not evidence by itself: the correlation at lag zero must also be near zero. Among equally high
    peaks the nearest is returned.
    """
    onsets_own, onsets_rest = _onset_envelope(own), _onset_envelope(rest)
    scale = math.sqrt(float(np.dot(onsets_own, onsets_own) * np.dot(onsets_rest, onsets_rest)))
    if scale == 0.0:
        return None
    found = correlation(onsets_own, onsets_rest) / scale
    middle = len(onsets_rest) - 1
    reach = min(int(_MAX_LAG_S * _ENVELOPE_RATE_HZ), middle)
    window = found[middle - reach : middle + reach + 1]
    near = int(_MISALIGNED_FROM_S * _ENVELOPE_RATE_HZ)
    best = float(window.max())
    at_zero = float(window[max(reach - near, 0) : reach + near + 1].max())
    if best < _MISALIGNED_FROM_CORRELATION or at_zero > _ALIGNED_FROM_SHARE * best:
        return None
    as_good = np.flatnonzero(window >= _AS_GOOD_FROM_SHARE * best) - reach
    return float(as_good[np.abs(as_good).argmin()]) / _ENVELOPE_RATE_HZ


def _onset_envelope(sketch: np.ndarray) -> np.ndarray:
    """Rises of the smoothed level from frame to frame, minus their mean."""
    hop_length = _SKETCH_RATE_HZ // _ENVELOPE_RATE_HZ
    frames = sketch[: len(sketch) // hop_length * hop_length].reshape(-1, hop_length)
    if len(frames) < len(_SMOOTHING):
        return np.zeros(1)
    floor = 1e-2 * peak_of(sketch)
    powers = np.concatenate(
        [
            np.mean(frames[start : start + _BLOCK_FRAMES] ** 2, axis=1)
            for start in range(0, len(frames), _BLOCK_FRAMES)
        ]
    )
    level = np.log10(1e-9 + floor + np.sqrt(powers))
    level = np.convolve(level, _SMOOTHING, "same")
    rises = np.maximum(np.diff(level, prepend=level[:1]), 0.0)
    return rises - rises.mean()
