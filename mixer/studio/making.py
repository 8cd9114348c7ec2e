"""Background rendering of everything that a session plays: wet tracks, stems, the exact mix."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from mixer.console.settings import MASTER, Strip
from mixer.console.strip import apply_strip
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.threads import one_blas_thread
from mixer.network.runner import LocalRunner
from mixer.network.session import Network
from mixer.network.track_mixer.track_settings import FLAT
from mixer.rendering.job import Job
from mixer.rendering.mastering import master
from mixer.rendering.mix import Mix, WetMix
from mixer.rendering.pipeline import over_desk, premaster, wet_mix
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.forecast import making_forecast, song_seconds, take_forecast
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.rendering.tracks.group_sends import RoomReturns
from mixer.rendering.tracks.track_material import listen_to_tracks
from mixer.rendering.tracks.track_strip import run_bus
from mixer.rendering.wanted_audio import WantedAudio
from mixer.studio.bus_gains import BusGains, SongBuses
from mixer.studio.channel_tables import model_of_stem, model_of_track, track_id
from mixer.studio.edited_plan import Planned
from mixer.studio.made import MIX, ExactRender, Made, strips_of
from mixer.studio.return_responses import add_model_responses, add_user_responses
from mixer.studio.sample_store import SampleStore, level_of
from mixer.studio.song_cache import SongCache
from mixer.studio.wet import (
    FIRST_S,
    TrackMixSettings,
    baked_fields,
    baked_strip,
    in_parallel,
    linear_bus,
    model_sends_db,
    set_tracks,
    settings_key,
    track_audio,
)
from mixer.takes.parts import hash_samples

_TELL_EVERY_S = 0.2
# A mix as it comes to the desk is held if it takes no more of the free memory than this.
_KEPT_SHARE = 0.25


class OvertakenError(Exception):
    """The work in progress is obsolete."""


class Maker:
    """Renders what a session plays; only the worker calls methods other than the constructor.

    Attributes:
        made: the rendered audio.
        store: of its samples.
    """

    def __init__(
        self,
        scratch: Path,
        report_audio: Callable[[str], None],
        report_work: Callable[[str, str, float], None],
        is_overtaken: Callable[[], bool],
    ) -> None:
        """Start with an empty cache.

        Args:
            scratch: a folder for samples, removed with the session.
            report_audio: called with the name of samples that changed.
            report_work: called with the current work, details, and the share done, 0 to 1.
            is_overtaken: whether the work in progress is obsolete.
        """
        self.made = Made()
        self.store = SampleStore(self.made, scratch, report_audio)
        self._scratch = scratch
        self._tell_doing, self._is_overtaken = report_work, is_overtaken
        self._told_at = 0.0
        self._keys: dict[str, str] = {}
        self._buses = SongBuses()
        self._kept: SongCache | None = None
        self._network: tuple[str, Network] | None = None
        self._of_tracks: TrackMixSettings | None = None
        self._wet: tuple[str, WetMix, KnownLevels] | None = None

    @one_blas_thread
    def tracks(self, planned: Planned, plan: RenderPlan) -> None:
        """Make the wet tracks that differ from those before, and the responses of the returns."""
        add_user_responses(self.made, planned, plan)
        if not plan.tracks:
            self._of_tracks = None
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
        passes = [first] if first and not whole else []
        # Each track's share of all is the length of it that is made.
        first_s = FIRST_S * len(first) * len(passes)
        begin = first_s / ((first_s + plan.n_samples / plan.mix_rate * len(stale)) or 1.0)
        for places in passes:
            self._make_tracks(planned, plan, places, (0.0, begin), excerpt=True)
        self._make_tracks(planned, plan, [place for place, _ in stale], (begin, 1.0), excerpt=False)
        self._keys |= {track_id(place): key for place, key in stale}
        add_model_responses(self.made, of_tracks, plan)

    def _set_tracks(self, plan: RenderPlan) -> TrackMixSettings:
        kept = self._kept_of(plan).material
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
        self,
        planned: Planned,
        plan: RenderPlan,
        places: list[int],
        shares: tuple[float, float],
        *,
        excerpt: bool,
    ) -> None:
        """Make tracks, or their beginnings; `shares` of all work are done before and after."""
        assert self._of_tracks is not None
        of_tracks, done = self._of_tracks, list[int]()

        def make(place: int) -> None:
            track, name = plan.tracks[place], track_id(place)
            strip = planned.hands[1].strips.get(track.name, Strip())
            baked, kept = baked_strip(strip), self._kept_of(plan).tracks
            audio = track_audio(of_tracks.to_mix, place, baked, kept, excerpt=excerpt)
            self.made.baked[name] = baked_fields(strip)
            self.store.write(name, plan, audio)
            done.append(place)
            share = shares[0] + (shares[1] - shares[0]) * len(done) / len(places)
            self._doing("rendering tracks", track.title, share)

        in_parallel(make, places)

    @one_blas_thread
    def exact(self, planned: Planned, plan: RenderPlan) -> None:
        """Render the mix as it will be written, and measure from it the values that playback needs.

        Raises:
            OvertakenError: the result is obsolete.
            MixerError: as in `mixer.render`.
        """
        progress, forecast_s = self.progress("rendering the mix"), self._forecast_s(plan)
        with StageClock(progress, forecast_s, pace=pace_for(progress)) as clock:
            wet, known = self.wet_mix(plan, clock)
            of_tracks = self._of_tracks
            # The mix's compressor hears the stems after the user's strips.
            hears_stems = of_tracks is not None and plan.touches_stems
            made = over_desk(wet, plan, clock, wet_stems=hears_stems, known=known)
            total = np.add.reduce(list(made.wet_stems.values())) if made.wet_stems else None
            mix = master(dataclasses.replace(made, wet_stems={}), clock)
            clock.start(Stage.WRITE)
            self.made.master = mix.measurements["master"]
            for stem, record in mix.measurements["network"].items():
                self.made.models[stem] = model_of_stem(record["used"], record.get("found"))
            staging_db = mix.measurements["console"].get("staging_gain_db", 0.0)
            self._take_stems(plan, wet.wet_stems, staging_db, clock)
            self._take_mix(planned, plan, mix, total)
            clock.end("")

    def _forecast_s(self, plan: RenderPlan) -> dict[Stage, float]:
        """Seconds that each stage of the exact mix is foreseen to take, its samples stored."""
        audio = WantedAudio(plan.has_wet_stems, wet_tracks=bool(plan.tracks))
        material = self._kept_of(plan).material
        kept = material.holds(plan, audio)
        if plan.tracks:
            kept[Stage.TRACKS] = len(plan.tracks)  # made one by one before
        found = take_forecast(
            plan,
            audio,
            kept=kept,
            keeps=material.keeps,
            is_measured=not plan.tracks,
            again=True,
        )
        sources_s = song_seconds(plan) * (len(plan.song.stems) + 1)
        if plan.tracks:
            found[Stage.TRACKS] += sources_s * costs.HEAR_A_BUS
        return found | {Stage.WRITE: sources_s * costs.STORE_A_SOURCE}

    def _take_mix(
        self, planned: Planned, plan: RenderPlan, mix: Mix, total: FloatArray | None
    ) -> None:
        figures, rate = mix.measurements["master"], plan.mix_rate
        level = level_of(figures["loudness_lufs"], figures["true_peak_dbtp"])
        self.store.source(MIX, plan, mix.audio, level)
        buses: Mapping[str, BusGains] = {}
        if self._of_tracks is not None:
            before = {} if self.made.exact is None else self.made.exact.buses
            buses = self._buses.told(before, self._of_tracks.settings, rate, total)
        version = self.made.samples[MIX].version
        self.made.exact = ExactRender(planned.revision, version, *strips_of(planned), buses)

    def render_other(self, plan: RenderPlan) -> FloatArray:
        """The finished mix of another plan, float32 (2, samples)."""
        progress = self.progress("rendering a source")
        with StageClock(progress, making_forecast(plan), pace=pace_for(progress)) as clock:
            audio: FloatArray = master(premaster(plan, clock=clock), clock).audio
        return audio

    def wet_mix(self, plan: RenderPlan, clock: StageClock) -> tuple[WetMix, KnownLevels]:
        """The mix before the console; reused if only console settings have changed."""
        asked = plan.asked
        key = settings_key(
            self._identity(plan),
            plan.settings.amount,
            plan.handled_song.recordings,
            plan.user,
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
        of_tracks, kept = self._of_tracks, self._kept_of(plan)

        def hear_bus(name: str, before: FloatArray, after: FloatArray) -> None:
            assert of_tracks is not None
            settings = of_tracks.settings
            bus = settings.mix if name == MASTER else settings.groups[name]
            self._buses.hear(name, before, after, bus, plan.mix_rate)

        network = None
        if plan.material is MaterialKind.NETWORK:
            own = self._network_of(plan)
            assert own is not None
            network = LocalRunner(own)
        wet = wet_mix(
            Job(
                plan,
                clock,
                WantedAudio(plan.has_wet_stems),
                network,
                kept=kept.material,
                tap=hear_bus,
                kept_tracks=kept.tracks,
            )
        )
        known = KnownLevels(plan.mix_rate, wet)
        n_bytes = wet.audio.nbytes + sum(audio.nbytes for audio in wet.wet_stems.values())
        if n_bytes < _KEPT_SHARE * available_memory_bytes():
            self._wet = key, wet, known
        else:
            kept.tracks.forget_groups()
        return wet, known

    def _take_stems(
        self,
        plan: RenderPlan,
        stems: Mapping[str, FloatArray],
        staging_db: float,
        clock: StageClock,
    ) -> None:
        """Store the input of each stem's strip if it has changed."""
        staging = np.float32(db_to_gain(staging_db))
        staged = {stem: audio * staging for stem, audio in stems.items()} if any(
            baked_fields(plan.console.strip(stem)) for stem in stems
        ) else {}  # fmt: skip
        for place, (stem, audio) in enumerate(stems.items()):
            clock.at(stem, place / (len(stems) + 1))
            strip = plan.console.strip(stem)
            baked = baked_strip(strip)
            heard = audio
            if baked is not None:
                keys = {name: key for name, key in staged.items() if name != stem}
                rate = plan.mix_rate
                heard = apply_strip(staged[stem], rate, baked, keys=keys, stem=stem)[0] / staging
            if self._of_tracks is not None:
                bus = linear_bus(self._of_tracks.settings, None)
                if bus.curve_db != FLAT or bus.gain_db != 0.0:
                    heard = np.array(heard, np.float32)
                    run_bus(heard, plan.mix_rate, bus)
            self.made.baked[stem] = baked_fields(strip)
            key = hash_samples(heard)
            if self._keys.get(stem) != key:
                self.store.write(stem, plan, heard)
                self._keys[stem] = key

    def _kept_of(self, plan: RenderPlan) -> SongCache:
        """The cache for the same song, model and settings."""
        identity = self._identity(plan)
        if self._kept is None or self._kept.identity != identity:
            shutil.rmtree(self._scratch / "tracks", ignore_errors=True)
            self._kept = SongCache(self._scratch, identity)
        return self._kept

    def _identity(self, plan: RenderPlan) -> str:
        """Key of the song, the model, and the settings other than the console."""
        return settings_key(
            plan.model_name,
            plan.effects,
            plan.profile.sha256,
            plan.sample_rate,
            plan.mix_rate,
            plan.n_samples,
            plan.song.dry if plan.settings.dry is None else plan.settings.dry,
            plan.settings.levels,
            [(r.file, r.stem, r.role, r.gain_db) for r in plan.song.recordings],
        )

    def _network_of(self, plan: RenderPlan) -> Network | None:
        if plan.bundle is None:
            return None
        if self._network is None or self._network[0] != plan.bundle.sha256:
            self._network = plan.bundle.sha256, Network(plan.bundle, plan.settings.device)
        return self._network[1]

    def progress(self, what: str) -> Progress:
        """Callback that reports a render's progress, and stops it if it is overtaken."""

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


def without_user_settings(planned: Planned) -> Planned:
    """The planned song without the user's edits of the console."""
    console = planned.base.console
    settings = dataclasses.replace(
        planned.settings,
        console=dataclasses.replace(console, loudness_lufs=None, true_peak_dbtp=None),
    )
    return dataclasses.replace(planned, full=planned.base, settings=settings)
