"""The paper's layout as a simulated study, and its analysis."""

from typing import Any

import numpy as np
import pytest

from mixer.listen.analyse import analyse
from mixer.listen.analysis import Analysis
from mixer.listen.collecting import Collected
from mixer.listen.design import Design, Key
from tests.listen.sample_answers import check_answers
from tests.listen.simulated_study import (
    N_LISTENERS,
    careless,
    design_and_key,
    listener,
)


def collected(design: Design, *everybody: dict[str, Any]) -> Collected:
    checked = {one["participant"]: check_answers(one, design) for one in everybody}
    return Collected(checked, {name: f"{name}.json" for name in checked}, (), ())


@pytest.fixture(scope="module")
def study() -> tuple[Design, Key, list[dict[str, Any]]]:
    rng = np.random.default_rng(14)
    design, key = design_and_key()
    people = [listener(design, key, f"L{i:02d}", rng) for i in range(1, N_LISTENERS + 1)]
    return design, key, [*people, careless(design, "X99", rng)]


@pytest.fixture(scope="module")
def analysis(study) -> Analysis:
    design, key, people = study
    return analyse(collected(design, *people), design, key)
