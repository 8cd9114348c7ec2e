"""The one function that renders a song of a batch, wherever it runs.

It makes everything in the order's staging folder and touches nothing else; whoever keeps the ledger
moves the files to their places. All that can be wrong with a song comes back as an outcome.
"""

from __future__ import annotations

import errno
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixer.batch.albums.kept_premaster import load_premaster, save_premaster
from mixer.batch.batch_figures import Figures
from mixer.batch.engines.network import Networks
from mixer.batch.engines.order import Order, Outcome, StagedFile
from mixer.batch.engines.staged import staged_files
from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.song_figures import figures_of_measurement, figures_of_mix
from mixer.batch.states import Ending, Phase
from mixer.errors import InputError, MixerError, OutputError

if TYPE_CHECKING:
    from mixer.network.runner import NetworkRunner
    from mixer.output.destination import Destination, Rendered
    from mixer.rendering.mix import Premaster
    from mixer.rendering.plans.plan import RenderPlan
    from mixer.rendering.settings import RenderSettings
    from mixer.rendering.timing.progress import StageClock
    from mixer.rendering.wanted_audio import WantedAudio
    from mixer.song.song import Song

_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
# A song is done when its files are in their places, not when they are written.
_MOST_SHARE = 0.99
# called with the stage and the share of the song that is done, 0 to 1
Report = Callable[[str, float], None]


class LostNetworkError(MixerError):
    """The process that runs the network for this one died."""

    exit_code = 3


@dataclass
class WorkerContext:
    """Objects that a worker keeps from song to song.

    Attributes:
        networks: its open networks.
        device: the requested device; the network reports the one that was used.
        threads: cores per song.
        compute: held while a song computes, so that the songs beside it only read or write.
    """

    networks: Networks
    device: str = "cpu"
    threads: int = 1
    compute: threading.Lock = field(default_factory=threading.Lock)


Work = Callable[[Order, WorkerContext, Report], Outcome]


