"""The test for webMUSHRA: one page a song and question, with the same sounds and ids.

The folder is laid over a webMUSHRA installation. Its mushra page needs an open reference, and adds
the same sound hidden among the mixes, as condition `reference`: that is the hidden reference where
the test has one, else the plain sum of the dry stems.

Format: audiolabs/webMUSHRA, doc/experimenter.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path

from mixer.listen.design import Design, Page, PagePlace, Scale

# Paths in a configuration start at webMUSHRA's root; the test's sounds lie where its own do.
WEBMUSHRA_FOLDER = "webmushra/configs/resources/mixer"
_SOUNDS = "configs/resources/mixer"
_BUFFER_SIZE = 2048


def write_webmushra(sounds_folder: Path, design: Design, sums: Mapping[str, str]) -> Path:
    """Write the configuration beside its sounds.

    Args:
        sounds_folder: `TEST/` + `WEBMUSHRA_FOLDER`, where the WAV files are.
        design: of the test.
        sums: page id to the sound of the dry stems' sum.

    Returns:
        The YAML file: `TEST/webmushra/configs/mixer.yaml`.
    """
    path = sounds_folder.parents[1] / "mixer.yaml"
    text = "\n".join(_block(configuration(design, sums))) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def configuration(design: Design, sums: Mapping[str, str]) -> dict[str, object]:
    """The configuration as webMUSHRA reads it from YAML."""
    placed: dict[str, list[object]] = {PagePlace.FIRST: [], PagePlace.ANY: [], PagePlace.LAST: []}
    for page in design.pages:
        placed[page.place].extend(
            _mushra_page(page, scale, design, sums[page.id]) for scale in design.scales
        )
    welcome = {
        "type": "generic",
        "id": "welcome",
        "name": design.title,
        "content": "You will hear several mixes of each song. Rate each mix on the question that "
        "the page asks, from 0 to 100. Please use headphones or good loudspeakers.",
    }
    finish = {
        "type": "finish",
        "name": "Thank you",
        "content": "Please give the name or code that you were told, and send your answers.",
        "showResults": False,
        "writeResults": True,
        "questionnaire": [{"type": "text", "label": "Participant", "name": "participant"}],
    }
    return {
        "testname": design.title,
        "testId": f"mixer_{design.test_id}",
        "bufferSize": _BUFFER_SIZE,
        "stopOnErrors": True,
        "showButtonPreviousPage": True,
        "remoteService": "service/write.php",
        "pages": [
            welcome,
            *placed[PagePlace.FIRST],
            ["random", *placed[PagePlace.ANY]],
            *placed[PagePlace.LAST],
            finish,
        ],
    }


def _mushra_page(page: Page, scale: Scale, design: Design, sum_sound: str) -> dict[str, object]:
    reference = page.reference or sum_sound
    stems = "".join(
        f"<br/>{escape(stem.id)}: <audio controls preload='none' src='{_path(stem.sound)}'></audio>"
        for stem in page.stems
    )
    what = "a mix that counts as 100" if page.reference else "the plain sum of the dry stems"
    return {
        "type": "mushra",
        "id": f"{page.id}_{scale.id}",
        "name": scale.name,
        "content": f"{escape(scale.question)} 0: {escape(scale.words[0])}, "
        f"100: {escape(scale.words[-1])}.<br/>The reference is {what}.<br/>The dry stems:{stems}",
        "showWaveform": True,
        "enableLooping": True,
        # Excerpts are longer than the 12 s of the recommendation.
        "strict": False,
        "reference": _path(reference),
        "createAnchor35": False,
        "createAnchor70": False,
        "randomize": True,
        "showConditionNames": False,
        "stimuli": {
            stimulus.id: _path(stimulus.sound)
            for stimulus in page.stimuli
            if stimulus.sound != page.reference
        },
    }


def _path(sound: str) -> str:
    return f"{_SOUNDS}/{sound}.wav"


def _block(value: dict[str, object] | list[object], indent: int = 0) -> list[str]:
    """YAML in block style; scalars as JSON, which YAML takes."""
    pad = " " * indent
    lines = []
    for name, inner in _entries(value):
        head = f"{pad}-" if name is None else f"{pad}{name}:"
        if isinstance(inner, dict | list):
            lines.append(head)
            lines.extend(_block(inner, indent + 2))
        else:
            lines.append(f"{head} {json.dumps(inner, ensure_ascii=False)}")
    return lines


def _entries(value: dict[str, object] | list[object]) -> list[tuple[str | None, object]]:
    return list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
