"""What is handed over with a mix beyond its audio and recipe: DAW sessions and the HTML report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixer.baselines import INPUT_SUM
from mixer.output.daw.formats import DAW_FORMATS
from mixer.output.daw.session import daw_session, relative_path
from mixer.output.names import (
    LISTENING_COPIES,
    LISTENING_FORMAT,
    LISTENING_SUFFIX,
    REPORT_SUFFIX,
)
from mixer.output.recipe import Recipe
from mixer.rendering.mix import Mix
from mixer.report import report_data, write_listening_copies, write_report
from mixer.report.data import MIX
from mixer.song.song import Song

REPORT = "report"


@dataclass(frozen=True)
class Delivery:
    """What else is wanted with a mix.

    Attributes:
        daws: sessions for which workstations, any of `DAW_FORMATS`.
        report: the HTML report.
        embed: previews inside the report instead of audio beside it.
    """

    daws: tuple[str, ...] = ()
    report: bool = False
    embed: bool = False

    @property
    def needs_stems(self) -> bool:
        """Whether wet stems must be rendered and written with the mix."""
        return bool(self.daws) or self.report

    def paths(self, mix_path: Path) -> dict[str, Path]:
        """Where each goes, beside the mix: keys of `DAW_FORMATS` and `REPORT`."""
        base = mix_path.with_suffix("")
        paths = {daw: base.with_name(base.name + DAW_FORMATS[daw].suffix) for daw in self.daws}
        if self.report:
            paths[REPORT] = base.with_name(base.name + REPORT_SUFFIX)
        return paths

    def check(self, song: Song, mix_path: Path, home: Path | None = None) -> None:
        """Find out before rendering what would keep a session from being written.

        Args:
            song: what is rendered.
            mix_path: the mix's file.
            home: as of `deliver`.

        Raises:
            OutputError: a file has a name that a session cannot hold.
        """
        paths = (mix_path.resolve(), *(r.source.path for r in song.recordings))
        for daw in self.daws:
            for path in paths:
                DAW_FORMATS[daw].refuse(relative_path(path, mix_path.parent, home))

    def copies(self, mix_path: Path) -> dict[str, Path]:
        """The report's listening copies of what is written nowhere else."""
        if not self.report or self.embed:
            return {}
        base = mix_path.with_suffix("")
        folder = base.with_name(base.name + LISTENING_SUFFIX)
        return {key: folder / f"{key}.{LISTENING_FORMAT}" for key in LISTENING_COPIES}


NOTHING_BESIDE = Delivery()


def deliver(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    delivery: Delivery,
    *,
    home: Path | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write what is wanted with a mix that was written with its wet stems.

    Args:
        mix: rendered with `wet_stems` and, for a report, with `stages`.
        recipe: of the mix; tells where its files are.
        mix_path: the mix's file.
        delivery: what is wanted.
        home: folder in which everything that lies beside the mix will lie at last, where it is
            made in another one; links to the recordings lead from there. None for where it is made.
        overwrite: replace what is there.

    Returns:
        What could not be handed over in full, a line each.

    Raises:
        OutputError: something is there already, or the disk is full or read-only.
    """
    paths, remarks = delivery.paths(mix_path), list[str]()
    if delivery.daws:
        session = daw_session(mix, recipe, mix.song.markers)
        for daw in delivery.daws:
            DAW_FORMATS[daw].write(session, paths[daw], home=home, overwrite=overwrite)
        remarks += [f"not in the session: {file}" for file in session.left_out]
    if delivery.report:
        _write_report(mix, recipe, mix_path, delivery, overwrite=overwrite)
    return tuple(remarks)


def _write_report(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    delivery: Delivery,
    *,
    overwrite: bool,
) -> None:
    written = {name: Path(entry["path"]) for name, entry in recipe["output"]["files"].items()}
    files = {stem: written[stem] for stem in mix.wet_stems if stem in written}
    data = report_data(mix, files={**files, MIX: written[MIX]})
    if not delivery.embed:
        folder = delivery.copies(mix_path)[INPUT_SUM].parent
        data = write_listening_copies(folder, data, overwrite=overwrite)
    write_report(delivery.paths(mix_path)[REPORT], data, embed=delivery.embed, overwrite=overwrite)
