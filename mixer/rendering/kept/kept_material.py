"""Material cached from earlier mixes: normalised stems, the network's answer, features of tracks.

The key of an entry covers all its inputs, so another mix recomputes only what its changes affect.
Each array of the network's answer is an entry of its own: who needs a few wet stems finds those of
one who needed all.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from mixer.console.split import PreNetworkGain
from mixer.dsp.threads import Workers, available_threads
from mixer.fxnorm.chain import StemReport
from mixer.network.output import WetStems, is_wanted
from mixer.network.track_mixer.features import TrackLevels
from mixer.rendering.doubts.doubt import Doubts
from mixer.rendering.kept.kept_arrays import Arrays, KeptArrays
from mixer.rendering.made_material import Material
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.timing.progress import Stage
from mixer.rendering.wanted_audio import MIX_ALONE, WantedAudio
from mixer.setting_changes import as_tables
from mixer.song.tracks import Track

_STEM, _NETWORK, _DOUBTS, _LEVELS = "normalised", "network", "doubts", "levels"
_AUDIO, _RECORD = "audio", "record"
# Recorded parts of a network's answer, by attribute of `Material`.
_RECORDED = ("device", "measurements", "settings", "levels")
# A network that hands out no wet stems may round its mix in another way.
_MIX, _MIX_ALONE = "mix", "mix alone"

# The stages of which material is kept; normalised stems only serve other settings of the network.
ALL_KEPT = frozenset({Stage.NORMALISE, Stage.NETWORK, Stage.LISTEN})

Key = tuple[object, ...]
Normalised = tuple[np.ndarray, StemReport]
# By stage of a render, the number of entries of audio that stand for it.
Found = dict[Stage, int]


class KeptMaterial:
    """Cache of one song and its settings; see `mixer.rendering.kept.kept_arrays`.

    Attributes:
        keeps: stages of which it keeps what is made.
    """

    def __init__(self, kept: KeptArrays, keeps: frozenset[Stage] = ALL_KEPT) -> None:
        self._kept, self.keeps = kept, keeps

    @property
    def n_found(self) -> int:
        """Number of cache hits so far."""
        return self._kept.n_found

    def holds(self, plan: RenderPlan, audio: WantedAudio = MIX_ALONE) -> Found:
        """The stages of a plan whose material is cached, and how many arrays are to be read.

        Args:
            plan: of a render.
            audio: what is wanted besides its mix.
        """
        return _found(plan, audio, lambda key: self._kept.holds(*key))

    def normalised(self, stem: str, plan: RenderPlan) -> Normalised | None:
        """A normalised stem, float32 (2, samples), and its record; None if it is not cached."""
        arrays = self._kept.find(*_stem_key(stem, plan))
        if arrays is None:
            return None
        return arrays[_AUDIO], cast(StemReport, _from_bytes(arrays[_RECORD]))

    def keep_normalised(self, stem: str, plan: RenderPlan, made: Normalised) -> None:
        """Keep a normalised stem, if this cache is to have it."""
        if Stage.NORMALISE not in self.keeps:
            return
        audio, report = made
        self._kept.keep({_AUDIO: audio, _RECORD: _as_bytes(report)}, *_stem_key(stem, plan))

    def answer(self, plan: RenderPlan, wet_stems: WetStems) -> Material | None:
        """The network's answer for a plan; None if it, or a wanted wet stem, is not cached.

        Args:
            plan: of a mix of stems by a network.
            wet_stems: those that are wanted.

        Returns:
            Its mix and wet stems, and all records of the material; without doubts if the model
            was not asked, and without normalised stems.
        """
        keys = _network_keys(plan, wet_stems)
        if not all(self._kept.holds(*key) for key in keys):
            return None
        with _pool(len(keys)) as pool:
            found = pool.map(lambda key: self._kept.find(*key), keys)
            entries = [arrays for arrays in found if arrays is not None]
        if len(entries) < len(keys):
            return None
        mix, *wet = entries
        wanted = zip(_wanted(plan, wet_stems), wet, strict=True)
        doubts = self._kept.find(*_doubts_key(plan)) if plan.asks_how_sure else None
        return Material(
            mix[_AUDIO],
            {stem: arrays[_AUDIO] for stem, arrays in wanted if arrays[_AUDIO].size},
            doubts=None if doubts is None else cast(Doubts, _from_bytes(doubts[_RECORD])),
            **_from_bytes(mix[_RECORD]),
        )

    def keep_answer(self, plan: RenderPlan, wet_stems: WetStems, made: Material) -> None:
        """Keep the network's answer; arguments as in `answer`."""
        assert made.mix is not None
        record, silent = {name: getattr(made, name) for name in _RECORDED}, made.mix[:, :0]
        entries: list[Arrays] = [{_AUDIO: made.mix, _RECORD: _as_bytes(record)}]
        for stem in _wanted(plan, wet_stems):
            entries.append({_AUDIO: made.wet_stems.get(stem, silent)})
        keys = _network_keys(plan, wet_stems)
        with _pool(len(keys)) as pool:
            deque(pool.map(lambda key, arrays: self._kept.keep(arrays, *key), keys, entries), 0)

    def keep_doubts(self, plan: RenderPlan, doubts: Doubts) -> None:
        """Keep how sure a plan's model is."""
        self._kept.keep({_RECORD: _as_bytes(doubts)}, *_doubts_key(plan))

    def levels(self, tracks: Sequence[Track]) -> tuple[TrackLevels, ...] | None:
        """Cached features of all tracks; None if they are not cached."""
        arrays = self._kept.find(*_levels_key(tracks))
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
        self._kept.keep(arrays, *_levels_key(tracks))


