"""The audio files of a mix: written, described in their heads, and hashed on the way."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixer import audio as audio_io
from mixer.audio.broadcast import BroadcastInfo
from mixer.audio.formats import FileCoding
from mixer.dsp.blocks import peak
from mixer.meters.broadcast_levels import measure_broadcast
from mixer.output.names import FileRole
from mixer.output.recipe import HashedFile, tags_of
from mixer.rendering.mix import Mix
from mixer.song.song import Song

# Called with the name of a file and the share of it that is written, 0 to 1.
Wrote = Callable[[str, float], None]

# A true peak is never below the sample peak; where the gain was calculated, within 0.001 dB.
_SURELY_BELOW_DBTP = -0.01


class WrittenFiles(NamedTuple):
    """Files by name as a recipe has them, and the names of those beyond full scale."""

    files: dict[str, HashedFile]
    beyond: list[str]


@dataclass(frozen=True)
class AudioFiles:
    """Settings of the files of a mix.

    Attributes:
        mix: whose files they are.
        coding: of the files.
        wrote: called with the name of a file and the share of it that is written, 0 to 1.
    """

    mix: Mix
    coding: FileCoding
    wrote: Wrote = lambda name, share: None

    def write(
        self, audios: Iterable[tuple[str, np.ndarray]], targets: dict[str, Path]
    ) -> WrittenFiles:
        """Write each audio, float32 (2, samples), to the file of its name.

        Raises:
            OutputError: the disk is full or read-only.
        """
        written = WrittenFiles({}, [])
        for name, audio in audios:
            hasher = hashlib.sha256()
            audio_io.write_audio(
                targets[name],
                audio,
                self.mix.sample_rate,
                file_format=self.coding.format,
                bit_depth=self.coding.bit_depth,
                seed=dither_seed(self.mix.settings.seed, name),
                broadcast=self._broadcast(name, audio) if self.coding.format == "wav" else None,
                coding=self.coding.lossy,
                tags=_tags(self.mix.song, name),
                hasher=hasher,
                told=partial(self.wrote, name),
            )
            path = str(targets[name].resolve())
            written.files[name] = {"path": path, "sha256": hasher.hexdigest()}
            if self._clips(audio):
                written.beyond.append(name)
            self.wrote(name, 1.0)
        return written

    def _clips(self, audio: np.ndarray) -> bool:
        if audio is self.mix.audio:
            peak_dbtp = self.mix.measurements["master"]["true_peak_dbtp"]
            if peak_dbtp is None or peak_dbtp < _SURELY_BELOW_DBTP:
                return False
        return peak(audio) > 1.0

    def _broadcast(self, name: str, audio: np.ndarray) -> BroadcastInfo:
        master = self.mix.measurements["master"]
        is_mix = audio is self.mix.audio
        return measure_broadcast(
            audio,
            self.mix.sample_rate,
            f"{self.mix.song.name}: {name}",
            master["true_peak_dbtp"] if is_mix else None,
            self.mix.energies if is_mix else None,
        )


def dither_seed(seed: int, name: str) -> int:
    """Seed of the dither of one of a mix's files: the mix has its own, each part another one.

    Parts are summed again: alike, their noises would add up as amplitudes do, not as powers.

    Args:
        seed: of the mix, 0 to 2^63 - 1; the lower bits of what is returned.
        name: of the file in the recipe.
    """
    return (
        seed
        if name == FileRole.MIX
        else seed + (zlib.crc32(name.encode("utf-8", "surrogatepass")) << 63)
    )


def _tags(song: Song, name: str) -> dict[str, str]:
    """Title and artist of one of a mix's files; a part has its name after the title."""
    tags = tags_of(song)
    if name != FileRole.MIX and "title" in tags:
        tags["title"] += f" ({name})"
    return tags
