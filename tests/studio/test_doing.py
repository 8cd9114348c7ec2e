"""What a session says while it works: every step has its share, and no share falls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer.studio.making import Maker
from mixer.studio.wet import track_audio as plain
from tests.studio.desk import Open, settled


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, float]]]:
    """Details and shares by what was worked on, none left out."""
    seen: dict[str, list[tuple[str, float]]] = {}
    plain = Maker._doing

    def doing(maker: Maker, what: str, detail: str, share: float) -> None:
        seen.setdefault(what, []).append((detail, share))
        plain(maker, what, detail, share)

    monkeypatch.setattr(Maker, "_doing", doing)
    return seen


def steps(told: list[tuple[str, float]]) -> list[str]:
    return list(dict.fromkeys(detail for detail, _ in told))


def test_the_first_mix_of_stems_is_told_to_its_end(stem_song: Path, opened: Open, told) -> None:
    settled(opened(stem_song))
    (what, mixing), = told.items()  # fmt: skip
    assert what == "rendering the mix"
    shares = [share for _, share in mixing]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    names = steps(mixing)
    assert names.index("master") < names.index("write") == len(names) - 1
    begun = dict(reversed(mixing))
    assert 0.0 < begun["master"] < begun["write"] < 1.0


def test_the_beginnings_of_tracks_and_all_of_them_are_one_work(
    track_song: Path, opened: Open, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.studio.making.FIRST_S", 1.0)
    monkeypatch.setattr("mixer.studio.wet.FIRST_S", 1.0)
    made: dict[bool, dict[int, np.ndarray]] = {True: {}, False: {}}

    def track_audio(to_mix, index, baked, kept, *, excerpt):
        made[excerpt][index] = plain(to_mix, index, baked, kept, excerpt=excerpt)
        return made[excerpt][index]

    monkeypatch.setattr("mixer.studio.making.track_audio", track_audio)
    settled(opened(track_song))
    for index, whole in made[False].items():
        first = made[True][index]
        # Half a second of it is left out, where filters do not see what follows.
        assert (first.shape[1], whole.shape[1]) == (22_050, 3 * 44_100)
        np.testing.assert_allclose(first, whole[:, :22_050], atol=1e-4)
    assert list(told) == ["listening", "rendering tracks", "rendering the mix"]
    shares = [share for _, share in told["rendering tracks"]]
    # Six beginnings of one second, six tracks of three, some of them at once.
    assert len(shares) == 12
    assert 0.0 < min(shares[:6]) <= max(shares[:6]) == pytest.approx(0.25)
    assert 0.25 < min(shares[6:]) <= max(shares[6:]) == pytest.approx(1.0)
    mixing = [share for _, share in told["rendering the mix"]]
    assert mixing == sorted(mixing)
    assert mixing[-1] == 1.0
