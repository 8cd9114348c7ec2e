"""Results appear together or not at all, whatever interrupts and whatever is in the way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mixer.errors import OutputError
from mixer.files.interruption import interruptions_held_back
from mixer.files.staging import publish, staging_folder

NAMES = ("mix.wav", "mix.stems/bass.wav", "mix.stems/drums.wav", "mix.mix.json")
RECIPE = Path("mix.mix.json")


def make(staging: Path, content: str = "new") -> None:
    for name in NAMES:
        (staging / name).parent.mkdir(exist_ok=True)
        (staging / name).write_text(content)


def there(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(folder: Path, *, overwrite: bool = False) -> None:
    with staging_folder(folder) as staging:
        make(staging)
        publish(staging, folder, last=RECIPE.__eq__, overwrite=overwrite)


def test_everything_is_in_its_place_and_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b")
    assert there(tmp_path / "a" / "b") == dict.fromkeys(NAMES, "new")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_the_recipe_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path)
    order, plain = [], Path.rename

    def rename(self: Path, target: Path) -> Path:
        order.append((self.name, "earlier" in target.parts))
        return plain(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    put(tmp_path, overwrite=True)
    # An earlier one goes first: at no time does a recipe speak of files that are not there.
    assert order[0] == (RECIPE.name, True)
    assert order[-1] == (RECIPE.name, False)


@pytest.mark.parametrize("at", range(8))
def test_a_signal_in_the_middle_waits_until_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    make(tmp_path, "old")
    plain, count = Path.rename, iter(range(100))

    def rename(self: Path, target: Path) -> Path:
        if next(count) == at:
            signal.raise_signal(signal.SIGINT)
        return plain(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, overwrite=True)
    assert there(tmp_path) == dict.fromkeys(NAMES, "new")


def test_an_interruption_before_that_leaves_not_even_the_folder(tmp_path: Path) -> None:
    def interrupted() -> None:
        with staging_folder(tmp_path / "a" / "b") as staging:
            make(staging)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", range(8))
def test_what_cannot_be_renamed_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    make(tmp_path, "old")
    plain, count = Path.rename, iter(range(100))

    def rename(self: Path, target: Path) -> Path:
        if next(count) == at:
            raise PermissionError(13, "Permission denied", str(target))
        return plain(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
        put(tmp_path, overwrite=True)
    assert there(tmp_path) == dict.fromkeys(NAMES, "old")


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").write_text("mine")
    with pytest.raises(OutputError, match=r"mix\.wav already exists"):
        put(tmp_path)
    (tmp_path / "mix.wav").unlink()
    (tmp_path / "mix.wav").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match=r"mix\.wav already exists"):
        put(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mix.wav"]


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "else").write_text("mine")
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mix.wav").symlink_to(tmp_path / "else")
    put(tmp_path / "o", overwrite=True)
    assert (tmp_path / "else").read_text() == "mine"
    assert not (tmp_path / "o" / "mix.wav").is_symlink()


def test_what_went_wrong_is_said_of_the_place_and_not_of_the_hidden_folder(tmp_path: Path) -> None:
    def full() -> None:
        with staging_folder(tmp_path) as staging:
            raise OutputError(f"{staging / 'mix.wav'} cannot be written: the disk is full")

    with pytest.raises(OutputError) as caught:
        full()
    assert str(caught.value) == f"{tmp_path / 'mix.wav'} cannot be written: the disk is full"


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptions_held_back():
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
