"""What the pages' commands find in the current folder, how they are made small, what they leave."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from mixer.listen.design import read_design
from tests.docs.running import ChangeWords
from tests.listen.sample_answers import whole_answers
from tests.reference.songs import another_song
from tests.signals import band

RATE_HZ = 44_100
STEMS = ("vocals", "drums", "bass", "other")
_SMALL_RUN = [
    "run.device=cpu",
    "run.threads=1",
    "run.batch_size=2",
    "run.batches_per_epoch=2",
    "run.tensorboard=false",
    "schedule.epochs=1",
    "schedule.divisors=1",
    "schedule.warm_up_epochs=0",
]
_SMALL_WAVEFORMS = ["data.segment_s=1.7", "data.workers=0", "data.valid_per_song=1"]
_NETWORKS_OF_THE_PAPER = ("paper-pretrain", "paper-la", "paper-lb", "smoke")


def _nothing(said: str) -> None:
    del said


@dataclass(frozen=True)
class Scene:
    """A page's surroundings.

    Attributes:
        prepare: writes what the commands need; gets the folder of the short demo song.
        words: makes a command cheap or complete: gets and gives the words behind `mixer`;
            none mean that the line is only parsed.
        after: checks what the commands have left in the current folder; gets what they printed.
        trains: whether the page needs PyTorch.
    """

    prepare: Callable[[Path], None]
    words: ChangeWords = list
    after: Callable[[str], None] = _nothing
    trains: bool = False


def _one_song(demo: Path) -> None:
    shutil.copytree(demo, "my_song")


def _songs(demo: Path, *names: str, mixture: bool = False) -> None:
    for place, name in enumerate(names):
        folder = Path(shutil.copytree(demo, name))
        (folder / "song.toml").write_text(f'title = "{folder.name}"\n')
        if mixture:
            parts = [soundfile.read(folder / f"{stem}.wav", always_2d=True)[0] for stem in STEMS]
            gains = (0.5, 0.4, 0.6, 0.3 + 0.1 * place)
            mix = sum(gain * (part * np.ones(2)) for gain, part in zip(gains, parts, strict=True))
            soundfile.write(folder / "mixture.wav", mix, RATE_HZ, subtype="PCM_16")


def _first_mix(demo: Path) -> None:
    del demo  # The page's first line makes it.


def _short_demo(demo: Path) -> ChangeWords:
    """The line that composes the demo song gets the one that is composed already, and shorter."""

    def words(given: list[str]) -> list[str]:
        if given[0] != "demo":
            return given
        shutil.copytree(demo, given[1])
        return ["check", given[1]]

    return words


def _readme(demo: Path) -> None:
    _one_song(demo)
    _songs(demo, "songs/one", "songs/two")


def _after_readme(said: str) -> None:
    del said
    assert len(list(Path("mixes").glob("my_song.var?.wav"))) == 5
    assert Path("daw/my_song.rpp").is_file()
    assert len(list(Path("out").glob("*.wav"))) == 2
    assert Path("out/index.html").is_file()


def _after_first_mix(said: str) -> None:
    del said
    assert Path("out/a.flac").is_file()
    assert Path("out/seen.report.html").is_file()


def _batch(demo: Path) -> None:
    _songs(demo, "songs/one", "songs/two", "songs/three")


def _after_batch(said: str) -> None:
    del said
    assert len(list(Path("out").glob("*.wav"))) == 3


def _evaluation(demo: Path) -> None:
    _songs(demo, "songs/one", "songs/two", mixture=True)
    shutil.copy("songs/one/mixture.wav", "human_mix.wav")
    shutil.copy("songs/two/mixture.wav", "my_mix.wav")


def _evaluation_words(given: list[str]) -> list[str]:
    if given[:2] == ["listen", "build"]:
        return [*given, "--length", "4"]
    if given[:2] == ["listen", "analyse"]:
        design = read_design(Path(given[2]))
        Path("answers").mkdir()
        for person in ("p1", "p2"):
            text = json.dumps(whole_answers(design, person))
            Path(f"answers/{person}.json").write_text(text)
        return [*given, "answers"]
    return given


def _after_evaluation(said: str) -> None:
    del said
    assert Path("TEST/analysis/report.html").is_file()


def _presets(demo: Path) -> None:
    _one_song(demo)
    for name, stem in (("Lead Vox", "vocals"), ("Gtr L", "other"), ("Kick", "drums")):
        audio, rate = soundfile.read(demo / f"{stem}.wav")
        soundfile.write(f"my_song/{name}.wav", np.roll(audio, 5000, 0) * 0.7, rate)


def _song_folder(demo: Path) -> None:
    _one_song(demo)
    for name, stem in (
        ("07_Noise 1", "drums"),
        ("take 2 (old)", "vocals"),
        ("Snare Bottom", "drums"),
    ):
        audio, rate = soundfile.read(demo / f"{stem}.wav")
        soundfile.write(f"my_song/{name}.wav", np.roll(audio, 7000, 0) * 0.6, rate)


def _training(demo: Path) -> None:
    _one_song(demo)
    _songs(demo, "my_songs/one", "my_songs/two", "my_songs/three", mixture=True)


def _training_words(given: list[str]) -> list[str]:
    if given[:2] == ["dataset", "prepare"]:
        variants = [] if "--variants" in given or "bands" in given else ["--variants", "1"]
        return [*given, *variants, "--jobs", "1", "--overwrite"]
    if given[0] == "train":
        if given[1] in _NETWORKS_OF_THE_PAPER:
            return [*given, *_SMALL_RUN, *_SMALL_WAVEFORMS, *_small_network()]
        return [*given, *_SMALL_RUN]
    if given[:2] == ["export", "runs/mine/best.safetensors"]:
        return []  # The default's size takes ten seconds to trace; tests/export has small ones.
    return given


def _small_network() -> list[str]:
    from tests.training.run.small_run import HYPER  # needs torch

    return [f"network.hyper_parameters.{name}={value}" for name, value in HYPER.items()]


def _musdb18(demo: Path) -> None:
    """Three songs of two seconds, laid out as MUSDB18-HQ is."""
    del demo
    for place, name in enumerate(("train/A - A", "train/Triviul - Angelsaint", "test/B - B")):
        folder = Path("musdb18hq", name)
        folder.mkdir(parents=True)
        stems = band(np.random.default_rng(place), 2.0, RATE_HZ)
        for stem, audio in {**stems, "mixture": sum(stems.values())}.items():
            soundfile.write(folder / f"{stem}.wav", 0.4 * audio.T, RATE_HZ)


def _after_paper(said: str) -> None:
    assert "Objective measures, mean over 1 song" in said
    assert re.search(r"^ours-s-lb +\d", said, re.MULTILINE)
    assert re.search(r"^none +\d", said, re.MULTILINE)


def _references(demo: Path) -> None:
    _one_song(demo)
    Path("references").mkdir()
    names = ("reference.wav", "other.wav", "references/one.wav", "references/two.wav")
    for seed, name in enumerate(names):
        soundfile.write(name, another_song(6.0, seed).T, RATE_HZ, subtype="PCM_16")


def _after_references(said: str) -> None:
    del said
    assert Path("mixes/two.take2.wav").is_file()
    assert Path("again/two.wav").read_bytes() == Path("mixes/two.wav").read_bytes()


def _after_takes(said: str) -> None:
    del said
    assert Path("mixes/my_song.take3.wav").is_file()


def _deliverables(demo: Path) -> None:
    _one_song(demo)
    with Path("my_song/song.toml").open("a", encoding="utf-8") as file:
        file.write("\nexplicit = [{ from_s = 1.0, to_s = 1.5 }]\n")


def _after_deliverables(said: str) -> None:
    del said
    assert len(list(Path("out/my_song.versions").iterdir())) == 10
    assert Path("out/streaming.take2.mix.json").is_file()


def _after_variations(said: str) -> None:
    del said
    variations = sorted(Path("mixes").glob("my_song.var?.wav"))
    assert len(variations) == 9
    assert Path("mixes/my_song.var2.take2.wav").is_file()
    again = soundfile.read("out/my_song.wav")[0]
    assert np.array_equal(again, soundfile.read("mixes/my_song.var2.wav")[0])


def _after_library(said: str) -> None:
    del said
    assert Path("out/my_song.wav").is_file()


def scene_of(page: str, demo: Path) -> Scene:
    """The scene of a page without its ending; most need a song in `my_song`.

    Args:
        page: such as "first-mix".
        demo: the folder of the short demo song.
    """
    scenes = {
        "README": Scene(_readme, after=_after_readme),
        "batch": Scene(_batch, after=_after_batch),
        "deliverables": Scene(_deliverables, after=_after_deliverables),
        "evaluation": Scene(_evaluation, _evaluation_words, _after_evaluation),
        "first-mix": Scene(_first_mix, _short_demo(demo), _after_first_mix),
        "library": Scene(_one_song, after=_after_library),
        "paper": Scene(_musdb18, _training_words, _after_paper, trains=True),
        "presets": Scene(_presets),
        "references": Scene(_references, after=_after_references),
        "takes": Scene(_one_song, after=_after_takes),
        "song-folders": Scene(_song_folder),
        "training": Scene(_training, _training_words, trains=True),
        "variations": Scene(_one_song, after=_after_variations),
    }
    return scenes.get(page, Scene(_one_song))
