"""What one mix of a song keeps, the next finds: variations and revisions, and the same bits."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, revise
from mixer.audio import read_audio
from mixer.network.output import RunOptions, WetStems
from mixer.network.runner import LocalRunner
from mixer.output.destination import Destination
from mixer.output.output_settings import OutputSettings, ReportKind
from mixer.output.recipe import song_table
from mixer.rendering.asked_song import load_asked
from mixer.rendering.job import Job
from mixer.rendering.kept.kept_arrays import KeptArrays
from mixer.rendering.kept.kept_material import KeptMaterial
from mixer.rendering.made_material import Material
from mixer.rendering.material.wet_material import wet_material
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song import samples
from mixer.takes.kept_song import kept_of
from mixer.takes.variation_plan import Wanted
from mixer.takes.variations import MadeVariations, find_first, make_variations
from tests.signals import band

RATE_HZ = 44_100
VOCALS, STEMS = frozenset({"vocals"}), ["bass", "drums", "other", "vocals"]
WANTED = Wanted(spread=2, names=("vocals-up",))

Vary = Callable[..., MadeVariations]


class Done:
    """What has been done: the network's passes, and the stems that were decoded."""

    def __init__(self) -> None:
        self.passes: list[object] = []
        self.decoded: list[str] = []

    def __call__(self) -> tuple[list[object], list[str]]:
        """All since the last call."""
        done = self.passes, sorted(self.decoded)
        self.passes, self.decoded = [], []
        return done


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    found, run_network, read_stem = Done(), LocalRunner.run, samples.read_stem

    def ran(self: LocalRunner, stems: object, options: RunOptions) -> object:
        found.passes.append(options.wet_stems)
        return run_network(self, stems, options)

    def read(song: object, stem: str, rate: int) -> np.ndarray:
        found.decoded.append(stem)
        return read_stem(song, stem, rate)

    monkeypatch.setattr(LocalRunner, "run", ran)
    monkeypatch.setattr("mixer.rendering.material.stems_in_work.read_stem", read)
    return found


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    song: Path = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()})
    return song


@pytest.fixture
def vary(folder: Path, tmp_path: Path) -> Vary:
    """Make variations of the song, in a folder of a name."""

    def made(
        name: str = "mixes",
        wanted: Wanted = WANTED,
        report: ReportKind = ReportKind.NONE,
        **more: object,
    ) -> MadeVariations:
        song, resolved = load_asked(folder)
        plan = plan_render(song, with_console(RenderSettings(**more), resolved.console))
        outputs = OutputSettings("wav", "32f", report=report)
        where = Destination(tmp_path / name / "song.wav", outputs)
        there = find_first(plan, where, song)
        return make_variations(plan, where, wanted, there=there)

    return made


def kept_for(folder: Path, **settings: object) -> tuple[KeptMaterial, RenderPlan]:
    plan = plan_render(load_song(folder), RenderSettings(**settings))
    hashes = {file["file"]: file["sha256"] for file in song_table(plan.song)["files"]}
    kept = kept_of(plan, hashes)
    assert kept is not None
    return kept, plan


def made_of(plan: RenderPlan, wet_stems: WetStems, kept: KeptMaterial | None = None) -> Material:
    return wet_material(Job(plan, StageClock(), WantedAudio(wet_stems), kept=kept))


def what_was_written(folder: Path) -> Iterator[tuple[str, object]]:
    """Samples of all mixes by name, and all of their recipes that is not of the run itself."""
    for path in sorted(folder.glob("*.wav")):
        yield path.name, read_audio(path)[0].tobytes()
    for path in sorted(folder.glob("*.mix.json")):
        recipe = json.loads(path.read_text(encoding="utf-8"))
        take = recipe.get("take", {})
        yield path.name, (recipe["measurements"], take.get("parts"), take.get("variation"))


def test_more_variations_find_what_the_first_have_kept(
    vary: Vary, done: Done, tmp_path: Path, cache: Path
) -> None:
    vary("one")
    assert done() == ([VOCALS], STEMS)
    vary("again")
    assert done() == ([], [])
    shutil.rmtree(cache)
    vary("without")
    assert done() == ([VOCALS], STEMS)
    again, without = (dict(what_was_written(tmp_path / name)) for name in ("again", "without"))
    assert len(again) == 8
    assert again == without


