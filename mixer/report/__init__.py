"""The mix report: one HTML file to see and hear what was done to a song.

The file stands alone: scripts, styles and figures are inside, and it may load nothing but the audio
that lies beside it. How the audio is played depends on how the file is opened:

- with previews inside (`embed`): decoded by Web Audio, all sources locked to one clock, switched by
  gain ramps of 10 ms;
- served over http: the files are fetched when first listened to, then as above;
- opened from a disk: browsers refuse a page to read files, but play them in `<audio>` elements. All
  run at once, next to silent except for what is heard, and are held within 2 ms by their speed.

Previews are MP3, the one lossy format that every browser decodes; listening copies are FLAC.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixer.report.data import ReportData, Source, report_data
    from mixer.report.listening import write_listening_copies
    from mixer.report.report_file import write_report

# Other rooms' pages are of the same family and need only light parts: each name on first use.
_HOME = {
    "ReportData": "mixer.report.data",
    "Source": "mixer.report.data",
    "report_data": "mixer.report.data",
    "write_listening_copies": "mixer.report.listening",
    "write_report": "mixer.report.report_file",
}

__all__ = ["ReportData", "Source", "report_data", "write_listening_copies", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