def render_song(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """Render one song into its staging folder.

    Args:
        order: what to do.
        context: objects that this worker keeps.
        report: called with stage and share done.

    Returns:
        The outcome. Errors become failed outcomes; only what ends the process is raised.
    """
    try:
        return _Render(order, context, report).run()
    except MemoryError:
        return _failed(order, "out of memory; use fewer --jobs or split the song", passing=True)
    except LostNetworkError as error:
        return _failed(order, str(error), passing=True)
    except MixerError as error:
        return _failed(order, str(error), disk_full=_disk_is_full(order, error))
    except OSError as error:
        return _failed(order, f"{order.song}: {error}", disk_full=_disk_is_full(order, error))
    except Exception as error:
        text = f"internal error ({type(error).__name__}: {error}); this is a bug: please report it"
        return _failed(order, text)


@dataclass
class _Render:
    order: Order
    context: WorkerContext
    report: Report
    read_s: float = 0.0

    def run(self) -> Outcome:
        from mixer.song.load import load_song

        order = self.order
        began = time.perf_counter()
        self.report("read", 0.0)
        # Left by an attempt whose worker died.
        shutil.rmtree(order.staging, ignore_errors=True)
        listing = stat_inputs(order.song)
        inputs_sha256 = hash_inputs(order.song, listing)
        if order.known_inputs == inputs_sha256:
            return self._outcome(Ending.UNCHANGED, listing, inputs_sha256)
        song = load_song(order.song)
        if order.console is not None and dict(song.console) != dict(order.song_table):
            raise InputError(
                f"{order.song}: its song.toml changed since the run began; start again"
            )
        settings = self._settings()
        network = self.context.networks.get(self._model(song, settings))
        plan = self._plan(song, settings, network)
        destination = self._destination()
        destination.check(plan)
        self.read_s = time.perf_counter() - began
        try:
            if order.phase == Phase.MEASURE:
                measured = self._measure(destination, plan, network, inputs_sha256)
                kind, files = Ending.MEASURED, []
                figures = figures_of_measurement(measured, self.read_s, order.hears_sound)
            else:
                done = self._render(destination, plan, network, inputs_sha256)
                kind, files = Ending.DONE, staged_files(destination, done, Path(order.staging))
                figures = figures_of_mix(done, self.read_s)
        except (OSError, InputError):
            self._refuse_changed(listing)
            raise
        self._refuse_changed(listing)
        return self._outcome(kind, listing, inputs_sha256, tuple(files), figures)

    def _settings(self) -> RenderSettings:
        from mixer.preset.schema import read_console
        from mixer.rendering.settings import RenderSettings

        asked: dict[str, Any] = dict(self.order.settings)
        for name, value in asked.items():
            if isinstance(value, list):  # as JSON keeps a tuple
                asked[name] = tuple(value)
        if self.order.console is not None:
            asked["console"] = read_console(self.order.console, "the manifest")
        return RenderSettings(**asked, device=self.context.device)

    def _model(self, song: Song, settings: RenderSettings) -> str:
        from mixer.console.settings import Console
        from mixer.rendering.plans.model_choice import model_of

        console = settings.console or Console()
        return model_of(song, settings, console, wet_tracks=self.order.wanted.tracks)

    def _plan(
        self, song: Song, settings: RenderSettings, network: NetworkRunner | None
    ) -> RenderPlan:
        from mixer.console.settings import Console
        from mixer.rendering.plans.planning import plan_render
        from mixer.rendering.settings import at_fitting_rate

        if self.order.phase == Phase.FINISH or self.order.loudness_lufs is not None:
            settings = replace(settings, loudness_lufs=self.order.loudness_lufs)
        if self.order.album_moves:
            from mixer.rendering.sound.sound import with_moves

            console = with_moves(settings.console or Console(), self.order.album_moves, song.stems)
            settings = replace(settings, console=console)
        bundle = network.bundle if network else None
        settings = at_fitting_rate(settings, song, self.order.wanted.format)
        return plan_render(
            song, settings, bundle, presets=self.order.presets, wet_tracks=self.order.wanted.tracks
        )

    def _destination(self) -> Destination:
        from mixer.output.destination import Destination

        target = Path(self.order.target)
        return Destination(
            # Under its final name, so that what lies beside it is called what links say.
            path=Path(self.order.staging) / target.name,
            wanted=self.order.wanted,
            overwrite=True,
            home=target.parent,
        )

    def _progress(self, stage: str, detail: str, share: float) -> None:
        self.report(stage, min(share, _MOST_SHARE))

    def _clock(self, plan: RenderPlan, audio: WantedAudio) -> StageClock:
        from mixer.rendering.timing.forecast import making_forecast
        from mixer.rendering.timing.machine_pace import pace_for
        from mixer.rendering.timing.progress import StageClock

        forecast_s = making_forecast(plan, audio, threads=self.context.threads)
        return StageClock(self._progress, forecast_s, pace=pace_for(self._progress))

    def _measure(
        self,
        destination: Destination,
        plan: RenderPlan,
        network: NetworkRunner | None,
        inputs_sha256: str,
    ) -> Premaster:
        from mixer.rendering.pipeline import premaster

        audio = destination.audio_of(plan)
        audio = replace(audio, wet_stems=audio.wet_stems or self.order.hears_sound)
        threads = self.context.threads
        with self.context.compute, self._clock(plan, audio) as clock:
            made = premaster(plan, audio, clock=clock, network=network, threads=threads)
        save_premaster(made, Path(self.order.premaster), inputs_sha256)
        return made

    def _render(
        self,
        destination: Destination,
        plan: RenderPlan,
        network: NetworkRunner | None,
        inputs_sha256: str,
    ) -> Rendered:
        from mixer.output.destination import render_to

        kept = None
        if self.order.phase == Phase.FINISH and not self.order.album_moves:
            kept = load_premaster(Path(self.order.premaster), plan, inputs_sha256)
        destination.path.parent.mkdir(parents=True, exist_ok=True)
        if self.order.album_moves and plan.has_strips_after_network:
            kept = self._in_its_album(destination, plan, network)
            plan = kept.plan
        return render_to(
            destination,
            plan,
            progress=self._progress,
            network=network,
            threads=self.context.threads,
            made=kept,
            computing=self.context.compute,
        )

    def _in_its_album(
        self, destination: Destination, plan: RenderPlan, network: NetworkRunner | None
    ) -> Premaster:
        """The song with the sound that its album asks for, what is not moved held where it was."""
        from mixer.batch.albums.reach_sound import reach_sound
        from mixer.rendering.job import Job
        from mixer.rendering.mix import without_parts
        from mixer.rendering.pipeline import wet_mix

        moves, audio = self.order.album_moves, destination.audio_of(plan)
        with_stems = replace(audio, wet_stems=True)
        goals = {name: was + moves.get(name, 0.0) for name, was in self.order.album_sound.items()}
        with self.context.compute, self._clock(plan, with_stems) as clock:
            job = Job(plan, clock, with_stems, network, self.context.threads)
            made = reach_sound(wet_mix(job), plan, goals, clock)
        return without_parts(made, audio)

    def _refuse_changed(self, listing: str) -> None:
        """Raise if the inputs changed since they were read: the recorded hash would be wrong."""
        if stat_inputs(self.order.song) != listing:
            song = self.order.song
            raise InputError(f"{song}: its files changed while it was rendered; start again")

    def _outcome(
        self,
        kind: Ending,
        listing: str,
        inputs_sha256: str,
        files: tuple[StagedFile, ...] = (),
        figures: Figures | None = None,
    ) -> Outcome:
        return Outcome(
            id=self.order.id,
            token=self.order.token,
            kind=kind,
            files=files,
            inputs_stat=listing,
            inputs_sha256=inputs_sha256,
            figures=figures or {},
        )


def _failed(order: Order, error: str, *, disk_full: bool = False, passing: bool = False) -> Outcome:
    # Staged files are useless now, and in the way on a full disk.
    shutil.rmtree(order.staging, ignore_errors=True)
    line = " ".join(error.split("\n"))
    return Outcome(order.id, order.token, Ending.FAILED, line, disk_full=disk_full, passing=passing)


def _disk_is_full(order: Order, error: Exception) -> bool:
    """Whether a write failed because the disk is full: by its cause, or else by trying."""
    cause = error if isinstance(error, OSError) else error.__context__
    if isinstance(cause, OSError) and cause.errno in _FULL:
        return True
    if not isinstance(error, OutputError):
        return False
    folder = Path(order.staging).parent
    probe = folder / f"{order.token}.probe"
    try:
        # libsndfile does not say why it could not write; as much silence as the mix would take may.
        with probe.open("wb") as file:
            file.write(b"\0" * min(int(order.duration_s * 44_100 * 8) + 65_536, 64 << 20))
        return False
    except OSError as refused:
        return refused.errno in _FULL
    finally:
        probe.unlink(missing_ok=True)
