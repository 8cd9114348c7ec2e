"""Answers as a participant's browser would send them, made from a test's design."""

import json
from collections.abc import Callable
from typing import Any

from mixer.listen.answers import Answers, parse_answers
from mixer.listen.design import Design, Page


def answers_of(
    design: Design,
    participant: str,
    rate: Callable[[str, str, str], int],
    *,
    stems_heard_s: Callable[[Page], dict[str, float]] = lambda page: {},
    comment: str = "",
) -> dict[str, Any]:
    """Every page done; `rate(page, stimulus, scale)` gives each rating by ids."""
    return {
        "format": "mixer-listening-answers",
        "version": 1,
        "test_id": design.test_id,
        "participant": participant,
        "revision": 1,
        "complete": True,
        "started": "2025-03-01T10:00:00.000Z",
        "saved": "2025-03-01T10:31:12.000Z",
        "page_order": [page.id for page in design.pages],
        "pages": {
            page.id: {
                "done": True,
                "started": "2025-03-01T10:00:00.000Z",
                "finished": "2025-03-01T10:05:00.000Z",
                "order": [stimulus.id for stimulus in page.stimuli],
                "ratings": {
                    stimulus.id: {
                        scale.id: rate(page.id, stimulus.id, scale.id) for scale in design.scales
                    }
                    for stimulus in page.stimuli
                },
                "heard_s": {stimulus.id: 12.5 for stimulus in page.stimuli},
                "stems_heard_s": stems_heard_s(page),
                "n_switches": 9,
                "comment": "",
            }
            for page in design.pages
        },
        "comment": comment,
    }


def whole_answers(design: Design, participant: str, rating: int = 60) -> dict[str, Any]:
    """Every page done, every rating the same."""
    return answers_of(
        design,
        participant,
        lambda page, stimulus, scale: rating,
        stems_heard_s=lambda page: {page.stems[0].id: 3.0},
        comment="ä, 日本",
    )


def check_answers(given: dict[str, Any], design: Design) -> Answers:
    """What the answers are once they have come in as JSON."""
    return parse_answers(json.dumps(given), design)
