"""The samples of a song's channels and sources, in files of the session's own folder."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from mixer.dsp.blocks import FloatArray
from mixer.errors import OutputError
from mixer.files.wording import size_of, visible
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.rendering.plans.plan import RenderPlan
from mixer.report.matching import Level
from mixer.song.samples import read_sum
from mixer.studio.made import PLAIN, Made
from mixer.studio.sample_files import FRAME_BYTES, Samples
from mixer.studio.wet import FIRST_S

# The mix and the plain sum.
_MIXES = 2


class SampleStore:
    """Writes what a page plays; only the worker's threads write."""

    def __init__(self, made: Made, scratch: Path, tell: Callable[[str], None]) -> None:
        """Start with no samples.

        Args:
            made: holds the samples by name.
            scratch: a folder for the files.
            tell: called with the name of samples that changed.
        """
        self._made, self._scratch, self._tell = made, scratch, tell

    def refuse_full_disk(self, plan: RenderPlan) -> None:
        """Raise OutputError if the disk has no room for a song's channels and mixes."""
        n_bytes = FRAME_BYTES * plan.n_samples * (len(plan.tracks) + len(plan.song.stems) + _MIXES)
        free = shutil.disk_usage(self._scratch).free
        if free < n_bytes:
            raise OutputError(
                f"{visible(self._scratch.parent)}: this song needs {size_of(n_bytes)} there "
                f"while it is open, and {size_of(free)} are free; free some space, or name "
                "another folder with the environment variable TMPDIR"
            )

    def write(self, name: str, plan: RenderPlan, audio: FloatArray) -> None:
        """Write samples, or the start of them, replacing earlier ones.

        Args:
            name: of the channel or source.
            plan: of the song.
            audio: float32 (2, samples) at the mix's rate.

        Raises:
            OutputError: the disk is full or read-only.
        """
        samples = self._made.samples.get(name)
        if samples is None or samples.n_frames != plan.n_samples:
            if samples is not None:
                samples.close()
            samples = Samples(self._scratch, plan.n_samples)
            self._made.samples[name] = samples
        samples.write(audio)
        self._tell(name)

    def source(
        self, name: str, plan: RenderPlan, audio: FloatArray, level: Level | None = None
    ) -> None:
        """Store a whole mix for listening; arguments and errors as in `write`.

        `level` is that of the mix, if it is known.
        """
        self.write(name, plan, audio)
        self._made.levels[name] = level or Level(
            integrated_loudness_lufs(audio, plan.mix_rate), true_peak_dbtp(audio, plan.mix_rate)
        )
        self._tell(name)

    def drop(self, name: str) -> None:
        """Remove samples if they exist."""
        samples = self._made.samples.pop(name, None)
        self._made.levels.pop(name, None)
        if samples is not None:
            samples.close()

    def first_seconds(self, plan: RenderPlan) -> None:
        """Make the plain sum of the recordings' first seconds, which can be heard at once."""
        n_first = min(plan.n_samples, round(FIRST_S * plan.mix_rate))
        audio = read_sum(plan.song.recordings, n_first, plan.mix_rate, to_the_end=False)
        self.write(PLAIN, plan, audio)

    def plain_sum(self, plan: RenderPlan) -> None:
        """Make the plain sum of the recordings, unless it exists."""
        if PLAIN not in self._made.levels:
            self.source(PLAIN, plan, read_sum(plan.song.recordings, plan.n_samples, plan.mix_rate))


def level_of(loudness_lufs: float | None, peak_dbtp: float | None) -> Level:
    """Levels of a mix from a render's measurements; None stands for silence."""
    loudness = -math.inf if loudness_lufs is None else loudness_lufs
    return Level(loudness, -math.inf if peak_dbtp is None else peak_dbtp)
