"""Drum patterns as a drummer would jot them down, one sign a sixteenth, and the fills.

`X` accent, `x` normal, `o` ghost, `.` nothing. A pattern is one bar; three quarters make twelve
signs. Patterns are commonplaces of their genres, written for this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STEPS_PER_BEAT = 4
PIECES = (
    "kick", "snare", "rim", "clap", "hat", "open_hat", "ride", "crash",
    "high_tom", "middle_tom", "floor_tom", "shaker", "tambourine", "conga",
)  # fmt: skip
VELOCITIES = {"X": 0.95, "x": 0.72, "o": 0.3}


@dataclass(frozen=True)
class Groove:
    """A bar for a quiet part and a bar for a loud one; each piece's line under its name."""

    quiet: Mapping[str, str]
    loud: Mapping[str, str] = field(default_factory=dict)

    def lines(self, energy: float) -> Mapping[str, str]:
        """The lines at an energy 0-1."""
        return self.loud if self.loud and energy >= 0.7 else self.quiet


EIGHTHS, OFFS, SIXTEENTHS = "x.x.x.x.x.x.x.x.", "..x...x...x...x.", "xoxoxoxoxoxoxoxo"
BACKBEAT, QUARTERS = "....X.......X...", "X...X...X...X..."

GROOVES: dict[str, tuple[Groove, ...]] = {
    "rock": (
        Groove(
            {"kick": "X.......X.x.....", "snare": BACKBEAT, "hat": EIGHTHS},
            {"kick": "X.x.....X.x.....", "snare": BACKBEAT, "ride": EIGHTHS},
        ),
        Groove(
            {"kick": "X.....x.x.......", "snare": BACKBEAT, "hat": "X.x.X.x.X.x.X.x."},
            {"kick": "X.....x.x...x...", "snare": BACKBEAT, "open_hat": "X...X...X...X..."},
        ),
    ),
    "pop": (
        Groove(
            {"kick": "X.......X.......", "snare": BACKBEAT, "hat": EIGHTHS},
            {
                "kick": "X.....x.X.......", "snare": BACKBEAT, "hat": EIGHTHS,
                "tambourine": "....x.......x...", "clap": BACKBEAT,
            },
        ),
        Groove(
            {"kick": "X..x....X..x....", "rim": BACKBEAT, "shaker": SIXTEENTHS},
            {"kick": QUARTERS, "snare": BACKBEAT, "hat": EIGHTHS, "shaker": SIXTEENTHS},
        ),
    ),
    "funk": (
        Groove(
            {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X..o", "hat": SIXTEENTHS},
            {
                "kick": "X..x..x..xx..x..", "snare": "....X..o.o..X..o", "hat": SIXTEENTHS,
                "conga": "..x..xx...x..xxo",
            },
        ),
        Groove(
            {"kick": "X.x.......x..x..", "snare": "....X..o.o.oX...", "hat": "x.xxx.xxx.xxx.xx"},
            {"kick": "X.x..x....x..x..", "snare": "....X..o.o.oX..o", "open_hat": OFFS,
             "hat": "x.......x......."},
        ),
    ),
    "house": (
        Groove(
            {"kick": QUARTERS, "hat": OFFS, "shaker": SIXTEENTHS},
            {"kick": QUARTERS, "clap": BACKBEAT, "open_hat": OFFS, "hat": SIXTEENTHS,
             "conga": "...x..x....x..x."},
        ),
        Groove(
            {"kick": QUARTERS, "clap": BACKBEAT, "hat": "..x...x...x...xo"},
            {"kick": QUARTERS, "clap": BACKBEAT, "open_hat": OFFS, "rim": "...x..x...x....x",
             "tambourine": SIXTEENTHS},
        ),
    ),
    "hip_hop": (
        Groove(
            {"kick": "X.....x...x.....", "snare": BACKBEAT, "hat": "x.x.x.x.x.xxx.x."},
            {"kick": "X..x..x...x..x..", "snare": BACKBEAT, "clap": BACKBEAT,
             "hat": "x.xxx.x.xxx.x.xx", "open_hat": "......x........."},
        ),
        Groove(
            {"kick": "X.........x.....", "snare": "........X.......", "hat": "x.x.x.xxx.x.x.x."},
            {"kick": "X..x......x..x..", "snare": "........X......o", "hat": "xxx.x.xxxxx.x.xx",
             "shaker": EIGHTHS},
        ),
    ),
    "folk": (
        Groove(
            {"kick": "X.......x.......", "shaker": EIGHTHS},
            {"kick": "X.......X.......", "rim": BACKBEAT, "shaker": SIXTEENTHS,
             "tambourine": BACKBEAT},
        ),
        Groove(
            {"kick": "X...x...x...x...", "tambourine": BACKBEAT},
            {"kick": QUARTERS, "snare": "..x...X...x...X.", "hat": EIGHTHS},
        ),
    ),
    "waltz": (
        Groove(
            {"kick": "X...........", "rim": "....x...x...", "hat": "x.x.x.x.x.x."},
            {"kick": "X.........x.", "snare": "....X...X...", "ride": "x.x.x.x.x.x."},
        ),
    ),
    "ballad": (
        Groove(
            {"kick": "X.......x.......", "rim": BACKBEAT, "hat": EIGHTHS},
            {"kick": "X.....x.X.......", "snare": BACKBEAT, "ride": EIGHTHS},
        ),
        Groove(
            {"kick": "X...............", "snare": "........X.......", "hat": "x...x...x...x..."},
            {"kick": "X.........x.....", "snare": "........X.......", "ride": "x.x.x.x.x.x.x.x."},
        ),
    ),
    "metal": (
        Groove(
            {"kick": "X.xxX.xxX.xxX.xx", "snare": BACKBEAT, "hat": "X...X...X...X..."},
            {"kick": "xxxxxxxxxxxxxxxx", "snare": BACKBEAT, "crash": "X...............",
             "ride": "X...X...X...X..."},
        ),
        Groove(
            {"kick": "X..xx..xX..xx...", "snare": "........X.......", "open_hat": QUARTERS},
            {"kick": "X.x.X.x.X.x.X.x.", "snare": "..X...X...X...X.", "ride": QUARTERS},
        ),
    ),
    "soul": (
        Groove(
            {"kick": "X.....x...x.....", "snare": "....X..o....X..o", "hat": EIGHTHS},
            {"kick": "X.....xx..x.....", "snare": "....X..o....X..o", "hat": EIGHTHS,
             "tambourine": BACKBEAT},
        ),
        Groove(
            {"kick": "X.x...x.X.x...x.", "snare": QUARTERS, "hat": EIGHTHS},
            {"kick": "X.x...x.X.x...x.", "snare": QUARTERS, "ride": EIGHTHS,
             "conga": "x.x...xxx.x...xx"},
        ),
    ),
}  # fmt: skip

# The last two beats before a new section.
FILLS: tuple[Mapping[str, str], ...] = (
    {"snare": "x.xoX.X."},
    {
        "snare": "xx......",
        "high_tom": "..xx....",
        "middle_tom": "....xx..",
        "floor_tom": "......XX",
    },
    {"snare": "oxox....", "high_tom": "....x...", "floor_tom": "......X.", "kick": "x...x..."},
    {"snare": "....x.XX", "kick": "X.x....."},
    {"open_hat": "......X.", "snare": "....x..."},
)
