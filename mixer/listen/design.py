"""The format of a test: the public design, which the page shows, and the organiser's key.

`public/design.json`:

    {"format": "mixer-listening-test", "version": 1, "test_id": "4f…", "title": "Listening test",
     "scales": [{"id": "clarity", "name": "Clarity", "question": "…", "words": ["very poor", …]}],
     "sample_rate": 44100, "n_samples": 1102500, "loudness_lufs": -23.0, "least_heard_s": 5.0,
     "pages_per_participant": null,
     "pages": [{"id": "p1c…", "kind": "rated", "place": "any", "always": false,
                "stimuli": [{"id": "m0a…", "sound": "x9b…"}],
                "stems": [{"id": "vocals", "sound": "x77…"}],
                "reference": null}]}

`key.json`, beside `public/` and never inside:

    {"format": "mixer-listening-key", "version": 1, "test_id": "4f…", "seed": 0,
     "systems": ["A", "none", "human"], "reference_system": null,
     "screening": {"hidden_reference_least": 90.0, "hidden_reference_tolerated_share": 0.15,
                   "repeat_largest_mean_difference": 20.0},
     "pages": {"p1c…": {"song": "My Song", "start_s": 41.0, "repeats": null}},
     "stimuli": {"m0a…": {"page": "p1c…", "system": "human"}},
     "sounds": {"x9b…": {"gain_db": -7.2, "lag_samples": 0, "loudness_lufs": -23.0,
                         "true_peak_dbtp": -9.8}}}

A repeated page has the same sounds under stimulus ids of its own. With a hidden reference, the
page plays the reference system's mix openly too (`reference` is its sound), and the stimulus of
that system is the hidden reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from mixer.errors import InputError
from mixer.files.document import Document, read_json
from mixer.files.fields import (
    MISSING,
    WHOLE_RANGE,
    TextKind,
    choice,
    entries,
    flag,
    number,
    table,
    text,
)

DESIGN_FORMAT = "mixer-listening-test"
KEY_FORMAT = "mixer-listening-key"
FORMAT_VERSION = 1
PUBLIC_FOLDER = "public"
DESIGN_FILE = "design.json"
KEY_FILE = "key.json"
LARGEST_RATING = 100
# Names of scales become names of files.
_SCALE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_LONGEST_NAME = 200
# kinds of page: what is answered on a training page counts for nothing


class PageKind(StrEnum):
    """Purpose of a page; answers on a training page are not used."""

    TRAINING = "training"
    RATED = "rated"


# where a page may be in a participant's order


class PagePlace(StrEnum):
    """Position of a page in a participant's order."""

    FIRST = "first"
    ANY = "any"
    LAST = "last"


@dataclass(frozen=True)
class Scale:
    """One question about every mix, answered from 0 to 100.

    Attributes:
        id: its name in answers and tables.
        name: as shown.
        question: what it asks, a sentence.
        words: evenly spaced from 0 to 100.
    """

    id: str = text(pattern=_SCALE, means="a name of letters, digits, - and _")
    name: str = text()
    question: str = text()
    words: tuple[str, ...] = entries()


_QUALITY = ("very poor", "poor", "fair", "good", "very good")
# The paper's listening test: three scales, with its words at the ends.
SCALES = (
    Scale(
        "production_value",
        "Production Value",
        "How good is the technical quality of the mix?",
        _QUALITY,
    ),
    Scale("clarity", "Clarity", "How well can the sources be told apart?", _QUALITY),
    Scale(
        "excitement",
        "Excitement",
        "How exciting is the mix?",
        ("very low", "low", "medium", "high", "very high"),
    ),
)


@dataclass(frozen=True)
class Sounding:
    """Something that can be played: a mix (`id` is random) or a stem (`id` is its name)."""

    id: str
    sound: str


@dataclass(frozen=True)
class Page:
    """One song's mixes.

    Attributes:
        id: random.
        kind: `PageKind.TRAINING` or `PageKind.RATED`.
        place: `PagePlace.FIRST`, `PagePlace.ANY` or `PagePlace.LAST` in a participant's order.
        always: shown to every participant, however few pages each one rates.
        stimuli: the mixes to rate, in the order of their ids: it says nothing.
        stems: the dry stems.
        reference: sound of the open reference, or None.
    """

    id: str
    kind: PageKind = choice(MISSING, tuple(PageKind))
    place: PagePlace = choice(MISSING, tuple(PagePlace))
    always: bool = flag()
    stimuli: tuple[Sounding, ...] = entries()
    stems: tuple[Sounding, ...] = entries()
    reference: str | None = None


class ScaleTable(TypedDict):
    """A `Scale` as JSON has it."""

    id: str
    name: str
    question: str
    words: Sequence[str]


class SoundingTable(TypedDict):
    """A `Sounding` as JSON has it."""

    id: str
    sound: str


class PageTable(TypedDict):
    """A `Page` as JSON has it."""

    id: str
    kind: PageKind
    place: PagePlace
    always: bool
    stimuli: Sequence[SoundingTable]
    stems: Sequence[SoundingTable]
    reference: str | None


class DesignTable(TypedDict):
    """A `Design` as JSON has it, which the page of the test reads."""

    format: str
    version: int
    test_id: str
    title: str
    scales: Sequence[ScaleTable]
    sample_rate: int
    n_samples: int
    loudness_lufs: float
    least_heard_s: float
    pages_per_participant: int | None
    pages: Sequence[PageTable]


