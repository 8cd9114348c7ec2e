"""Whole mixes to compare with: the default without edits, takes, uploaded references."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixer.audio import probe, read_resampled_blocks
from mixer.audio.formats import is_audio_name
from mixer.dsp.blocks import FloatArray
from mixer.errors import InputError, SettingsError
from mixer.files.whole_file import write_output
from mixer.files.wording import quote, visible
from mixer.rendering.plans.plan import RenderPlan
from mixer.studio.edit_store import linked_folder, refuse_missing
from mixer.studio.edited_plan import Planned
from mixer.studio.made import MIX, PLAIN
from mixer.studio.making import Maker
from mixer.studio.studio_names import FOLDER, REFERENCES
from mixer.takes.listing import ListedTake, list_takes

DEFAULT = "default"
# Beside the mix, the sum and the default.
MOST_SOURCES = 24
MOST_REFERENCE_BYTES = 256 << 20
_TAKE = re.compile(r"(take|var)-([1-9]\d{0,5})")
_REFERENCE = re.compile(r"reference-([1-9]\d{0,5})")
VARIATION = "variation"
_LONGEST_NAME = 120
_NAMES = {MIX: "mix", PLAIN: "plain sum", DEFAULT: "without your changes"}
Make = Callable[[RenderPlan], None]


@dataclass(frozen=True)
class SourceRow:
    """A source: its name in addresses, its kind, and what it is called."""

    id: str
    kind: str
    name: str


class Sources:
    """The sources of one session; the session holds its lock."""

    def __init__(self, maker: Maker, folder: Path, mixes: Path) -> None:
        """Start with the mix and the plain sum.

        Args:
            maker: renders and stores them.
            folder: of the song.
            mixes: folder of its takes.
        """
        self._maker, self._folder, self._mixes = maker, folder, mixes
        self._rows = {row.id: row for row in (
            SourceRow(MIX, "mix", _NAMES[MIX]), SourceRow(PLAIN, "plain", _NAMES[PLAIN])
        )}  # fmt: skip
        self._n_references = 0

    def rows(self) -> list[SourceRow]:
        """All sources, in the order in which they were added."""
        return list(self._rows.values())

    def ask(self, source: str, planned: Planned) -> Make:
        """Add a source; call the returned function to make it.

        Args:
            source: `DEFAULT`, or of a row of takes.
            planned: the song without the user's edits.

        Raises:
            SettingsError: a source is unknown, or there are too many.
        """
        take = _TAKE.fullmatch(source)
        if source != DEFAULT and take is None:
            raise SettingsError(f"unknown source {quote(source)}; write {DEFAULT} or take-2")
        if source not in self._rows:
            self._refuse_more()
        if take is None:
            self._rows[source] = SourceRow(source, DEFAULT, _NAMES[DEFAULT])
            return lambda plan: self._maker.store.source(
                source, plan, self._maker.render_other(planned.plan())
            )
        listed = next((row for row in self.takes() if source_of(row) == source), None)
        if listed is None:
            raise SettingsError(f"{self._mixes} contains no {source} of this song")
        self._rows[source] = SourceRow(source, "take", listed.words or f"take {listed.number}")
        return lambda plan: self._maker.store.source(source, plan, _fitted(listed.mix, plan))

    def takes(self) -> tuple[ListedTake, ...]:
        """The takes of the song's mixes, then their variations."""
        try:
            return list_takes(self._folder, mixes=self._mixes)
        except InputError:
            return ()

    def add_variation(self, source: str, name: str) -> None:
        """List a variation that has been rendered."""
        self._rows[source] = SourceRow(source, VARIATION, name)

    def find_references(self) -> list[Make]:
        """List the references of earlier sessions; call the returned functions to decode them."""
        folder = self._folder / FOLDER / REFERENCES
        is_own = folder.is_dir() and linked_folder(self._folder) is None
        found = sorted(folder.glob("reference-*")) if is_own else []
        makes = []
        for path in found[:MOST_SOURCES]:
            number = _REFERENCE.fullmatch(path.stem)
            if number is not None and path.is_file() and is_audio_name(path.name):
                self._n_references = max(self._n_references, int(number[1]))
                self._rows[path.stem] = SourceRow(path.stem, "reference", path.name)
                makes.append(self._decoding(path.stem, path))
        return makes

    def add_reference(self, name: str, data: bytes) -> Make:
        """Add an uploaded mix; call the returned function to decode it.

        Args:
            name: of its file.
            data: its bytes, at most `MOST_REFERENCE_BYTES`.

        Raises:
            SettingsError: the name is not that of an audio file, or there are too many.
            OutputError: it cannot be stored.
        """
        shown = visible(Path(name).name, _LONGEST_NAME)
        if not is_audio_name(shown):
            raise SettingsError(f"{quote(shown)} does not end like the name of an audio file")
        self._refuse_more()
        refuse_missing(self._folder)
        self._n_references += 1
        source = f"reference-{self._n_references}"
        folder = self._folder / FOLDER / REFERENCES
        # The page's name decides nothing but the ending.
        path = folder / f"{source}{Path(shown).suffix.lower()}"
        write_output(path, data)
        self._rows[source] = SourceRow(source, "reference", shown)

        return self._decoding(source, path)

    def _decoding(self, source: str, path: Path) -> Make:
        def make(plan: RenderPlan) -> None:
            try:
                self._maker.store.source(source, plan, _fitted(path, plan))
            except InputError:
                self.remove(source)
                path.unlink(missing_ok=True)
                raise

        return make

    def remove(self, source: str) -> None:
        """Remove a source; raise SettingsError if it cannot be removed."""
        if source in (MIX, PLAIN) or source not in self._rows:
            raise SettingsError(f"source {quote(source)} cannot be removed: it was not added")
        del self._rows[source]
        self._maker.store.drop(source)

    def _refuse_more(self) -> None:
        if len(self._rows) >= MOST_SOURCES:
            raise SettingsError(f"there are {MOST_SOURCES} sources already; remove one first")


def source_of(take: ListedTake) -> str:
    """The id of the source that plays a take, or a variation among takes."""
    return f"{'var' if take.words else 'take'}-{take.number}"


def _fitted(file: Path, plan: RenderPlan) -> FloatArray:
    """Decode a file to the song's length and sample rate, float32 (2, samples), and no further.

    Raises:
        InputError: it cannot be decoded, or is not mono or stereo.
    """
    source = probe(file)[0]
    if source.channels not in (1, 2):
        raise InputError(f"{file.name}: has {source.channels} channels; give it in stereo")
    fitted, position = np.zeros((2, plan.n_samples), np.float32), 0
    for block in read_resampled_blocks(source, plan.mix_rate):
        part = block[:, : plan.n_samples - position]
        fitted[:, position : position + part.shape[1]] = part
        position += part.shape[1]
        if position >= plan.n_samples:
            break
    if not np.isfinite(fitted).all():
        raise InputError(f"{file.name}: holds NaN or infinite samples; export it again")
    return fitted
