"""A study as the paper's, with known effects: six songs, six mixes, fourteen listeners."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mixer.files.whole_file import write_json
from mixer.listen.design import (
    DESIGN_FILE,
    KEY_FILE,
    PUBLIC_FOLDER,
    SCALES,
    Design,
    Key,
    Page,
    PageKey,
    PageKind,
    PagePlace,
    Screening,
    Sounding,
    StimulusKey,
)
from tests.listen.sample_answers import answers_of

SYSTEMS = ("WUN-S-Lb", "Ours-S-Lb", "WUN-L-Lb", "Ours-L-La", "Ours-L-Lb", "human")
SONGS = tuple(f"song {letter}" for letter in "ABCDEF")
N_LISTENERS = 14
# What is true of each system, points: two and two are alike, on clarity all are, and excitement
# knows the human mix alone.
EFFECTS = {
    "production_value": dict(zip(SYSTEMS, (0.0, 0.0, 12.0, 12.0, 24.0, 36.0), strict=True)),
    "clarity": dict.fromkeys(SYSTEMS, 0.0),
    "excitement": {**dict.fromkeys(SYSTEMS, 0.0), "human": 18.0},
}
NOISE_POINTS = 8.0


def design_and_key(
    systems: tuple[str, ...] = SYSTEMS,
    songs: tuple[str, ...] = SONGS,
    reference: str | None = None,
) -> tuple[Design, Key]:
    """A test with a training page, a page a song, and the first song repeated."""
    pages, page_keys, stimuli = [], {}, {}
    kinds = [
        (PageKind.TRAINING, PagePlace.FIRST, songs[0]),
        *((PageKind.RATED, PagePlace.ANY, song) for song in songs),
    ]
    for number, (kind, place, song) in enumerate(
        [*kinds, (PageKind.RATED, PagePlace.LAST, songs[0])]
    ):
        own = {f"m{number:02d}{i:02d}": system for i, system in enumerate(systems)}
        stimuli |= {id_: StimulusKey(f"p{number:02d}", system) for id_, system in own.items()}
        pages.append(
            Page(
                id=f"p{number:02d}",
                kind=kind,
                place=place,
                always=place != PagePlace.ANY,
                stimuli=tuple(Sounding(id_, f"x{id_}") for id_ in own),
                stems=(Sounding("vocals", "x0"),),
                reference="xr" if reference else None,
            )
        )
        page_keys[f"p{number:02d}"] = PageKey(song, 1.0, "p01" if place == PagePlace.LAST else None)
    design = Design("4f", "A study", SCALES, 44_100, 1_102_500, -23.0, 5.0, None, tuple(pages))
    return design, Key("4f", 0, systems, reference, Screening(), page_keys, stimuli)


def write_study(folder: Path, design: Design, key: Key) -> Path:
    """A test folder with what analysing needs."""
    write_json(folder / PUBLIC_FOLDER / DESIGN_FILE, design.as_json())
    write_json(folder / KEY_FILE, key.as_json())
    return folder


def answers(
    design: Design, participant: str, rate: Callable[[str, str, str], float]
) -> dict[str, Any]:
    """Whole answers; `rate(page, stimulus, scale)` gives each rating by ids, kept on the scale."""

    def on_scale(page: str, stimulus: str, scale: str) -> int:
        return int(np.clip(round(rate(page, stimulus, scale)), 0, 100))

    return answers_of(design, participant, on_scale)


def listener(
    design: Design, key: Key, participant: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Somebody who hears what is there, with a habit of their own, and noise."""
    habit = rng.normal(0.0, 8.0)
    liking = {song: rng.normal(0.0, 5.0) for song in SONGS}

    def rate(page: str, stimulus: str, scale: str) -> float:
        system = key.stimuli[stimulus].system
        if system == key.reference_system:
            return 96.0
        effect = EFFECTS[scale][system]
        song = liking[key.pages[page].song]
        return 35.0 + habit + song + effect + rng.normal(0.0, NOISE_POINTS)

    return answers(design, participant, rate)


def careless(design: Design, participant: str, rng: np.random.Generator) -> dict[str, Any]:
    """Somebody who moves the sliders anywhere."""
    return answers(design, participant, lambda page, stimulus, scale: rng.uniform(0.0, 100.0))


def write_answers(folder: Path, *everybody: dict[str, Any]) -> Path:
    """A file a participant, as they hand it in."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in everybody:
        path = folder / f"answers-{one['participant']}.json"
        path.write_text(json.dumps(one), encoding="utf-8")
    return folder
