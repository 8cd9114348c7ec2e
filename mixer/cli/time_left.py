"""The progress bar's column with the remaining time; loaded only if there is a bar."""

from __future__ import annotations

from collections.abc import Callable

from rich.progress import ProgressColumn, Task
from rich.text import Text

from mixer.rendering.timing.progress import time_left_s

# Before that, a moment more or less at the start would change it by minutes.
_FROM_SHARE = 0.03


class TimeLeftColumn(ProgressColumn):
    """At the pace of the whole, not of the last seconds: stages differ in theirs.

    Args:
        worded: formats a number of seconds.
    """

    def __init__(self, worded: Callable[[float], str]) -> None:
        super().__init__()
        self._worded = worded

    def render(self, task: Task) -> Text:
        is_known = task.elapsed is not None and task.completed >= _FROM_SHARE
        left_s = time_left_s(task.elapsed or 0.0, task.completed) if is_known else None
        return Text("-:--" if left_s is None else self._worded(left_s), style="progress.remaining")
