"""Our normalisation beside the reference implementation's, stem by stem.

    python -m tests.fxnorm.oracle_table

prints, for the stem before and after each effect, how far our measures are from the reference's.
"""

import dataclasses
import functools
import json
import sys
from pathlib import Path

import numpy as np
import soundfile

from mixer.dsp.blocks import db_to_gain, peak, peak_dbfs
from mixer.dsp.onsets import measure_onset_peaks
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.equalization import N_FFT, match_equalization, measure_spectrum
from mixer.fxnorm.panning import measure_phi
from mixer.fxnorm.profile import read_profile
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs

SHARED = Path(__file__).resolve().parents[3] / "shared"
STAGES = ("before", "eq", "compression", "panning", "loudness")
RATE = 44_100
# Where the spectra are compared.
LOW_HZ, HIGH_HZ = 50.0, 12_000.0


@dataclasses.dataclass(frozen=True)
class Difference:
    """One stem at one stage: ours less the reference's."""

    song_stem: str
    stage: str
    loudness_lu: float
    spectrum_rms_db: float
    phi_rms: float
    phi_max: float
    onset_peak_db: float
    done: dict


def band_means(curve: np.ndarray, bands_hz: np.ndarray) -> np.ndarray:
    """Mean of a curve over the bins of each sixth-octave band."""
    bin_hz = np.arange(curve.size) * RATE / N_FFT
    half = 2.0 ** (1.0 / 12.0)
    return np.array([curve[(bin_hz >= f / half) & (bin_hz < f * half)].mean() for f in bands_hz])


def compare(audio: np.ndarray, reference: dict, bands_hz: np.ndarray) -> dict[str, float]:
    """The measures of a Difference, taken as the reference takes them."""
    padded = np.pad(audio, ((0, 0), (N_FFT, N_FFT)))
    spectrum = measure_spectrum(audio, RATE)
    assert spectrum is not None
    spectrum_db = 20.0 * np.log10(band_means(spectrum, bands_hz))
    compared = (bands_hz >= LOW_HZ) & (bands_hz <= HIGH_HZ)
    off_db = (spectrum_db - np.array(reference["spectrum_db"]))[compared]
    off_phi = band_means(measure_phi(audio), bands_hz) - np.array(reference["panning_phi"])
    onsets = measure_onset_peaks(audio * np.float32(db_to_gain(-10.0) / peak(audio)), RATE)
    assert onsets is not None
    loudness_lufs = integrated_loudness_lufs(padded, RATE, COOKBOOK_FILTER)
    return {
        "loudness_lu": loudness_lufs - reference["loudness_lufs"],
        "spectrum_rms_db": float(np.sqrt(np.mean(off_db**2))),
        "phi_rms": float(np.sqrt(np.mean(off_phi**2))),
        "phi_max": float(np.abs(off_phi).max()),
        "onset_peak_db": onsets.mean_dbfs - reference["onset_peak_dbfs"][0],
    }


def differences(shared: Path) -> list[Difference]:
    """Every stem of the oracle at every stage, each effect on what the one before it left."""
    oracle = json.loads((shared / "oracle" / "fxnorm_reference.json").read_text())
    profile = read_profile("musdb18")
    found = []
    for song_stem, reference in oracle.items():
        start, stop = (int(second * RATE) for second in reference["window_s"])
        path = shared / "audio" / "stems" / f"{song_stem}.ogg"
        samples, _ = soundfile.read(path, dtype="float32", start=start, stop=stop)
        audio = np.ascontiguousarray(samples.T)
        for stage in STAGES:
            done: dict = {}
            stem = song_stem.split("/")[1]
            if stage == "eq":
                # The windows are cut out of songs, and the reference filters them between zeros.
                curve = functools.partial(profile.magnitude_at, stem)
                audio, _ = match_equalization(audio, RATE, curve, between_zeros=True)
            elif stage != "before":
                audio, report = normalise_stem(
                    audio, RATE, stem, profile, [stage], panning_limits_time_axis=True
                )
                done = report["effects"].get(stage, {})
            key = stage if stage == "before" else f"after_{stage}"
            measures = compare(audio, reference[key], np.array(profile.bands_hz))
            done["peak_dbfs"] = peak_dbfs(audio)
            found.append(Difference(song_stem, stage, **measures, done=done))
    return found


def table(found: list[Difference]) -> str:
    """The differences as text, one line a stem and stage."""
    lines = [
        f"{'stem':24}{'stage':13}{'loudness LU':>12}{'spectrum dB':>12}{'phi rms':>9}"
        f"{'phi max':>9}{'onset dB':>10}"
    ]
    lines += [
        f"{d.song_stem:24}{d.stage:13}{d.loudness_lu:12.3f}{d.spectrum_rms_db:12.2f}"
        f"{d.phi_rms:9.4f}{d.phi_max:9.4f}{d.onset_peak_db:10.2f}"
        for d in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(differences(SHARED)) + "\n")
