"""The report to its file."""

from __future__ import annotations

from pathlib import Path

from mixer.files.whole_file import refuse_existing, write_output
from mixer.report.data import ReportData
from mixer.report.listening import embedded_player, linked_player
from mixer.report.report_page import page


def write_report(path: Path, data: ReportData, *, embed: bool, overwrite: bool) -> None:
    """Write the report of a mix as one HTML file.

    Args:
        path: the destination; the file appears once it is complete.
        data: from `report_data`; `write_listening_copies` gives the player what has no file yet.
        embed: put previews of the loudest 30 s inside, about 1.6 MB a source; else the player
            plays the files of `data`, by links relative to the report.
        overwrite: replace the file that is there.

    Raises:
        InputError: without `embed`, a file that lies on another disk than the report.
        OutputError: the file exists, or the disk is full or read-only.
    """
    if not overwrite:
        refuse_existing([path])
    player = embedded_player(data) if embed else linked_player(data, path.parent)
    content = page(data, player, embedded=embed)
    write_output(path, content)
