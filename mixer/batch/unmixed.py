"""Files of a song that are not in its mix, and names that said nothing: counted for tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixer.batch.batch_figures import UnmixedFigures
from mixer.files.wording import counted
from mixer.song.folders.folder_names import SONG_FILE

if TYPE_CHECKING:
    from mixer.song.song import Song


@dataclass(frozen=True)
class Unmixed:
    """Files of one song.

    Attributes:
        left_out: in its folder, and not mixed, whatever the reason; song.toml is read, and not
            among them.
        not_recognised: mixed, though their names do not say with certainty as what.
    """

    left_out: tuple[str, ...] = ()
    not_recognised: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.left_out or self.not_recognised)

    def __str__(self) -> str:
        counts = (
            (self.left_out, "file", "left out"),
            (self.not_recognised, "name", "not recognised"),
        )
        return ", ".join(
            f"{counted(len(files), noun)} {what}" for files, noun, what in counts if files
        )

    def as_figures(self) -> UnmixedFigures:
        """The counts in the ledger's form."""
        return {"left_out": list(self.left_out), "not_recognised": list(self.not_recognised)}


def unmixed_of(song: Song) -> Unmixed:
    """Facts of a song as it is mixed."""
    return Unmixed(
        tuple(r.file for r in song.left_out if r.file != SONG_FILE),
        tuple(r.file for r in song.recordings if not r.certain),
    )


def unmixed_in(figures: UnmixedFigures) -> Unmixed:
    """Facts of a finished song, from its figures."""
    return Unmixed(tuple(figures.get("left_out") or ()), tuple(figures.get("not_recognised") or ()))