@dataclass(frozen=True)
class Design:
    """The part of a test that participants may see.

    Attributes:
        test_id: random; answers carry it.
        title: as shown.
        scales: the questions.
        sample_rate: of every sound, Hz.
        n_samples: of every sound.
        loudness_lufs: of every mix.
        least_heard_s: how long every mix must have sounded before a page may be left, seconds.
        pages_per_participant: how many of the pages of place `ANY` each one rates; None for all.
        pages: all there are.
    """

    test_id: str = text()
    title: str = text(kind=TextKind.RAW, shortest=0)
    scales: tuple[Scale, ...] = entries()
    sample_rate: int = number(MISSING, 1, 10_000_000)
    n_samples: int = number(MISSING, 0, 2**40)
    loudness_lufs: float = number(MISSING, -100.0, 0.0)
    least_heard_s: float = number(MISSING, 0.0, 1e6)
    pages_per_participant: int | None = number(MISSING, 1, 1_000_000)
    pages: tuple[Page, ...] = entries()

    @property
    def pages_by_id(self) -> dict[str, Page]:
        return {page.id: page for page in self.pages}

    def as_json(self) -> DesignTable:
        table = {"format": DESIGN_FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        return cast(DesignTable, table)


@dataclass(frozen=True)
class Screening:
    """Rules that leave participants out of the analysis, fixed before anybody has answered.

    Attributes:
        hidden_reference_least: a rating of the hidden reference below it is a miss.
        hidden_reference_tolerated_share: who misses on a larger share of the rated pages is left
            out (ITU-R BS.1534-3, 4.1.2: below 90 on more than 15 %).
        repeat_largest_mean_difference: who differs by more, on average over mixes and scales,
            between a page and its repetition is left out; in points of 0 to 100.
    """

    hidden_reference_least: float = number(90.0, 0.0, LARGEST_RATING)
    hidden_reference_tolerated_share: float = number(0.15, 0.0, 1.0)
    repeat_largest_mean_difference: float = number(20.0, 0.0, LARGEST_RATING)


@dataclass(frozen=True)
class PageKey:
    """Key of a page: its song, the excerpt's start, and the page that it repeats, if any."""

    song: str = text(kind=TextKind.RAW, longest=_LONGEST_NAME)
    start_s: float = number()
    repeats: str | None = None


@dataclass(frozen=True)
class StimulusKey:
    """Key of a stimulus: its page and its system."""

    page: str = text()
    system: str = text(kind=TextKind.RAW)


class SoundTable(TypedDict):
    """Record of a sound: only mixes have `lag_samples`; the levels of silence are None."""

    gain_db: float
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    source: str
    lag_samples: NotRequired[int]


class ScreeningTable(TypedDict):
    """A `Screening` as JSON has it."""

    hidden_reference_least: float
    hidden_reference_tolerated_share: float
    repeat_largest_mean_difference: float


class PageKeyTable(TypedDict):
    """A `PageKey` as JSON has it."""

    song: str
    start_s: float
    repeats: str | None


class StimulusKeyTable(TypedDict):
    """A `StimulusKey` as JSON has it."""

    page: str
    system: str


class KeyTable(TypedDict):
    """A `Key` as JSON has it."""

    format: str
    version: int
    test_id: str
    seed: int
    systems: Sequence[str]
    reference_system: str | None
    screening: ScreeningTable
    pages: dict[str, PageKeyTable]
    stimuli: dict[str, StimulusKeyTable]
    sounds: dict[str, SoundTable]


@dataclass(frozen=True)
class Key:
    """The organiser's half of a test.

    Attributes:
        test_id: of the design it belongs to.
        seed: made ids and order.
        systems: in the order in which they were named.
        reference_system: the one that is played openly too; None for no hidden reference.
        screening: the rules; each applies if the test has what it needs.
        pages: by page id.
        stimuli: by stimulus id.
        sounds: by sound id: how it was made (gain, lag, levels), for the record.
    """

    test_id: str = text()
    seed: int = number(MISSING, *WHOLE_RANGE)
    systems: tuple[str, ...] = entries(text(kind=TextKind.RAW, longest=_LONGEST_NAME))
    reference_system: str | None = text(kind=TextKind.RAW)
    screening: Screening = table()
    pages: Mapping[str, PageKey] = entries()
    stimuli: Mapping[str, StimulusKey] = entries(most=1_000_000)
    sounds: Mapping[str, Mapping[str, Any]] = entries(default={}, most=1_000_000)

    def as_json(self) -> KeyTable:
        table = {"format": KEY_FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        return cast(KeyTable, table)


def read_design(test_folder: Path) -> Design:
    """Read the public design of a test.

    Raises:
        InputError: the folder does not hold a test, or its design is invalid.
    """
    design = _read(test_folder / PUBLIC_FOLDER / DESIGN_FILE, "design", DESIGN_FORMAT)
    return design.read_as(Design, is_open=True)


def read_key(test_folder: Path) -> Key:
    """Read the organiser's key of a test.

    Raises:
        InputError: the folder does not hold a key, or the key is invalid.
    """
    key = _read(test_folder / KEY_FILE, "key", KEY_FORMAT)
    return key.read_as(Key, is_open=True)


def _read(path: Path, half: str, expected_format: str) -> Document:
    what = f"the {half} of a test that `mixer listen build` made"
    document = read_json(path, what, InputError, advice="build the test again")
    document.check_version("version", FORMAT_VERSION, name=expected_format)
    return document
