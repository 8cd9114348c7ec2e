"""The bar tells the time left at the pace of the whole."""

from __future__ import annotations

import pytest
from rich.progress import Progress

from mixer.cli.time_left import TimeLeftColumn
from mixer.files.wording import clock_time


@pytest.mark.parametrize(
    ("share", "elapsed_s", "shown"),
    [(0.0, 5.0, "-:--"), (0.02, 5.0, "-:--"), (0.25, 60.0, "3:00"), (1.0, 60.0, "0:00")],
)
def test_what_is_left_follows_from_what_is_done(share, elapsed_s, shown) -> None:
    now_s = 0.0
    bar = Progress(get_time=lambda: now_s)
    number = bar.add_task("", total=1.0)
    task = bar.tasks[number]
    now_s = elapsed_s
    task.completed = share
    assert TimeLeftColumn(clock_time).render(task).plain == shown