def test_a_revision_leaves_all_that_variations_need(
    vary: Vary, done: Done, tmp_path: Path, cache: Path
) -> None:
    vary("one", Wanted(names=("brighter",)))
    # The proof of what a revision left as it was needs wet stems that variations do not.
    done()
    one = revise(tmp_path / "one" / "song.wav", "drums up")
    assert done() == ([True], STEMS)
    vary("after")
    assert done() == ([], [])
    shutil.rmtree(cache)
    vary("without")
    after, without = (dict(what_was_written(tmp_path / name)) for name in ("after", "without"))
    assert after == without
    shutil.rmtree(cache)
    two = revise(tmp_path / "one" / "song.wav", "drums up")
    assert np.array_equal(one.rendered.mix.audio, two.rendered.mix.audio)
    assert one.take["parts"] == two.take["parts"]


def test_variations_after_a_plain_render_and_its_revision_only_ask_how_sure_the_model_is(
    vary: Vary, done: Done, first_take: Callable[..., Path], tmp_path: Path
) -> None:
    recipe = first_take()
    revise(recipe, "drums up")
    done()
    kept, plan = kept_for(recipe.parent.parent / "song", uncertainty=True)
    # Of these the model is asked; its answer is there.
    assert kept.holds(plan, WantedAudio(VOCALS)) == {Stage.NORMALISE: 4, Stage.NETWORK: 2}
    vary("mixes")
    assert done() == ([], [])
    assert kept.holds(plan, WantedAudio(VOCALS)) == {Stage.NORMALISE: 0, Stage.NETWORK: 2}


def test_variations_leave_no_normalised_stems(vary: Vary, folder: Path) -> None:
    """They would take twice the room of all else, and only revisions need them."""
    vary()
    kept, plan = kept_for(folder, uncertainty=True)
    assert kept.holds(plan, WantedAudio(VOCALS)) == {Stage.NORMALISE: 0, Stage.NETWORK: 2}
    assert kept.normalised("bass", plan) is None
    assert Stage.NETWORK not in kept.holds(plan, WantedAudio(True))
    # A report shows their sum.
    assert kept.holds(plan, WantedAudio(VOCALS, stages=True)) == {Stage.NETWORK: 2}


def test_a_report_is_made_of_normalised_stems_again(vary: Vary, done: Done, tmp_path: Path) -> None:
    vary("one", Wanted(names=("brighter",)), report=ReportKind.EMBEDDED)
    assert done() == ([True], STEMS)
    vary("two", Wanted(names=("brighter",)), report=ReportKind.EMBEDDED)
    assert done() == ([], STEMS)
    assert (tmp_path / "two" / "song.report.html").is_file()


