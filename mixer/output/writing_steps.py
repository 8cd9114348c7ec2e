"""How far a render is that also writes: what is written takes its share of the whole."""

from __future__ import annotations

from mixer.output.delivery import REPORT
from mixer.output.settings import OutputSettings
from mixer.rendering.progress import Progress

WRITE = "write"
# Times of what is written, for each of making the mix: measured with a song of 20 s on two cores.
_FILE, _VERSION, _TRANSLATION, _SESSION, _REPORT = 0.05, 0.08, 0.6, 0.8, 0.8


class WritingSteps:
    """Tells a listener of a render's progress what of it is made, then what is written.

    Args:
        progress: told of each step, or None.
        wanted: what is written.
        n_files, n_versions: audio files that are.
    """

    def __init__(
        self, progress: Progress | None, wanted: OutputSettings, n_files: int, n_versions: int
    ) -> None:
        self._progress = progress
        self._whole = 1.0 + n_files * _FILE + n_versions * _VERSION
        self._whole += len(wanted.daw) * _SESSION
        self._whole += (wanted.check_translation * _TRANSLATION) + (wanted.has_report * _REPORT)
        self._n_versions = n_versions
        self._done = 1.0

    def making(self, stage: str, detail: str, share: float) -> None:
        """The mix is made up to a share."""
        if self._progress is not None:
            self._progress(stage, detail, share / self._whole)

    def begin(self, detail: str) -> None:
        """The mix is made, and its first file is being written."""
        self._tell(detail, 0.0)

    def wrote_file(self, name: str) -> None:
        self._tell(name, _FILE)

    def wrote_versions(self) -> None:
        self._tell("versions", self._n_versions * _VERSION)

    def checked_translation(self) -> None:
        self._tell("translation", _TRANSLATION)

    def delivered(self, name: str) -> None:
        """A session is written, or the report."""
        self._tell(name, _REPORT if name == REPORT else _SESSION)

    def end(self, detail: str) -> None:
        """Everything is in its place."""
        self._tell(detail, self._whole - self._done)

    def _tell(self, detail: str, more: float) -> None:
        self._done = min(self._done + more, self._whole)
        if self._progress is not None:
            self._progress(WRITE, detail, self._done / self._whole)
