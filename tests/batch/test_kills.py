"""Workers and whole runs that are killed lose nothing and render nothing twice."""

import random

import pytest

from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from tests.batch.killing import COPY, finish, kill_somewhere, linux, mixes, start
from tests.batch.stand_in import expected_mix


@linux
@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_render_nothing_twice(make_songs, tmp_path) -> None:
    names = [f"song {n}" for n in range(140)]
    manifest = make_songs(names, **{name: {"seconds": 0.05} for name in names})
    out, chance = tmp_path / "out", random.Random(2208)
    kinds = ["worker", "parent", "everything"] * 7
    for what in kinds[:20]:
        kill_somewhere(start(manifest, out, COPY), out, what, chance)
    killed = mixes(out)
    records = finish(manifest, out, COPY)
    assert killed < len(names)  # the kills came while there was work
    assert len(records) == len(names)
    for name in names:
        assert records[name].state == State.DONE
        assert records[name].renders == 1
        assert (out / f"{name}.wav").read_bytes() == expected_mix(tmp_path / name, {})
    assert sum(record.attempts for record in records.values()) > len(names)
    ours = {"results.csv", "results.jsonl", STATE_FOLDER}
    written = {p.name for p in out.iterdir()} - ours
    assert written == {f"{n}{end}" for n in names for end in (".wav", ".mix.json")}
