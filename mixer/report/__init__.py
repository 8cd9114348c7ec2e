"""The mix report: one HTML file to see and hear what was done to a song.

The file stands alone: scripts, styles and figures are inside, and it may load nothing but the audio
that lies beside it. How the audio is played depends on how the file is opened:

- with previews inside (`embed`): decoded by Web Audio, all sources locked to one clock, switched by
  gain ramps of 10 ms;
- served over http: the files are fetched when first listened to, then as above;
- opened from a disk: browsers refuse a page to read files, but play them in `<audio>` elements. One
  each runs silently beside the others, its volume is raised and lowered and its position corrected.

Previews are MP3, the one lossy format that every browser decodes; listening copies are FLAC.
"""

from mixer.report.data import ReportData, Source, report_data
from mixer.report.listening import write_listening_copies
from mixer.report.writing import write_report

__all__ = ["ReportData", "Source", "report_data", "write_listening_copies", "write_report"]
