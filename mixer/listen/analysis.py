"""Types of an analysis: settings, and all results that tables, plots and the page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypedDict, cast

from mixer.evaluate.pair import finite_or_none
from mixer.evaluate.statistics import FriedmanTest, Location, PairedTest
from mixer.evaluate.summary import TestTable
from mixer.listen.design import Scale
from mixer.listen.ratings import Comment, RatedPage
from mixer.listen.screening import Participant

# what a block of the tests is


class Blocks(StrEnum):
    """Unit within which ratings are compared."""

    BY_PAGE = "page"
    BY_PARTICIPANT = "participant"


@dataclass(frozen=True)
class AnalysisSettings:
    """Settings of an analysis of answers.

    Attributes:
        screening: leave out participants by the rules of the test's key.
        complete_only: leave out participants who did not finish.
        blocks: by participant and song, or by participant (mean over songs).
        seed: random seed of the bootstrap.
    """

    screening: bool = True
    complete_only: bool = False
    blocks: Blocks = Blocks.BY_PAGE
    seed: int = 0


class PairTable(TestTable):
    """A `SystemPair` as JSON has it; None, or NaN in tables, for undefined values."""

    cliffs_delta: float | None


@dataclass(frozen=True)
class SystemPair:
    """Two systems on one scale.

    Attributes:
        test: Wilcoxon's over blocks, with the matched-pairs rank-biserial correlation.
        cliffs_delta: over all values of both, unpaired; -1 (first always lower) to 1.
    """

    test: PairedTest
    cliffs_delta: float

    def as_json(self) -> PairTable:
        return cast(PairTable, {**asdict(self.test), "cliffs_delta": self.cliffs_delta})


@dataclass(frozen=True)
class ScaleResult:
    """One scale.

    Attributes:
        scale: the question.
        systems: system to the location of its ratings.
        friedman: whether any system differs; None for too few systems or blocks.
        pairs: every two systems.
    """

    scale: Scale
    systems: Mapping[str, Location]
    friedman: FriedmanTest | None
    pairs: tuple[SystemPair, ...]


class ScaleTable(TypedDict):
    """A `ScaleResult` as JSON has it: systems to where they lie, and the tests."""

    systems: dict[str, dict[str, float | None]]
    friedman: dict[str, object] | None
    pairs: list[PairTable]


class ParticipantTable(TypedDict):
    """A `Participant` as JSON has it."""

    name: str
    source: str
    complete: bool
    n_pages: int
    n_unheard_pages: int
    missed_share: float | None
    repeat_difference: float | None
    reasons: list[str]
    counts: bool


class CommentTable(TypedDict):
    """A `Comment` as JSON has it."""

    participant: str
    song: str
    text: str


class SettingsTable(TypedDict):
    """`AnalysisSettings` as JSON has them."""

    screening: bool
    complete_only: bool
    blocks: str
    seed: int


class AnalysisTable(TypedDict):
    """An `Analysis` as JSON has it; undefined values are None."""

    test_id: str
    title: str
    settings: SettingsTable
    systems: list[str]
    songs: list[str]
    scales: dict[str, ScaleTable]
    participants: list[ParticipantTable]
    rules: list[str]
    comments: list[CommentTable]
    remarks: list[str]


@dataclass(frozen=True)
class Analysis:
    """All results that tables, plots and the report show.

    Attributes:
        test_id, title: of the test.
        systems: in the key's order.
        songs: by name.
        settings: how it was made.
        scales: one result each.
        participants: everybody, with who is left out and why.
        rules: the screening, in sentences.
        pages: what counts.
        comments: what participants wrote, those who are left out included.
        remarks: what the reader should know.
    """

    test_id: str
    title: str
    systems: tuple[str, ...]
    songs: tuple[str, ...]
    settings: AnalysisSettings
    scales: tuple[ScaleResult, ...]
    participants: tuple[Participant, ...]
    rules: tuple[str, ...]
    pages: tuple[RatedPage, ...]
    comments: tuple[Comment, ...]
    remarks: tuple[str, ...]

    @property
    def n_counted(self) -> int:
        return sum(participant.counts for participant in self.participants)

    def ratings(self, system: str, scale: str, song: str | None = None) -> list[int]:
        """Ratings of a system on a scale, of one song or of all."""
        return [
            page.ratings[system][scale]
            for page in self.pages
            if system in page.ratings and song in (None, page.song)
        ]

    def as_json(self) -> AnalysisTable:
        value = {
            "test_id": self.test_id,
            "title": self.title,
            "settings": asdict(self.settings),
            "systems": list(self.systems),
            "songs": list(self.songs),
            "scales": {
                result.scale.id: {
                    "systems": {name: asdict(where) for name, where in result.systems.items()},
                    "friedman": asdict(result.friedman) if result.friedman else None,
                    "pairs": [pair.as_json() for pair in result.pairs],
                }
                for result in self.scales
            },
            "participants": [
                {**asdict(participant), "counts": participant.counts}
                for participant in self.participants
            ],
            "rules": list(self.rules),
            "comments": [asdict(comment) for comment in self.comments],
            "remarks": list(self.remarks),
        }
        ready: AnalysisTable = finite_or_none(value)
        return ready