def kept_alike(plan: RenderPlan, other: RenderPlan, audio: WantedAudio = MIX_ALONE) -> Found:
    """As `KeptMaterial.holds`, of a cache that has just what another plan of the song keeps.

    Args:
        plan, audio: as in `KeptMaterial.holds`.
        other: of the same song, with the same wet stems.
    """
    theirs = [key for keys in _entries(other, audio.wet_stems).values() for key in keys]
    return _found(plan, audio, theirs.__contains__)


def _found(plan: RenderPlan, audio: WantedAudio, is_there: Callable[[Key], bool]) -> Found:
    entries = _entries(plan, audio.wet_stems)
    found = {stage: len(keys) for stage, keys in entries.items() if all(map(is_there, keys))}
    if audio.stages or Stage.NETWORK not in found:
        return found
    # Only the sum of the normalised stems still needs them, and who asks how sure the model is.
    is_asked = plan.asks_how_sure and not is_there(_doubts_key(plan))
    return found if is_asked else found | {Stage.NORMALISE: 0}


def _entries(plan: RenderPlan, wet_stems: WetStems) -> dict[Stage, list[Key]]:
    """The keys of all entries that each stage of a plan can be replaced by."""
    if plan.material is MaterialKind.TRACKS:
        return {Stage.LISTEN: [_levels_key(plan.tracks)]}
    if plan.material is MaterialKind.RECORDINGS:
        return {}
    found = {Stage.NORMALISE: [_stem_key(stem, plan) for stem in plan.handled_song.stems]}
    # Settings that doubts draw towards neutral are known once the doubts are.
    if plan.material is MaterialKind.NETWORK and plan.settings.abstain == 0.0:
        found[Stage.NETWORK] = _network_keys(plan, wet_stems)
    return found


def _wanted(plan: RenderPlan, wet_stems: WetStems) -> list[str]:
    return [stem for stem in plan.stem_order if is_wanted(stem, wet_stems)]


def _network_keys(plan: RenderPlan, wet_stems: WetStems) -> list[Key]:
    """Keys of the mix, with all records, and of the wet stems of a network's answer."""
    own = _network_key(plan)
    names = [_MIX if wet_stems else _MIX_ALONE, *_wanted(plan, wet_stems)]
    return [(_NETWORK, name, *own) for name in names]


def _doubts_key(plan: RenderPlan) -> Key:
    return (_DOUBTS, *_network_key(plan))


def _levels_key(tracks: Sequence[Track]) -> Key:
    return (_LEVELS, [track.name for track in tracks])


def _stem_key(stem: str, plan: RenderPlan) -> Key:
    return (_STEM, stem, _gains_db(plan))


def _pool(n_entries: int) -> Workers:
    return Workers(min(n_entries, available_threads()), "kept")


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
