"""Loading a song has a share of the bar, file by file, whatever the disk makes of it."""

from __future__ import annotations

import contextlib

import pytest

from mixer.cli import check, evaluate, listen, render, replay, revise
from mixer.cli.main import run
from mixer.rendering.timing import load_forecast
from mixer.rendering.timing.load_forecast import (
    SongLoading,
    about_a_check_s,
    about_a_mix,
    about_a_revision,
    about_variations,
    loading_steps_s,
)
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.song.load import load_song
from mixer.song.load_progress import LoadProgress, LoadStep
from tests.signals import noise

N_FILES, LENGTH_S = 6, 8.0


@pytest.fixture
def folder(write_song, rng):
    return write_song(
        {f"Audio {n}.wav": noise(rng, LENGTH_S, 8_000) for n in range(N_FILES)}, 8_000
    )


@pytest.fixture
def seen(folder) -> list[LoadProgress]:
    found: list[LoadProgress] = []
    load_song(folder, loading=found.append)
    return found


def test_each_step_is_told_file_by_file(seen) -> None:
    files = [f"Audio {n}.wav" for n in range(N_FILES)]
    for step in LoadStep:
        own = [now for now in seen if now.step == step]
        assert [now.file for now in own] == ([""] if step == LoadStep.COMPARE else files)
        assert [now.share for now in own] == [place / len(own) for place in range(len(own))]
        assert {now.n_files for now in own} == {N_FILES}
    assert [now.step for now in seen] == sorted(
        (now.step for now in seen), key=list(LoadStep).index
    )
    after_headers = {now.audio_s for now in seen if now.step != LoadStep.HEADERS}
    assert after_headers == {N_FILES * LENGTH_S}


def test_more_files_take_longer_and_to_compare_them_more_so() -> None:
    few, many = (loading_steps_s(dict.fromkeys(LoadStep, n)) for n in (10, 100))
    # What is planned at the end takes as long whatever there is.
    *steps, last = few
    assert steps == list(LoadStep)
    assert many[last] == few[last] > 0.0
    assert all(many[step] > few[step] > 0.0 for step in LoadStep)
    assert many[LoadStep.COMPARE] == pytest.approx(100.0 * few[LoadStep.COMPARE])


def test_a_mix_of_twice_the_tracks_takes_less_than_twice_as_long() -> None:
    rest_s = about_a_mix(None)
    four_s, eight_s = rest_s(240.0, 4), rest_s(480.0, 8)
    assert 0.0 < four_s < eight_s < 2.0 * four_s
    assert about_a_mix("default")(240.0, 4) == four_s < about_a_mix("none")(240.0, 4)
    first, other = (about_variations(None, 5, is_first=is_first) for is_first in (True, False))
    assert other(240.0, 4) < four_s < first(240.0, 4)
    assert first(240.0, 4) < about_variations(None, 10, is_first=True)(240.0, 4)
    assert about_a_check_s(480.0, 8) == 2.0 * about_a_check_s(240.0, 4) > 0.0


def test_the_first_take_of_a_mix_makes_it_again_and_others_find_it() -> None:
    first, second, third = (
        about_a_revision(None, is_first=is_first, knows_parts=knows_parts)
        for is_first, knows_parts in ((True, False), (False, False), (False, True))
    )
    assert 0.0 < third(240.0, 4) < second(240.0, 4) < first(240.0, 4)
    # Strips of tracks run again.
    assert third(720.0, 12) > 2.0 * third(240.0, 4)


def test_files_that_are_hashed_take_longer_by_their_length() -> None:
    n_files = dict.fromkeys(LoadStep, 10)
    plain, short, long = (loading_steps_s(n_files, hashed_s) for hashed_s in (0.0, 60.0, 600.0))
    *steps, last = plain
    assert all(plain[step] == long[step] for step in steps)
    assert long[last] - plain[last] == pytest.approx(10.0 * (short[last] - plain[last]))
    assert short[last] > plain[last]


def test_the_bar_does_not_move_before_it_is_known_what_follows(seen, monkeypatch) -> None:
    told, waits = list[float](), list[StageClock]()

    class Clock(StageClock):
        def start(self, stage: Stage, detail: str = "") -> None:
            super().start(stage, detail)
            waits.append(self)
            self._now = lambda: self._began_s + 0.5
            self.tick()

    monkeypatch.setattr(load_forecast, "StageClock", Clock)
    monkeypatch.setattr(load_forecast, "pace_for", lambda listener: 1.0)
    loading = SongLoading(lambda stage, detail, share: told.append(share), lambda *audio: 100.0)
    loading(seen[0])
    assert len(waits) == 1
    assert max(told) < 0.01


@pytest.mark.parametrize("disk_s", [0.01, 5.0], ids=["fast", "slow"])
def test_what_follows_is_not_judged_by_the_disk(seen, disk_s, monkeypatch) -> None:
    hands_s, told = [100.0], list[float]()

    class Clock(StageClock):
        def __init__(self, listener, forecast_s, **more) -> None:
            super().__init__(listener, forecast_s, lambda: hands_s[0], **more)

    monkeypatch.setattr(load_forecast, "StageClock", Clock)
    monkeypatch.setattr(load_forecast, "pace_for", lambda listener: 2.0)

    def tell(stage: str, detail: str, share: float) -> None:
        told.append(share)

    # Neither is entered: no ticks of a thread come between.
    loading = SongLoading(tell, lambda audio_s, n: 10.0 * audio_s / (N_FILES * LENGTH_S))
    for now in seen:
        loading(now)
        hands_s[0] += disk_s
    loading.__exit__(None, None, None)
    load_s = hands_s[0] - 100.0
    Clock(tell, {Stage.NETWORK: 10.0}, follows=loading.clock).start(Stage.NETWORK)
    assert told == sorted(told)
    # At twice the foreseen pace, of which the clock was told.
    assert told[-1] == pytest.approx(load_s / (load_s + 20.0), rel=0.05, abs=0.01)


def test_one_bar_from_the_first_file_on(folder, tmp_path, monkeypatch) -> None:
    mix, test = str(tmp_path / "a.wav"), str(tmp_path / "test")
    (folder / "mixture.wav").write_bytes((folder / "Audio 0.wav").read_bytes())
    two = ["--systems", "none", "--systems", "sum"]
    for module, arguments, then in (
        (render, ["render", str(folder), "-o", mix, "--model", "none"], "write"),
        (check, ["check", str(folder)], "check"),
        (revise, ["revise", mix, "other up"], "write"),
        (replay, ["replay", mix], "write"),
        (listen, ["listen", "build", str(folder), "-o", test, "--length", "3", *two], None),
        (evaluate, ["evaluate", "system", str(folder), "--model", "none"], None),
    ):
        told: list[tuple[str, str, float]] = []

        @contextlib.contextmanager
        def bar(*, quiet: bool, told=told):
            yield lambda *step: told.append(step)

        monkeypatch.setattr(module, "progress_bar", bar)
        assert run(arguments) == 0, arguments
        shares = [share for _, _, share in told]
        assert shares == sorted(shares)
        assert told[0][0] == "load"
        loaded = max(share for stage, _, share in told if stage == "load")
        if then is not None:
            assert told[-1][0] == then
            assert shares[-1] == 1.0
            assert 0.0 < loaded < 1.0
        else:
            assert loaded < 0.1 < shares[-1] <= 1.0