@pytest.mark.parametrize("harm", ["a bit", "half of it", "its head", "all of it"])
def test_a_damaged_entry_is_made_again(
    vary: Vary, done: Done, tmp_path: Path, cache: Path, harm: str
) -> None:
    vary("one")
    for path in cache.iterdir():
        content = bytearray(path.read_bytes())
        if harm == "a bit":
            content[len(content) // 2] ^= 1
        elif harm == "its head":
            content[:8] = b"[1, [2]]"
        else:
            del content[len(content) // 2 if harm == "half of it" else 0 :]
        path.write_bytes(content)
    done()
    vary("two")
    assert done() == ([VOCALS], STEMS)
    one, two = (dict(what_was_written(tmp_path / name)) for name in ("one", "two"))
    assert one == two
    vary("three")
    assert done() == ([], [])  # it was mended


def test_a_full_disk_costs_time_only(
    vary: Vary, done: Done, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(blocks: object) -> Iterator[bytes]:
        yield b"{"
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mixer.rendering.kept.kept_arrays._hashed", full)
        vary("one")
    assert list(cache.iterdir()) == []
    vary("two")
    assert done.passes == [VOCALS, VOCALS]
    one, two = (dict(what_was_written(tmp_path / name)) for name in ("one", "two"))
    assert one == two


def test_a_cache_that_cannot_be_a_folder_costs_time_only(
    vary: Vary, done: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a file"
    file.touch()
    monkeypatch.setenv("MIXER_CACHE", str(file / "cache"))
    vary("one")
    vary("two")
    assert done.passes == [VOCALS, VOCALS]
    assert file.read_bytes() == b""


@pytest.mark.parametrize(
    "setting",
    [{"seed": 1}, {"levels": "mix"}, {"effects": ("loudness",)}, {"model": "none"}, {"dry": True}],
)
def test_what_was_made_by_other_settings_is_not_found(
    vary: Vary, folder: Path, setting: dict[str, object]
) -> None:
    vary()
    kept, plan = kept_for(folder, **setting)
    assert kept.holds(plan, WantedAudio(VOCALS)) == {}


def test_what_acts_behind_the_network_does_not_matter(vary: Vary, folder: Path) -> None:
    vary(loudness_lufs=-20.0)
    kept, plan = kept_for(folder, platform="spotify", model="default", device="cpu")
    assert Stage.NETWORK in kept.holds(plan, WantedAudio(VOCALS))


def test_another_recording_or_another_way_to_take_it_is_not_found(
    vary: Vary, folder: Path, rng: np.random.Generator
) -> None:
    vary()
    (folder / "song.toml").write_text("dry = true\n", encoding="utf-8")
    kept, plan = kept_for(folder)
    assert kept.holds(plan, WantedAudio(VOCALS)) == {}
    (folder / "song.toml").write_text('[files."bass.wav"]\ngain_db = 1.0\n', encoding="utf-8")
    kept, plan = kept_for(folder)
    assert kept.holds(plan, WantedAudio(VOCALS)) == {}
    (folder / "song.toml").unlink()
    kept, plan = kept_for(folder)
    assert Stage.NETWORK in kept.holds(plan, WantedAudio(VOCALS))
    audio = band(rng, 3.0, RATE_HZ)["bass"]
    soundfile.write(folder / "bass.wav", 0.5 * audio.T, RATE_HZ, subtype="FLOAT")
    kept, plan = kept_for(folder)
    assert kept.holds(plan, WantedAudio(VOCALS)) == {}


def test_tracks_are_heard_once(vary: Vary, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vary("one", Wanted(names=("brighter",)), model="tracks")

    def hear(*args: object) -> object:
        raise AssertionError("heard again")

    monkeypatch.setattr("mixer.rendering.tracks.track_material.listen_to_tracks", hear)
    vary("two", Wanted(names=("darker",)), model="tracks")


def test_all_wet_stems_serve_for_a_few_and_a_mix_alone_for_none(folder: Path) -> None:
    kept, plan = kept_for(folder)
    of_all = made_of(plan, wet_stems=True, kept=kept)
    found = kept.answer(plan, VOCALS)
    assert found is not None
    assert list(found.wet_stems) == ["vocals"]
    assert np.array_equal(found.wet_stems["vocals"], of_all.wet_stems["vocals"])
    assert np.array_equal(found.mix, of_all.mix)
    assert kept.answer(plan, wet_stems=False) is None
    alone = made_of(plan, VOCALS)
    assert np.array_equal(alone.mix, of_all.mix)
    assert np.array_equal(alone.wet_stems["vocals"], of_all.wet_stems["vocals"])


def test_a_stem_that_the_song_has_not_takes_no_room(
    write_song, rng: np.random.Generator, tmp_path: Path
) -> None:
    tracks = band(rng, 3.0, RATE_HZ)
    song = load_song(write_song({f"{stem}.wav": tracks[stem] for stem in ("drums", "bass")}))
    plan = plan_render(song, RenderSettings())
    kept = KeptMaterial(KeptArrays(tmp_path / "own", "this song"))
    made = made_of(plan, wet_stems=True, kept=kept)
    found = kept.answer(plan, wet_stems=True)
    assert found is not None
    assert list(found.wet_stems) == list(made.wet_stems)
    sizes = [path.stat().st_size for path in (tmp_path / "own").iterdir()]
    # Two normalised stems, two wet ones and their mix.
    assert sum(size > 2 * 4 * plan.n_samples for size in sizes) == 5
