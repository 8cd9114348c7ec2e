"""The state of a song as a message for the page, assembled from the desk and its sources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from mixer.console.settings import MASTER, Strip
from mixer.network.track_mixer.track_settings import as_json
from mixer.rendering.tracks.track_words import bus_phrases
from mixer.report.matching import Level, matching_gains_db
from mixer.song.names.short_names import short_names
from mixer.studio.channel_tables import (
    master_edits,
    phrase_rows,
    stem_channel,
    strip_table,
    track_channel,
    track_id,
)
from mixer.studio.edited_plan import Planned
from mixer.studio.made import ExactRender, Made, strips_of
from mixer.studio.messages.channel_state import Audio, Bus, Channel, Master, Return
from mixer.studio.messages.song_state import Exact, Section, SongState, Source, Variation
from mixer.studio.mix_sources import SourceRow
from mixer.studio.shared_state import Desk


def song_state(desk: Desk, sources: Sequence[SourceRow], variations: list[Variation]) -> SongState:
    """The state of a song; the caller holds the desk's lock.

    Args:
        desk: of the song.
        sources: whole mixes to listen to.
        variations: those of them that vary the mix.
    """
    planned, song, plan, history = desk.planned, desk.song, desk.plan, desk.kept.history
    return {
        "id": desk.song_id,
        "name": desk.folder.name if song is None else song.name,
        "revision": history.revision,
        "phase": desk.phase,
        "problem": desk.problem,
        "doing": desk.doing,
        "kind": "tracks" if planned is not None and planned.mixes_tracks else "stems",
        "model": None if plan is None else plan.model_name,
        "sample_rate_hz": 0 if plan is None else plan.mix_rate,
        "n_frames": 0 if plan is None else plan.n_samples,
        "duration_s": 0.0 if plan is None else plan.n_samples / plan.mix_rate,
        "tempo_bpm": None if song is None else song.tempo_bpm,
        "markers": [
            {"name": marker.name, "time_s": marker.time_s}
            for marker in (() if song is None else song.markers)
        ],
        "sections": _sections(desk),
        "stems": [] if planned is None else _stems(planned, desk),
        "buses": _buses(desk.made.exact),
        "master": _master(planned, desk),
        "returns": _returns(desk.made),
        "sources": _sources(sources, desk.made),
        "variations": variations,
        "exact": _exact(planned, desk.made.exact),
        "presets": list(history.edits.get("presets", ())),
        "settings": _settings(planned),
        "can_undo": history.done[-1].label if history.done else None,
        "can_redo": history.undone[-1].label if history.undone else None,
        "saved": desk.kept.is_written,
        "notes": [*desk.notes, *([] if desk.unkept is None else [desk.unkept])],
        "jobs": [job.as_json() for job in desk.jobs],
    }


def _sections(desk: Desk) -> list[Section]:
    """Sections from each marker to the next, the last one to the end of the song."""
    if desk.song is None or desk.plan is None:
        return []
    end_s = desk.plan.n_samples / desk.plan.mix_rate
    markers = [marker for marker in desk.song.markers if marker.time_s < end_s]
    ends = [*(marker.time_s for marker in markers[1:]), end_s][: len(markers)]
    return [
        {"name": marker.name, "start_s": marker.time_s, "end_s": until}
        for marker, until in zip(markers, ends, strict=True)
    ]


def audio_of(name: str, made: Made) -> Audio | None:
    """Samples as a message; None if none are made yet."""
    samples = made.samples.get(name)
    if samples is None:
        return None
    return {
        "id": name,
        "version": samples.version,
        "n_frames": samples.n_frames,
        "ready_frames": samples.ready_frames,
        "full_scale": samples.full_scale,
        "baked": list(made.baked.get(name, ())),
    }


def _stems(planned: Planned, desk: Desk) -> list[Channel]:
    edits, made = desk.kept.history.edits, desk.made
    settings = planned.settings
    # A reference moves stems: what it does is not in single tracks.
    live = planned.mixes_tracks and settings.amount == 1.0 and not settings.reference
    colors = {} if desk.song is None else desk.song.colors, planned.song.colors
    by_stem: dict[str, list[Channel]] = {stem: [] for stem in planned.song.stems}
    short = short_names([track.name for track in planned.tracks])
    for place, track in enumerate(planned.tracks):
        name = track_id(place)
        by_stem[track.stem].append(
            track_channel(
                place,
                track,
                short[track.name],
                planned.hands,
                edits,
                made.models.get(name),
                audio_of(name, made),
                colors,
                live=live,
            )
        )
    consoles = planned.base.console, planned.full.console
    return [
        stem_channel(
            stem,
            consoles,
            edits,
            made.models.get(stem),
            audio_of(stem, made),
            colors,
            by_stem[stem],
        )
        for stem in planned.song.stems
    ]


def _master(planned: Planned | None, desk: Desk) -> Master:
    base = now = Strip()
    settings = None
    if planned is not None:
        base, now = planned.base.console.master, planned.full.console.master
        settings = planned.settings
    figures = desk.made.master
    return {
        "key": MASTER,
        "base": strip_table(base),
        "strip": strip_table(now),
        "hand": master_edits(desk.kept.history.edits),
        "loudness_lufs": None if settings is None else settings.loudness_lufs,
        "true_peak_dbtp": None if settings is None else settings.true_peak_dbtp,
        "platform": None if settings is None else settings.platform,
        "gain_db": 0.0 if figures is None else figures["gain_db"],
        "measured_loudness_lufs": None if figures is None else figures["loudness_lufs"],
        "measured_true_peak_dbtp": None if figures is None else figures["true_peak_dbtp"],
        "limited_db": None if figures is None else figures["max_reduction_db"],
    }


def _buses(exact: ExactRender | None) -> list[Bus]:
    return [
        {
            "id": name,
            "version": bus.version,
            "n_steps": bus.gains.size,
            "compressor": None if bus.compression.is_off else dict(vars(bus.compression)),
            "phrases": phrase_rows(bus_phrases(as_json(bus.settings))),
        }
        for name, bus in ([] if exact is None else sorted(exact.buses.items()))
    ]


def _exact(planned: Planned | None, exact: ExactRender | None) -> Exact | None:
    if planned is None or exact is None:
        return None
    stems, tracks = strips_of(planned)
    named = [(stem, exact.stems.get(stem), stems.get(stem)) for stem in planned.song.stems]
    named += [
        (track_id(place), exact.tracks.get(track.name), tracks.get(track.name))
        for place, track in enumerate(planned.tracks)
    ]
    return {
        "revision": exact.revision,
        "version": exact.version,
        "strips": {
            name: strip_table(was or Strip())
            for name, was, is_now in named
            if (was or Strip()) != (is_now or Strip())
        },
    }


def _returns(made: Made) -> list[Return]:
    return [
        {
            "name": name,
            "version": response.version,
            "n_frames": response.samples.shape[1],
            "settings": dict(response.settings),
        }
        for name, response in sorted(made.responses.items())
    ]


def _sources(rows: Sequence[SourceRow], made: Made) -> list[Source]:
    levels = {row.id: made.levels[row.id] for row in rows if row.id in made.levels}
    gains_db = matching_gains_db(levels)
    return [
        {
            "id": row.id,
            "kind": cast(Any, row.kind),
            "name": row.name,
            "audio": audio_of(row.id, made),
            "loudness_lufs": _loudness(levels.get(row.id)),
            "true_peak_dbtp": _peak(levels.get(row.id)),
            "match_db": gains_db.get(row.id, 0.0),
        }
        for row in rows
    ]


def _loudness(level: Level | None) -> float | None:
    return None if level is None or not math.isfinite(level.loudness_lufs) else level.loudness_lufs


def _peak(level: Level | None) -> float | None:
    return (
        None if level is None or not math.isfinite(level.true_peak_dbtp) else level.true_peak_dbtp
    )


def _settings(planned: Planned | None) -> dict[str, Any]:
    if planned is None:
        return {}
    settings = planned.settings
    return {
        "model": settings.model,
        "amount": settings.amount,
        "platform": settings.platform,
        "reference": list(planned.references),
    }
