"""Measurements of a batch's songs, as workers, ledger and tables pass them on."""

from __future__ import annotations

from typing import TypedDict


class UnmixedFigures(TypedDict, total=False):
    """Files of a song that are not in its mix; absent if they were not counted.

    Attributes:
        left_out, not_recognised: file names, as in `mixer.batch.unmixed.Unmixed`.
    """

    left_out: list[str]
    not_recognised: list[str]


class Figures(UnmixedFigures, total=False):
    """Measurements and times of a song, plain enough for JSON.

    A song that is only measured has `premaster_lufs`, `duration_s` and `seconds`; one that failed
    has none. Ledgers of earlier versions may lack any.

    Attributes:
        loudness_lufs, true_peak_dbtp: of the finished mix; None for silence.
        gain_db, gain_reduction_db: gain and deepest limiting of the master.
        premaster_lufs: loudness before the master; None for silence.
        album_offset_db: loudness offset of its album; absent for a single.
        album_sound: vocals, bass, brightness, width and room before the master, in dB.
        album_moves: their offsets from the album and the changes applied (`off_db`, `move_db`).
        duration_s: of the song.
        sample_rate: of the mix, in Hz.
        model, device: what rendered it; None without a network.
        seconds: time by stage.
        spectrum_db: third-octave levels.
        remarks: warnings of the render.
    """

    loudness_lufs: float | None
    true_peak_dbtp: float | None
    gain_db: float | None
    gain_reduction_db: float | None
    premaster_lufs: float | None
    album_offset_db: float
    album_sound: dict[str, float]
    album_moves: dict[str, dict[str, float]]
    duration_s: float
    sample_rate: int
    model: str | None
    device: str | None
    seconds: dict[str, float]
    spectrum_db: list[float]
    remarks: list[str]
