"""Settings of a console from the graph's outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import band_centres_hz, k_weights
from mixer.network.track_mixer.at_least_usual import at_least_usual
from mixer.network.track_mixer.electronic import without_voices_db
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.glue import behind, foresee, glue, together
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.leading_roles import below_whole_db
from mixer.network.track_mixer.one_source import balanced_as_recorded
from mixer.network.track_mixer.parameters import (
    BUS_CONTROLS,
    CURVE_CONTROLS,
    N_BANDS,
    RAW,
    ROUGH,
    TRACK_CONTROLS,
)
from mixer.network.track_mixer.placing import (
    CENTRED_ROLES,
    MOVES_WITHIN_DB,
    SILENT_DB,
    Placed,
    balancing_pan,
    place,
)
from mixer.network.track_mixer.together import gated_power, louder_apart_db
from mixer.network.track_mixer.track_settings import (
    FLAT,
    HIGH_PASS_OFF_HZ,
    SEND_OFF_DB,
    BusSettings,
    Compression,
    ConsoleSettings,
    TrackSettings,
    curve_matrix,
)
from mixer.network.track_mixer.within_group import drawn_into_group
from mixer.roles import FINISHED_STEM
from mixer.stems import STEMS

# Roles that carry the low end stay in the middle, harmonics and all.
_NEVER_WIDENED = frozenset(("kick", "bass", "sub", "bass_stem"))
# A curve is set within so much of a track's loudest band.
SOUNDS_WITHIN_DB = 40.0
# Recordings differ in level by 20 dB; what needs more is bleed, or a tail.
_MOST_ABOVE_USUAL_DB = 18.0
# By how much the faders of a rough mix are believed, about, as training found.
_ROUGH_BELIEVED = 0.65
# A compressor of a lower ratio, or above all peaks, is left off.
_LEAST_RATIO = 1.1
# For each control the value below which it is only a trace, and the value that does nothing.
_TRACES = (
    ("short_room_db", -34.0, SEND_OFF_DB),
    ("long_room_db", -34.0, SEND_OFF_DB),
    ("echo_db", -34.0, SEND_OFF_DB),
    ("widen_db", -30.0, SEND_OFF_DB),
    ("high_pass_hz", 25.0, HIGH_PASS_OFF_HZ),
    ("shape", 0.02, 0.0),
    ("ride", 0.05, 0.0),
)
_LEAST_CURVE_DB = 0.25


def read_controls(
    outputs: Mapping[str, NDArray[np.float32]], heard: HeardTracks
) -> ConsoleSettings:
    """The settings of every strip and bus, bounded.

    Args:
        outputs: the graph's, by name (`mixer.network.track_mixer.parameters`), a batch of one.
        heard: the tracks, as the graph was told.
    """
    tracks, roles = heard.features, heard.roles
    rows = [dict(zip(TRACK_CONTROLS, row.tolist(), strict=True)) for row in outputs["tracks"][0]]
    rows = [_with_plain_curve(row, track) for row, track in zip(rows, tracks, strict=True)]
    # Finished recordings keep their balance.
    amount = min(1.0, 2.0 - 2.0 * heard.levels)
    rows = [
        at_least_usual(row, track, role, amount, dry=heard.dry)
        for row, track, role in zip(rows, tracks, roles, strict=True)
    ]
    spreads = [row["spread"] for row in rows]
    gains_db = [row["gain_db"] for row in rows]
    if heard.levels <= RAW:
        gains_db = balanced_as_recorded(tracks, heard.sources, gains_db)
        gains_db = drawn_into_group(heard, gains_db)
    gains_db = _without_outliers(gains_db, tracks)
    # Where incoming levels are believed, groups stand as they came.
    unbelieved = max(0.0, 1.0 - heard.levels / ROUGH * _ROUGH_BELIEVED)
    moved_db = _as_groups_together(heard, gains_db)
    gains_db = [gain + unbelieved * moved for gain, moved in zip(gains_db, moved_db, strict=True)]
    rows = [{**row, "gain_db": gain} for row, gain in zip(rows, gains_db, strict=True)]
    pans = _pans(heard, to_place(heard, spreads, gains_db), amount)
    peaks_db = [float(track.peak_db.max(initial=-120.0)) for track in tracks]
    strips = [
        _strip(row, pan, role, peak_db).bounded()
        if np.isfinite(track.loudness_lufs)
        else TrackSettings()
        for row, pan, role, peak_db, track in zip(rows, pans, roles, peaks_db, tracks, strict=True)
    ]
    curves: dict[str, tuple[float, ...]] = {
        stem: _bus_curve(row) for stem, row in zip(STEMS, outputs["groups"][0], strict=True)
    }
    # Finished stems were held by somebody already.
    is_finished = not heard.dry and all(role in FINISHED_STEM.values() for role in roles)
    groups, mix = _glued(heard, strips, 0.0 if is_finished else amount)
    return ConsoleSettings(
        tuple(strips),
        {stem: replace(bus, curve_db=curves[stem]) for stem, bus in groups.items()},
        replace(mix, curve_db=_bus_curve(outputs["mix"][0])),
    ).bounded()


def _pans(heard: HeardTracks, placed: Sequence[Placed], amount: float) -> list[float]:
    """Pans of tracks; what belongs in the middle is balanced by how it was recorded."""
    pans = place(placed, amount)
    for i, (track, role) in enumerate(zip(heard.features, heard.roles, strict=True)):
        # A lean of what belongs in the middle is the recording's fault.
        if track.n_channels == 2 and role in CENTRED_ROLES:
            left, right = (float(track.powers[channel].sum()) for channel in (0, 1))
            pans[i] = amount * balancing_pan(left, right)
    return pans


def _as_groups_together(heard: HeardTracks, gains_db: Sequence[float]) -> list[float]:
    """Gains that bring each group to its level, in dB for each track."""
    apart_db = louder_apart_db(heard, gains_db)
    sounding = heard.sounding()
    own_roles, own_stems = ([each[i] for i in sounding] for each in (heard.roles, heard.stems))
    below_db = below_whole_db(own_roles, own_stems)
    instrumental_db = without_voices_db(own_roles, own_stems)
    return [
        apart + below_db.get(stem, 0.0) + instrumental_db.get(stem, 0.0)
        for apart, stem in zip(apart_db, heard.stems, strict=True)
    ]


def _glued(
    heard: HeardTracks, strips: Sequence[TrackSettings], amount: float
) -> tuple[dict[str, BusSettings], BusSettings]:
    """The compressors of the buses: of groups of several tracks, and of the mix."""
    tracks, groups = heard.features, dict[str, BusSettings]()
    foreseen = []
    for stem in STEMS:
        own = [
            i for i, each in enumerate(heard.stems) if each == stem and strips[i] != TrackSettings()
        ]
        bus = foresee([tracks[i] for i in own], [strips[i] for i in own])
        # One track alone has the compressor of its strip.
        compression, made_up_db = glue(bus, amount if len(own) > 1 else 0.0)
        groups[stem] = BusSettings(made_up_db, FLAT, compression)
        foreseen.append(behind(bus, compression, made_up_db))
    compression, made_up_db = glue(together(foreseen), amount if len(tracks) > 1 else 0.0)
    return groups, BusSettings(made_up_db, FLAT, compression)


def _with_plain_curve(row: Mapping[str, float], track: TrackLevels) -> dict[str, float]:
    """The same strip with a curve that leaves the track as loud as it was.

    A curve that is down everywhere is a fader, and is read as one: what it takes on the whole goes
    to the gain, and the compressor's threshold moves with it.
    """
    weights = track.powers[:2].sum(axis=0).astype(np.float64) * k_weights(N_BANDS)
    total = float(weights.sum())
    if total <= 0.0:
        return dict(row)
    curve_db = np.array([row[name] for name in CURVE_CONTROLS])
    matrix = curve_matrix(N_BANDS)
    louder = float((weights * 10.0 ** (np.clip(curve_db @ matrix, -60.0, 60.0) / 10.0)).sum())
    offset_db = 10.0 * float(np.log10(max(louder / total, 1e-6)))
    # A point that was left alone, as it has no sound, stays alone.
    band_db = 10.0 * np.log10(np.maximum(weights / weights.max(), 1e-12))
    sounds = 1.0 / (1.0 + np.exp(-np.clip((band_db + SOUNDS_WITHIN_DB) / 4.0, -30.0, 30.0)))
    share = matrix @ sounds / matrix.sum(axis=1)
    plain = curve_db - offset_db * share
    return {
        **row,
        **dict(zip(CURVE_CONTROLS, plain.tolist(), strict=True)),
        "gain_db": row["gain_db"] + offset_db,
        "threshold_db": row["threshold_db"] - offset_db,
    }


def _without_outliers(gains_db: Sequence[float], tracks: Sequence[TrackLevels]) -> list[float]:
    """Limit gains that are far above the others: a nearly silent recording must not become loud."""
    sounding = [
        gain
        for gain, track in zip(gains_db, tracks, strict=True)
        if np.isfinite(track.loudness_lufs)
    ]
    if not sounding:
        return list(gains_db)
    most = float(np.median(sounding)) + _MOST_ABOVE_USUAL_DB
    return [min(gain, most) for gain in gains_db]


def to_place(
    heard: HeardTracks, spreads: Sequence[float], gains_db: Sequence[float]
) -> list[Placed]:
    """Inputs of `place`."""
    hz, weights = band_centres_hz(N_BANDS), k_weights(N_BANDS)
    n_frames = max(len(track.frame_db) for track in heard.features)
    placed = []
    for track, role, side, spread, gain_db in zip(
        heard.features, heard.roles, heard.sides, spreads, gains_db, strict=True
    ):
        left, right = (float(track.powers[channel].sum()) for channel in (0, 1))
        power = track.powers[:2].sum(axis=0) * weights
        centroid_hz = float(power @ hz / max(float(power.sum()), 1e-12))
        level_db = float(np.clip(track.loudness_lufs + gain_db, SILENT_DB, 120.0))
        is_mono = track.n_channels == 1
        # Roles that belong in the middle are balanced, whichever way they lean.
        share = right / max(left + right, 1e-12) if role not in CENTRED_ROLES else 0.5
        above_db = _energy_above_loudness_db(track, n_frames)
        moves_db = np.maximum(track.frame_db - track.frame_db.max(initial=-120.0), -MOVES_WITHIN_DB)
        placed.append(
            Placed(role, spread, level_db, centroid_hz, is_mono, side, above_db, share, moves_db)
        )
    return placed


def _energy_above_loudness_db(track: TrackLevels, n_frames: int) -> float:
    """Energy of a track over the song against its loudness, in dB, but for a constant.

    Loudness counts lows for little and pauses not at all.
    """
    power = 10.0 ** (track.frame_db.astype(np.float64) / 10.0)
    played = float(power.sum()) / max(n_frames * gated_power(power), 1e-12)
    of_bands = track.powers[:2].astype(np.float64).sum(axis=0)
    weighted = float(of_bands @ k_weights(N_BANDS))
    return 10.0 * float(
        np.log10(max(played, 1e-12) * max(of_bands.sum(), 1e-12) / max(weighted, 1e-12))
    )


def _strip(row: Mapping[str, float], pan: float, role: str, peak_db: float) -> TrackSettings:
    usual = USUAL[role]
    compression = Compression()
    if row["ratio"] >= _LEAST_RATIO and row["threshold_db"] < peak_db:
        compression = Compression(
            row["threshold_db"], row["ratio"], usual.attack_ms, usual.release_ms
        )
    row = _without_traces(row)
    if role in _NEVER_WIDENED:
        row = {**row, "widen_db": SEND_OFF_DB, "width": min(row["width"], 1.0)}
    plain = ("gain_db", "width", "widen_db", "high_pass_hz", "shape", "ride",
             "short_room_db", "long_room_db", "echo_db")  # fmt: skip
    return TrackSettings(
        pan=pan,
        curve_db=_curve(row),
        compression=compression,
        **{name: row[name] for name in plain},
    )


def _bus_curve(values: NDArray[np.float32]) -> tuple[float, ...]:
    return _curve(dict(zip(BUS_CONTROLS, values.tolist(), strict=True)))


def _without_traces(row: Mapping[str, float]) -> Mapping[str, float]:
    """A network never says quite nothing: what nobody would hear or set is off."""
    clean = dict(row)
    for name, least, off in _TRACES:
        if abs(clean[name]) < least if off == 0.0 else clean[name] < least:
            clean[name] = off
    return clean


def _curve(row: Mapping[str, float]) -> tuple[float, ...]:
    curve_db = tuple(row[name] for name in CURVE_CONTROLS)
    return FLAT if max(map(abs, curve_db)) < _LEAST_CURVE_DB else curve_db
