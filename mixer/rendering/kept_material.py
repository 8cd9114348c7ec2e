"""Material cached from earlier takes: normalised stems, wet stems, features of tracks.

The key of an entry covers all its inputs, so a take recomputes only what its changes affect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from mixer.console.split import PreNetworkGain
from mixer.fxnorm.chain import StemReport
from mixer.network.output import Output, StemRecord
from mixer.network.track_mixer.features import TrackLevels
from mixer.rendering.kept_arrays import KeptArrays
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.progress import Stage
from mixer.setting_changes import as_tables
from mixer.song.tracks import Track

_STEM, _NETWORK, _LEVELS = "normalised", "network", "levels"
_RECORD = "record"

Normalised = tuple[np.ndarray, StemReport]


class KeptMaterial:
    """Cache of one song and its settings; see `mixer.rendering.kept_arrays`."""

    def __init__(self, kept: KeptArrays) -> None:
        self._kept = kept

    @property
    def n_found(self) -> int:
        """Number of cache hits so far."""
        return self._kept.n_found

    def holds(self, plan: RenderPlan) -> frozenset[Stage]:
        """The stages of a plan whose material is cached."""
        keys = _keys(plan).items()
        return frozenset(s for s, all_of in keys if all(self._kept.holds(*key) for key in all_of))

    def normalised(self, stem: str, plan: RenderPlan) -> Normalised | None:
        """A normalised stem, float32 (2, samples), and its record; None if it is not cached."""
        arrays = self._kept.find(_STEM, stem, _gains_db(plan))
        if arrays is None:
            return None
        return arrays["audio"], cast(StemReport, _from_bytes(arrays[_RECORD]))

    def keep_normalised(self, stem: str, plan: RenderPlan, made: Normalised) -> None:
        audio, report = made
        self._kept.keep({"audio": audio, _RECORD: _as_bytes(report)}, _STEM, stem, _gains_db(plan))

    def output(self, plan: RenderPlan) -> Output | None:
        """The network's output for this plan, wet stems included; None if it is not cached."""
        arrays = self._kept.find(_NETWORK, *_network_key(plan))
        if arrays is None:
            return None
        record = _from_bytes(arrays[_RECORD])
        wet = [arrays[f"wet{i}"] for i in range(record["n_wet"])]
        settings = cast(Mapping[str, StemRecord], record["settings"])
        return Output(arrays["mix"], wet, record["device"], settings)

    def keep_output(self, plan: RenderPlan, output: Output) -> None:
        wet = output.wet_stems or []
        record = {"n_wet": len(wet), "device": output.device, "settings": dict(output.settings)}
        arrays = {"mix": output.mix, **{f"wet{i}": audio for i, audio in enumerate(wet)}}
        arrays[_RECORD] = _as_bytes(record)
        self._kept.keep(arrays, _NETWORK, *_network_key(plan))

    def levels(self, tracks: Sequence[Track]) -> tuple[TrackLevels, ...] | None:
        """Cached features of all tracks; None if they are not cached."""
        arrays = self._kept.find(_LEVELS, [track.name for track in tracks])
        if arrays is None:
            return None
        return tuple(
            TrackLevels(
                arrays[f"powers{i}"],
                arrays[f"frames{i}"],
                arrays[f"peaks{i}"],
                int(arrays["channels"][i]),
            )
            for i in range(len(tracks))
        )

    def keep_levels(self, tracks: Sequence[Track], heard: Sequence[TrackLevels]) -> None:
        arrays = {"channels": np.array([levels.n_channels for levels in heard])}
        for i, levels in enumerate(heard):
            arrays[f"powers{i}"] = levels.powers
            arrays[f"frames{i}"] = levels.frame_db
            arrays[f"peaks{i}"] = levels.peak_db
        self._kept.keep(arrays, _LEVELS, [track.name for track in tracks])


def kept_alike(plan: RenderPlan, other: RenderPlan) -> frozenset[Stage]:
    """The stages whose material is the same for two plans of one song: one keeps it for both."""
    keys, others = _keys(plan), _keys(other)
    return frozenset(stage for stage in keys if keys[stage] == others.get(stage))


def _keys(plan: RenderPlan) -> dict[Stage, list[tuple[object, ...]]]:
    """The keys of all entries that each stage of a plan can be replaced by."""
    if plan.tracks:
        return {Stage.LISTEN: [(_LEVELS, [track.name for track in plan.tracks])]}
    gains_db = _gains_db(plan)
    return {
        Stage.NORMALISE: [(_STEM, stem, gains_db) for stem in plan.handled_song.stems],
        Stage.NETWORK: [(_NETWORK, *_network_key(plan))],
    }


def _network_key(plan: RenderPlan) -> tuple[object, ...]:
    gains = {
        stem: vars(gain) for stem, gain in plan.gains_before.items() if gain != PreNetworkGain()
    }
    return _gains_db(plan), gains, as_tables(plan.changes)


def _gains_db(plan: RenderPlan) -> list[tuple[str, str]]:
    """Gain in dB of each track whose mute, solo or gain acts on its recordings."""
    return [(r.file, repr(r.gain_db)) for r in plan.handled_song.recordings]


def _as_bytes(record: object) -> np.ndarray:
    return np.frombuffer(json.dumps(record).encode(), np.uint8)


def _from_bytes(array: np.ndarray) -> Any:
    return json.loads(array.tobytes())
