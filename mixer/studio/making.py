"""What is made of a song in the background: wet tracks, stems, exact mixes, other sources."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mixer.audio import available_memory_bytes
from mixer.console.master import MasterFigures
from mixer.console.settings import MASTER, Strip
from mixer.console.strip import apply_strip
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.threads import one_blas_thread
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.network.runner import LocalRunner
from mixer.network.session import Network
from mixer.network.track_mixer.settings import FLAT
from mixer.rendering.group_sends import RoomReturns
from mixer.rendering.kept_arrays import KeptArrays
from mixer.rendering.kept_material import KeptMaterial
from mixer.rendering.known_levels import KnownLevels
from mixer.rendering.material import Job
from mixer.rendering.mix import Mix, WetMix
from mixer.rendering.pipeline import master, over_desk, premaster, wet_mix
from mixer.rendering.plan import MaterialKind, RenderPlan
from mixer.rendering.progress import Progress, StageClock
from mixer.rendering.track_material import listen_to_tracks
from mixer.rendering.track_strip import run_bus
from mixer.report.matching import Level
from mixer.song.samples import read_sum
from mixer.studio.messages.channel_state import ModelTable
from mixer.studio.messages.song_state import Exact
from mixer.studio.planning import Planned
from mixer.studio.samples import Samples
from mixer.studio.tables import model_of_stem, model_of_track, track_id
from mixer.studio.wet import (
    FIRST_S,
    TrackMixSettings,
    baked_fields,
    baked_strip,
    compression_gain,
    hand_responses,
    in_parallel,
    linear_bus,
    model_responses,
    model_sends_db,
    set_tracks,
    settings_key,
    track_audio,
)
from mixer.takes.parts import hash_samples

MIX, PLAIN = "mix", "plain"
# Gains over time nearer than this are one: 0.05 dB.
_SAME_GAIN = 0.006
_TELL_EVERY_S = 0.2
_MOST_KEPT_BYTES = 4 << 30
# A mix as it comes to the desk is held where it takes no more of the free memory than this.
_KEPT_SHARE = 0.25


class OvertakenError(Exception):
    """What is being made is not wanted any more."""


@dataclass
class Response:
    """An impulse response of a return: its version, and float32 (4, frames)."""

    version: int
    key: str
    samples: FloatArray
    settings: Mapping[str, Any]


@dataclass
class Made:
    """What there is to hear of a song, by names; read from any thread, written by the worker's.

    Attributes:
        samples: of channels and sources.
        models: what the network set, by channel.
        baked: fields of strips that are in the samples, by channel.
        levels: of sources.
        responses: of returns.
        exact: the last exact render, and what its master did.
    """

    samples: dict[str, Samples] = field(default_factory=dict)
    models: dict[str, ModelTable] = field(default_factory=dict)
    baked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    exact: Exact | None = None
    master: MasterFigures | None = None


class Maker:
    """Makes what a session plays; all methods but the constructor are the worker's."""

    def __init__(
        self,
        scratch: Path,
        tell_audio: Callable[[str], None],
        tell_doing: Callable[[str, str, float], None],
        is_overtaken: Callable[[], bool],
    ) -> None:
        """Begin with nothing.

        Args:
            scratch: a folder for samples, which goes with the session.
            tell_audio: called with the name of samples that changed.
            tell_doing: called with what is done, details, and the share.
            is_overtaken: whether what is made is not wanted any more.
        """
        self.made = Made()
        self._scratch = scratch
        self._tell_audio, self._tell_doing = tell_audio, tell_doing
        self._is_overtaken = is_overtaken
        self._told_at = 0.0
        self._keys: dict[str, str] = {}
        # Over time: what buses' compressors do, and what samples have of it.
        self._bus_gains: dict[str, FloatArray] = {}
        self._gains: dict[str, FloatArray] = {}
        self._kept: tuple[str, KeptMaterial] | None = None
        self._network: tuple[str, Network] | None = None
        self._of_tracks: TrackMixSettings | None = None
        self._wet: tuple[str, WetMix, KnownLevels] | None = None
        self._n_files = 0

    def first_seconds(self, plan: RenderPlan) -> None:
        """The plain sum of the recordings' first seconds: what can be heard at once."""
        n_first = min(plan.n_samples, round(FIRST_S * plan.mix_rate))
        audio = read_sum(plan.song.recordings, n_first, plan.mix_rate, to_the_end=False)
        self._write(PLAIN, plan, audio)

    def plain_sum(self, plan: RenderPlan) -> None:
        """The plain sum of the recordings, once."""
        if PLAIN in self.made.levels:
            return
        audio = read_sum(plan.song.recordings, plan.n_samples, plan.mix_rate)
        self.source(PLAIN, plan, audio)

    def source(self, name: str, plan: RenderPlan, audio: FloatArray) -> None:
        """Take in a whole mix to listen to, float32 (2, samples) at the mix's rate."""
        self._write(name, plan, audio)
        self.made.levels[name] = level_of(audio, plan.mix_rate)
        self._tell_audio(name)

    def drop_source(self, name: str) -> None:
        """Forget one, where it is there."""
        samples = self.made.samples.pop(name, None)
        self.made.levels.pop(name, None)
        if samples is not None:
            samples.close()

    @one_blas_thread
    def tracks(self, planned: Planned, plan: RenderPlan) -> None:
        """Make the wet tracks that the plan has otherwise than before; of a mix of tracks."""
        if not plan.tracks:
            return
        of_tracks = self._set_tracks(plan)
        self._of_tracks = of_tracks
        settings, returns = of_tracks.settings, RoomReturns(of_tracks.settings.space, plan.mix_rate)
        stale = []
        for place, track in enumerate(plan.tracks):
            own = settings.tracks[place]
            name, strip = track_id(place), planned.hands[1].strips.get(track.name, Strip())
            bus, baked = linear_bus(settings, track.stem), baked_strip(strip)
            key = settings_key(track.recordings, own, bus, baked, plan.n_samples)
            sends_db = model_sends_db(returns, own)
            self.made.models[name] = model_of_track(own, of_tracks.found.tracks[place], sends_db)
            if self._keys.get(name) != key:
                stale.append((place, key))
        whole = plan.n_samples <= FIRST_S * plan.mix_rate
        first = [place for place, _ in stale if track_id(place) not in self.made.samples]
        if first and not whole:
            self._make_tracks(planned, plan, first, excerpt=True)
        self._make_tracks(planned, plan, [place for place, _ in stale], excerpt=False)
        self._keys |= {track_id(place): key for place, key in stale}
        names = {name for table in self.made.models.values() for name in table["sends_db"]}
        self._respond(settings_key(settings.space), names, plan, of_model=True)

    def _set_tracks(self, plan: RenderPlan) -> TrackMixSettings:
        kept = self._kept_of(plan)
        levels = kept.levels(plan.tracks)
        if levels is None:
            levels = listen_to_tracks(
                plan.tracks,
                plan.n_samples,
                plan.mix_rate,
                None,
                lambda name, share: self._doing("listening", name, share),
            )
            kept.keep_levels(plan.tracks, levels)
        return set_tracks(plan, levels, self._network_of(plan))

    def _make_tracks(
        self, planned: Planned, plan: RenderPlan, places: list[int], *, excerpt: bool
    ) -> None:
        assert self._of_tracks is not None
        of_tracks, done = self._of_tracks, list[int]()

        def make(place: int) -> None:
            track, name = plan.tracks[place], track_id(place)
            strip = planned.hands[1].strips.get(track.name, Strip())
            audio = track_audio(
                track,
                plan.n_samples,
                plan.mix_rate,
                of_tracks.settings.tracks[place],
                of_tracks.levels[place],
                linear_bus(of_tracks.settings, track.stem),
                baked_strip(strip),
                excerpt=excerpt,
            )
            self.made.baked[name] = baked_fields(strip)
            self._write(name, plan, audio)
            done.append(place)
            self._doing("rendering tracks", track.title, len(done) / len(places))

        in_parallel(make, places)

    def hand_returns(self, planned: Planned, plan: RenderPlan) -> None:
        """The impulse responses of the hand's reverb and delay, where something is sent there."""
        console = planned.full.console
        strips = [strip for _, strip in console.strips] + list(planned.hands[1].strips.values())
        used = {
            name
            for name in ("reverb", "delay")
            if any(getattr(strip, f"{name}_db") is not None for strip in strips)
        }
        key = settings_key(console.reverb, console.delay, plan.song.tempo_bpm)
        self._respond(key, used, plan, of_model=False, planned=planned)

    def _respond(
        self,
        key: str,
        names: set[str],
        plan: RenderPlan,
        *,
        of_model: bool,
        planned: Planned | None = None,
    ) -> None:
        there = self.made.responses
        missing = [name for name in sorted(names) if name not in there or there[name].key != key]
        if not missing:
            return
        if of_model:
            assert self._of_tracks is not None
            made = model_responses(self._of_tracks.settings, missing, plan.mix_rate)
            settings: Mapping[str, Any] = vars(self._of_tracks.settings.space)
            tables = dict.fromkeys(missing, settings)
        else:
            assert planned is not None
            console = planned.full.console
            made = hand_responses(console, missing, plan.mix_rate, plan.song.tempo_bpm)
            tables = {name: vars(getattr(console, name)) for name in missing}
        for name, samples in made.items():
            version = there[name].version + 1 if name in there else 1
            there[name] = Response(version, key, samples, dict(tables[name]))

    @one_blas_thread
    def exact(self, planned: Planned, plan: RenderPlan) -> None:
        """Render the mix as it will be written, and take from it what the page plays by.

        Raises:
            OvertakenError: something newer is wanted.
            MixerError: as of `mixer.render`.
        """
        clock = StageClock(self.progress("rendering the mix"), of_tracks=bool(plan.tracks))
        wet, known = self.wet_mix(plan, clock)
        glue = None if self._of_tracks is None else self._of_tracks.settings.mix
        # The mix's compressor hears the stems behind the hand's strips.
        hears_stems = bool(plan.tracks) and plan.touches_stems and glue is not None
        made = over_desk(wet, plan, clock, wet_stems=hears_stems, known=known)
        if hears_stems and glue is not None and made.wet_stems:
            total = np.add.reduce(list(made.wet_stems.values()))
            self._hear_bus(MASTER, compression_gain(total, glue, plan.mix_rate))
            made = dataclasses.replace(made, wet_stems={})
        self._take_gains(plan)
        mix = master(made)
        self.made.master = mix.measurements["master"]
        for stem, record in mix.measurements["network"].items():
            self.made.models[stem] = model_of_stem(record["used"], record.get("found"))
        staging_db = mix.measurements["console"].get("staging_gain_db", 0.0)
        self._take_stems(plan, wet.wet_stems, staging_db)
        self._take_mix(planned, plan, mix)

    def _take_mix(self, planned: Planned, plan: RenderPlan, mix: Mix) -> None:
        self._write(MIX, plan, mix.audio)
        figures = mix.measurements["master"]
        self.made.levels[MIX] = Level(
            _or_silent(figures["loudness_lufs"]), _or_silent(figures["true_peak_dbtp"])
        )
        self.made.exact = {
            "revision": planned.revision,
            "version": self.made.samples[MIX].version,
        }

    def render_other(self, plan: RenderPlan) -> FloatArray:
        """The finished mix of another plan, float32 (2, samples)."""
        made = premaster(plan, progress=self.progress("rendering a source"))
        audio: FloatArray = master(made).audio
        return audio

    def wet_mix(self, plan: RenderPlan, clock: StageClock) -> tuple[WetMix, KnownLevels]:
        """The mix as it comes to the desk; the last one, where only the desk's work is another."""
        asked = plan.asked
        key = settings_key(
            self._identity(plan),
            plan.settings.amount,
            plan.handled_song.recordings,
            plan.hand,
            plan.gains_before,
            plan.changes,
            asked.space,
            asked.master.network,
            (plan.settings.reference, plan.reference, plan.settings.held_reference),
            (asked.reverb, asked.delay) if plan.tracks else (),
        )
        if self._wet is not None and self._wet[0] == key:
            return self._wet[1:]
        self._wet = None  # two of them may be more than fits
        of_tracks = self._of_tracks

        def hear_bus(name: str, before: FloatArray, after: FloatArray) -> None:
            assert of_tracks is not None
            settings = of_tracks.settings
            bus = settings.mix if name == MASTER else settings.groups[name]
            self._hear_bus(name, compression_gain(before, bus, plan.mix_rate))

        network = None
        if plan.material is MaterialKind.NETWORK:
            own = self._network_of(plan)
            assert own is not None
            network = LocalRunner(own)
        wet = wet_mix(
            Job(
                plan,
                clock,
                wet_stems=plan.bundle is None or plan.bundle.manifest.has_wet_stems,
                wet_tracks=False,
                stages=False,
                network=network,
                threads=None,
                kept=self._kept_of(plan),
                tap=hear_bus,
            )
        )
        known = KnownLevels(plan.mix_rate, wet.wet_stems.values())
        n_bytes = wet.audio.nbytes + sum(audio.nbytes for audio in wet.wet_stems.values())
        if n_bytes < _KEPT_SHARE * available_memory_bytes():
            self._wet = key, wet, known
        return wet, known

    def _hear_bus(self, name: str, gain: FloatArray | None) -> None:
        """Keep what a bus's compressor does over time; None where it is off."""
        self._bus_gains[name] = np.ones(1, np.float32) if gain is None else gain

    def _take_gains(self, plan: RenderPlan) -> None:
        """Have tracks, and stems, at the gains that the buses behind them have over time."""
        of_mix = self._bus_gains.get(MASTER)
        for place, track in enumerate(plan.tracks):
            gains = (self._bus_gains.get(track.stem), of_mix)
            self._set_gain(track_id(place), [gain for gain in gains if gain is not None])

    def _set_gain(self, name: str, factors: list[FloatArray]) -> None:
        gain = np.ones(1, np.float32)
        for factor in factors:
            gain = gain * factor
        there = self._gains.get(name)
        is_same = (
            there is not None
            and there.shape == gain.shape
            and float(np.max(np.abs(there - gain))) < _SAME_GAIN
        )
        if is_same or name not in self.made.samples:
            return
        self._gains[name] = gain
        self.made.samples[name].set_gain(None if np.all(gain == 1.0) else gain)
        self._tell_audio(name)

    def _take_stems(
        self,
        plan: RenderPlan,
        stems: Mapping[str, FloatArray],
        staging_db: float,
    ) -> None:
        """What comes into each stem's strip, in place of what was there where it differs."""
        staging = np.float32(db_to_gain(staging_db))
        staged = {stem: audio * staging for stem, audio in stems.items()} if any(
            baked_fields(plan.console.strip(stem)) for stem in stems
        ) else {}  # fmt: skip
        for stem, audio in stems.items():
            strip = plan.console.strip(stem)
            baked = baked_strip(strip)
            heard = audio
            if baked is not None:
                keys = {name: key for name, key in staged.items() if name != stem}
                rate = plan.mix_rate
                heard = apply_strip(staged[stem], rate, baked, keys=keys, stem=stem)[0] / staging
            if self._of_tracks is not None and plan.tracks:
                bus = linear_bus(self._of_tracks.settings, None)
                if bus.curve_db != FLAT or bus.gain_db != 0.0:
                    heard = np.array(heard, np.float32)
                    run_bus(heard, plan.mix_rate, bus)
            self.made.baked[stem] = baked_fields(strip)
            key = hash_samples(heard)
            if self._keys.get(stem) != key:
                self._write(stem, plan, heard)
                self._keys[stem] = key
            if MASTER in self._bus_gains and plan.tracks:
                self._set_gain(stem, [self._bus_gains[MASTER]])

    def _kept_of(self, plan: RenderPlan) -> KeptMaterial:
        """What was made of the same song, model and settings before."""
        identity = self._identity(plan)
        if self._kept is None or self._kept[0] != identity:
            arrays = KeptArrays(self._scratch / "kept", identity, _MOST_KEPT_BYTES)
            self._kept = identity, KeptMaterial(arrays)
        return self._kept[1]

    def _identity(self, plan: RenderPlan) -> str:
        """The song, the model, and what is set beside the console."""
        return settings_key(
            plan.model_name,
            plan.effects,
            plan.profile.sha256,
            plan.sample_rate,
            plan.mix_rate,
            plan.n_samples,
            plan.settings.dry,
            plan.settings.levels,
            [(r.file, r.stem, r.role, r.gain_db) for r in plan.song.recordings],
        )

    def _network_of(self, plan: RenderPlan) -> Network | None:
        if plan.bundle is None:
            return None
        if self._network is None or self._network[0] != plan.bundle.sha256:
            self._network = plan.bundle.sha256, Network(plan.bundle, plan.settings.device)
        return self._network[1]

    def _write(self, name: str, plan: RenderPlan, audio: FloatArray) -> None:
        samples = self.made.samples.get(name)
        if samples is None or samples.n_frames != plan.n_samples:
            if samples is not None:
                samples.close()
                self._gains.pop(name, None)
            self._n_files += 1
            samples = Samples(self._scratch / f"{self._n_files}-{name}.pcm", plan.n_samples)
            self.made.samples[name] = samples
        samples.write(audio)
        self._tell_audio(name)

    def progress(self, what: str) -> Progress:
        """What tells a render's progress, and stops it where it is overtaken."""

        def tell(stage: str, detail: str, share: float) -> None:
            self._doing(what, detail or stage, share)

        return tell

    def _doing(self, what: str, detail: str, share: float) -> None:
        if self._is_overtaken():
            raise OvertakenError
        now = time.monotonic()
        if now - self._told_at >= _TELL_EVERY_S:
            self._told_at = now
            self._tell_doing(what, detail, share)


def level_of(audio: FloatArray, sample_rate: int) -> Level:
    """Loudness and true peak of a mix."""
    return Level(integrated_loudness_lufs(audio, sample_rate), true_peak_dbtp(audio, sample_rate))


def without_hand(planned: Planned) -> Planned:
    """The same without the hand's edits of the console."""
    console = planned.base.console
    settings = dataclasses.replace(
        planned.settings,
        console=dataclasses.replace(console, loudness_lufs=None, true_peak_dbtp=None),
    )
    return dataclasses.replace(planned, full=planned.base, settings=settings)


def _or_silent(value: float | None) -> float:
    return -math.inf if value is None else value
