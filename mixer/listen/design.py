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

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import InputError

DESIGN_FORMAT = "mixer-listening-test"
KEY_FORMAT = "mixer-listening-key"
FORMAT_VERSION = 1
PUBLIC_FOLDER = "public"
DESIGN_FILE = "design.json"
KEY_FILE = "key.json"
LARGEST_RATING = 100
# kinds of page: what is answered on a training page counts for nothing
TRAINING, RATED = "training", "rated"
# where a page may stand in a participant's order
FIRST, ANY, LAST = "first", "any", "last"
_MAX_BYTES = 16 << 20


@dataclass(frozen=True)
class Scale:
    """One question that is asked of every mix, answered from 0 to 100.

    Attributes:
        id: its name in answers and tables.
        name: as shown.
        question: what it asks, a sentence.
        words: evenly spaced from 0 to 100.
    """

    id: str
    name: str
    question: str
    words: tuple[str, ...]


_QUALITY = ("very poor", "poor", "fair", "good", "very good")
# Of the paper's listening test: three scales, with its words at the ends.
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
        kind: `TRAINING` or `RATED`.
        place: `FIRST`, `ANY` or `LAST` in a participant's order.
        always: shown to every participant, however few pages each one rates.
        stimuli: the mixes to rate, in the order of their ids: it says nothing.
        stems: the dry stems.
        reference: sound of the open reference, or None.
    """

    id: str
    kind: str
    place: str
    always: bool
    stimuli: tuple[Sounding, ...]
    stems: tuple[Sounding, ...]
    reference: str | None = None


@dataclass(frozen=True)
class Design:
    """What participants may know.

    Attributes:
        test_id: random; answers carry it.
        title: as shown.
        scales: what is asked.
        sample_rate: of every sound, Hz.
        n_samples: of every sound.
        loudness_lufs: of every mix.
        least_heard_s: how long every mix must have sounded before a page may be left, seconds.
        pages_per_participant: how many of the pages of place `ANY` each one rates; None for all.
        pages: all there are.
    """

    test_id: str
    title: str
    scales: tuple[Scale, ...]
    sample_rate: int
    n_samples: int
    loudness_lufs: float
    least_heard_s: float
    pages_per_participant: int | None
    pages: tuple[Page, ...]

    @property
    def pages_by_id(self) -> dict[str, Page]:
        return {page.id: page for page in self.pages}

    def as_json(self) -> dict[str, Any]:
        return {"format": DESIGN_FORMAT, "version": FORMAT_VERSION, **asdict(self)}


@dataclass(frozen=True)
class Screening:
    """Who is left out of the analysis, said before anybody has answered.

    Attributes:
        hidden_reference_least: a rating of the hidden reference below it is a miss.
        hidden_reference_tolerated_share: who misses on a larger share of the rated pages is left
            out (ITU-R BS.1534-3, 4.1.2: below 90 on more than 15 %).
        repeat_largest_mean_difference: who differs by more, on average over mixes and scales,
            between a page and its repetition is left out; in points of 0 to 100.
    """

    hidden_reference_least: float = 90.0
    hidden_reference_tolerated_share: float = 0.15
    repeat_largest_mean_difference: float = 20.0


@dataclass(frozen=True)
class PageKey:
    """What a page is: its song, where the excerpt starts, and which page it repeats, if any."""

    song: str
    start_s: float
    repeats: str | None = None


@dataclass(frozen=True)
class StimulusKey:
    """What a stimulus is: on which page, by which system."""

    page: str
    system: str


@dataclass(frozen=True)
class Key:
    """The organiser's half of a test.

    Attributes:
        test_id: of the design it belongs to.
        seed: made ids and order.
        systems: in the order in which they were named.
        reference_system: the one that is played openly too; None for no hidden reference.
        screening: the rules; each applies where the test has what it needs.
        pages: by page id.
        stimuli: by stimulus id.
        sounds: by sound id: how it was made (gain, lag, levels), for the record.
    """

    test_id: str
    seed: int
    systems: tuple[str, ...]
    reference_system: str | None
    screening: Screening
    pages: Mapping[str, PageKey]
    stimuli: Mapping[str, StimulusKey]
    sounds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"format": KEY_FORMAT, "version": FORMAT_VERSION, **asdict(self)}


def read_design(test_folder: Path) -> Design:
    """Read the public design of a test.

    Raises:
        InputError: the folder holds no test, or its design is damaged.
    """
    path = test_folder / PUBLIC_FOLDER / DESIGN_FILE
    value = _read(path, DESIGN_FORMAT)
    try:
        return Design(
            test_id=str(value["test_id"]),
            title=str(value["title"]),
            scales=tuple(
                Scale(s["id"], s["name"], s["question"], tuple(s["words"])) for s in value["scales"]
            ),
            sample_rate=int(value["sample_rate"]),
            n_samples=int(value["n_samples"]),
            loudness_lufs=float(value["loudness_lufs"]),
            least_heard_s=float(value["least_heard_s"]),
            pages_per_participant=value["pages_per_participant"],
            pages=tuple(_page(page) for page in value["pages"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from None


def read_key(test_folder: Path) -> Key:
    """Read the organiser's key of a test.

    Raises:
        InputError: the folder holds no key, or it is damaged.
    """
    path = test_folder / KEY_FILE
    value = _read(path, KEY_FORMAT)
    try:
        return Key(
            test_id=str(value["test_id"]),
            seed=int(value["seed"]),
            systems=tuple(value["systems"]),
            reference_system=value["reference_system"],
            screening=Screening(**value["screening"]),
            pages={id_: PageKey(**page) for id_, page in value["pages"].items()},
            stimuli={id_: StimulusKey(**s) for id_, s in value["stimuli"].items()},
            sounds=value["sounds"],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from None


def _page(value: Mapping[str, Any]) -> Page:
    return Page(
        id=value["id"],
        kind=value["kind"],
        place=value["place"],
        always=value["always"],
        stimuli=tuple(Sounding(**s) for s in value["stimuli"]),
        stems=tuple(Sounding(**s) for s in value["stems"]),
        reference=value["reference"],
    )


def _read(path: Path, expected_format: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        value = json.loads(data) if len(data) <= _MAX_BYTES else None
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; give the folder that mixer listen build made"
        ) from None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or value.get("format") != expected_format:
        raise InputError(f"{path}: this is no {expected_format}; build the test again")
    if value.get("version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: version {value.get('version')!r} of the format, and this mixer reads "
            f"{FORMAT_VERSION}; build the test again"
        )
    return value


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: damaged ({type(error).__name__}: {error}); build the test again")
