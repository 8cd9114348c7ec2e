"""The one function that renders a song of a batch, wherever it runs.

It makes everything in the order's staging folder and touches nothing else; whoever keeps the ledger
moves the files to their places. All that can be wrong with a song comes back as an outcome.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixer.batch.album import load_premaster, master_premaster, save_premaster
from mixer.batch.columns import EMBEDDED_REPORT, NO_REPORT
from mixer.batch.identity import DEFAULT_MODEL
from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.network import Networks
from mixer.batch.order import (
    DONE,
    FAILED,
    FINISH,
    MEASURE,
    MEASURED,
    UNCHANGED,
    Order,
    Outcome,
    StagedFile,
)
from mixer.errors import InputError, MixerError, OutputError

if TYPE_CHECKING:
    from mixer.output.delivery import Delivery
    from mixer.rendering.mix import Mix
    from mixer.rendering.settings import RenderSettings
    from mixer.song.song import Song

_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
# called with the stage and the share of the song that is done, 0 to 1
Report = Callable[[str, float], None]


class LostNetworkError(MixerError):
    """The process that runs the network for this one died."""

    exit_code = 3


@dataclass
class Shop:
    """What a worker keeps from song to song.

    Attributes:
        networks: its open networks.
        device: for the recipe; what really ran is the network's to say.
        threads: cores a song may use.
        compute: held while a song computes, so that the songs beside it only read or write.
    """

    networks: Networks
    device: str = "cpu"
    threads: int = 1
    compute: threading.Lock = field(default_factory=threading.Lock)


Work = Callable[[Order, Shop, Report], Outcome]


def render_song(order: Order, shop: Shop, report: Report) -> Outcome:
    """Render one song into its staging folder.

    Args:
        order: what to do.
        shop: this worker's.
        report: told how far it is.

    Returns:
        How it ended; nothing is raised but what ends the process.
    """
    try:
        return _Render(order, shop, report).run()
    except MemoryError:
        return _failed(order, "out of memory; use fewer --jobs or cut it up", passing=True)
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
    shop: Shop
    report: Report
    seconds: dict[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def run(self) -> Outcome:
        from mixer.song.song import load_song

        order = self.order
        began = time.perf_counter()
        self.report("read", 0.0)
        # Of an attempt whose worker died.
        shutil.rmtree(order.staging, ignore_errors=True)
        listing = stat_inputs(order.song)
        inputs_sha256 = hash_inputs(order.song, listing)
        if order.known_inputs == inputs_sha256:
            return self._outcome(UNCHANGED, listing, inputs_sha256)
        song = load_song(order.song)
        if order.console is not None and dict(song.console) != dict(order.song_table):
            raise InputError(
                f"{order.song}: its song.toml changed since the run began; start again"
            )
        settings = self._settings()
        self._check(song, settings)
        self.seconds["read"] = time.perf_counter() - began
        try:
            mix, files = self._render(song, settings, inputs_sha256)
        except (OSError, InputError):
            self._refuse_changed(listing)
            raise
        self._refuse_changed(listing)
        kind = MEASURED if order.phase == MEASURE else DONE
        return self._outcome(kind, listing, inputs_sha256, tuple(files), self._figures(mix))

    def _settings(self) -> RenderSettings:
        from mixer.preset.schema import read_console
        from mixer.rendering.settings import RenderSettings

        asked = dict(self.order.settings)
        if isinstance(asked.get("effects"), list):
            asked["effects"] = tuple(asked["effects"])
        if self.order.console is not None:
            asked["console"] = read_console(self.order.console, "the manifest")
        return RenderSettings(**asked, device=self.shop.device)

    @property
    def _delivery(self) -> Delivery:
        from mixer.output.delivery import Delivery

        report = self.order.report
        return Delivery(self.order.daws, report != NO_REPORT, report == EMBEDDED_REPORT)

    @property
    def _staged_mix(self) -> Path:
        # Under its final name, so that what lies beside it is called what links say.
        return Path(self.order.staging) / Path(self.order.target).name

    def _render(
        self, song: Song, settings: RenderSettings, inputs_sha256: str
    ) -> tuple[Mix, list[StagedFile]]:
        with self.shop.compute:
            mix = self._mix(song, settings, inputs_sha256)
        if self.order.phase == MEASURE:
            save_premaster(mix, Path(self.order.premaster), inputs_sha256)
            return mix, []
        self.report("write", 0.99)
        began = time.perf_counter()
        files = self._write(replace(mix, presets=self.order.presets))
        self.seconds["write"] = time.perf_counter() - began
        return mix, files

    def _refuse_changed(self, listing: str) -> None:
        """Raise where the inputs are not what was read: no hash would be true of the mix."""
        if stat_inputs(self.order.song) != listing:
            song = self.order.song
            raise InputError(f"{song}: its files changed while it was rendered; start again")

    def _check(self, song: Song, settings: RenderSettings) -> None:
        from mixer.output.write import check_output

        check_output(
            self._staged_mix,
            list(song.stems) if self.order.stems else [],
            file_format=self.order.format,
            bit_depth=self.order.bit_depth,
            sample_rate=settings.sample_rate or song.sample_rate,
            overwrite=True,
        )

    def _mix(self, song: Song, settings: RenderSettings, inputs_sha256: str) -> Mix:
        from mixer.rendering.pipeline import render

        order = self.order
        if order.phase == FINISH:
            final = replace(settings, loudness_lufs=order.loudness_lufs)
            kept = load_premaster(Path(order.premaster), song, final, inputs_sha256)
            if kept is not None:
                return master_premaster(kept, final)
            settings = final
        if order.phase == MEASURE:
            settings = replace(settings, loudness_lufs=None, true_peak_dbtp=None)
        return render(
            song,
            settings,
            wet_stems=order.stems,
            stages=self._delivery.report,
            progress=lambda stage, detail, share: self.report(stage, share),
            network=self.shop.networks.get(str(settings.model or DEFAULT_MODEL)),
            threads=self.shop.threads,
        )

    def _write(self, mix: Mix) -> list[StagedFile]:
        from mixer.files.whole_file import hash_file, write_json
        from mixer.output.delivery import deliver
        from mixer.output.names import output_paths
        from mixer.output.write import write_mix

        order, path, delivery = self.order, self._staged_mix, self._delivery
        path.parent.mkdir(parents=True, exist_ok=True)
        recipe = write_mix(
            mix, path, file_format=order.format, bit_depth=order.bit_depth, overwrite=True
        )
        self.remarks = deliver(
            mix, recipe, path, delivery, home=Path(order.target).parent, overwrite=True
        )
        written = recipe["output"]["files"]
        stems = [name for name in written if name != "mix"]
        final = output_paths(Path(order.target), stems, order.format)
        staged = []
        for name, entry in written.items():
            staged.append(self._staged(Path(entry["path"]), name, entry["sha256"]))
            # The recipe speaks of where the file will be, not of where it was made.
            entry["path"] = str(final[name])
        beside = {"recipe": output_paths(path, [], order.format)["recipe"]}
        write_json(beside["recipe"], recipe)
        beside |= {**delivery.paths(path), **delivery.copies(path)}
        # Of listening copies, those that the mix has: one of no amount was never normalised.
        there = {role: file for role, file in beside.items() if file.exists()}
        return staged + [self._staged(file, role, hash_file(file)) for role, file in there.items()]

    def _staged(self, path: Path, role: str, sha256: str) -> StagedFile:
        # On the disk before the ledger says so: a power cut must not leave a name without content.
        with path.open("r+b") as file:
            os.fsync(file.fileno())
        relative = path.resolve().relative_to(Path(self.order.staging).resolve()).as_posix()
        return StagedFile(relative, role, path.stat().st_size, sha256)

    def _figures(self, mix: Mix) -> dict[str, Any]:
        from mixer.batch.spectrum import third_octave_levels_db

        master = mix.measurements["master"]
        seconds = {**self.seconds, **mix.seconds}
        return {
            "loudness_lufs": master["loudness_lufs"],
            "true_peak_dbtp": master["true_peak_dbtp"],
            "gain_db": master["gain_db"],
            "gain_reduction_db": master["max_reduction_db"],
            "premaster_lufs": mix.measurements["before_master"]["loudness_lufs"],
            "duration_s": round(mix.song.duration_s, 3),
            "sample_rate": mix.sample_rate,
            "model": mix.model["name"] if mix.model else None,
            "device": mix.device,
            "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
            "spectrum_db": third_octave_levels_db(mix.audio, mix.sample_rate),
            "left_out": [r.file for r in mix.song.left_out],
            "remarks": list(self.remarks),
        }

    def _outcome(
        self,
        kind: str,
        listing: str,
        inputs_sha256: str,
        files: tuple[StagedFile, ...] = (),
        figures: dict[str, Any] | None = None,
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
    # What was staged is of no use, and on a full disk in the way.
    shutil.rmtree(order.staging, ignore_errors=True)
    line = " ".join(error.split("\n"))
    return Outcome(order.id, order.token, FAILED, line, disk_full=disk_full, passing=passing)


def _disk_is_full(order: Order, error: Exception) -> bool:
    """Whether a failed write failed for want of room: by its cause, else by trying."""
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
