"""What a test is made of: one place, one loudness, one time, and no names."""

import filecmp
import json
import re

import numpy as np
import pytest
import soundfile
import yaml

from mixer.cli.main import run
from mixer.errors import InputError, OutputError, SettingsError
from mixer.listen.build import build_test
from mixer.listen.build_settings import BuildSettings, check_build
from mixer.listen.design import PageKind, PagePlace, read_design, read_key
from mixer.listen.excerpt import (
    CEILING_DBTP,
    common_loudness_lufs,
    cut,
    loudest_start,
)
from mixer.listen.paper_layout import FIXED, default_systems
from mixer.listen.systems import find_mix_file, parse_systems
from mixer.listen.webmushra import WEBMUSHRA_FOLDER
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.true_peak import true_peak_dbtp
from mixer.song.load import load_song
from mixer.song.song import Song
from tests.listen.conftest import EXCERPT_S, HUMAN_LAG_SAMPLES, RATE_HZ, SONG_S, write_song
from tests.signals import noise


def sound(test_folder, sound_id: str) -> np.ndarray:
    path = test_folder / WEBMUSHRA_FOLDER / f"{sound_id}.wav"
    return soundfile.read(path, always_2d=True, dtype="float32")[0].T


def sounds_by_system(design, key, song: str) -> dict[str, str]:
    (page,) = (p for p in design.pages if p.place == PagePlace.ANY and key.pages[p.id].song == song)
    return {key.stimuli[s.id].system: s.sound for s in page.stimuli}


def test_the_loudest_stretch_is_found(rng) -> None:
    audio = noise(rng, 20.0, RATE_HZ, level=0.01)
    audio[:, 9 * RATE_HZ : 15 * RATE_HZ] *= 10.0
    assert loudest_start(audio, RATE_HZ, 6.0) == 9 * RATE_HZ
    # All of it is as loud as any stretch of it: the first is taken.
    assert loudest_start(audio[:, : 4 * RATE_HZ], RATE_HZ, 4.0) == 0
    with pytest.raises(InputError, match="does not fit"):
        loudest_start(audio, RATE_HZ, 21.0)
    with pytest.raises(InputError, match="silent"):
        loudest_start(0.0 * audio, RATE_HZ, 6.0)


def test_ends_fade_over_50_ms() -> None:
    ones = np.ones((2, RATE_HZ), np.float32)
    excerpt = cut(ones, 100, 20_000, RATE_HZ)
    n_fade = round(0.05 * RATE_HZ)
    assert excerpt.shape == (2, 20_000)
    assert np.all(excerpt[:, n_fade:-n_fade] == 1.0)
    assert np.abs(excerpt[:, [0, -1]]).max() < 1e-6
    assert excerpt[0, n_fade // 2] == pytest.approx(0.5, abs=0.01)
    assert np.all(ones == 1.0)


def test_all_are_lowered_together_or_it_is_refused() -> None:
    assert common_loudness_lufs([-3.0, -0.1], -23.0, lower=False) == -23.0
    assert common_loudness_lufs([-3.0, 1.23], -23.0, lower=True) == pytest.approx(-24.3)
    with pytest.raises(SettingsError, match=r"choose --loudness -24\.3"):
        common_loudness_lufs([-3.0, 1.23], -23.0, lower=False)


def test_every_mix_is_at_one_loudness(test_folder, design, key) -> None:
    mixes = {s.sound for page in design.pages for s in page.stimuli}
    assert len(mixes) == 6
    for id_ in mixes:
        audio = sound(test_folder, id_)
        assert audio.shape == (2, round(EXCERPT_S * RATE_HZ)) == (2, design.n_samples)
        assert integrated_loudness_lufs(audio, RATE_HZ) == pytest.approx(-23.0, abs=0.02)
        assert true_peak_dbtp(audio, RATE_HZ) < CEILING_DBTP
        assert key.sounds[id_]["loudness_lufs"] == pytest.approx(-23.0, abs=0.01)


def test_loud_tests_are_lowered(make_test) -> None:
    folder = make_test(loudness_lufs=-8.0, training=False)
    design = read_design(folder)
    assert design.loudness_lufs < -8.0
    mixes = [s.sound for page in design.pages for s in page.stimuli]
    peaks = [true_peak_dbtp(sound(folder, id_), RATE_HZ) for id_ in mixes]
    # As loud as the worst of them allows, and not more than a tenth below.
    assert CEILING_DBTP - 0.15 < max(peaks) <= CEILING_DBTP + 0.01
    for id_ in mixes:
        loudness = integrated_loudness_lufs(sound(folder, id_), RATE_HZ)
        assert loudness == pytest.approx(design.loudness_lufs, abs=0.02)


def test_mixes_lie_on_their_stems(test_folder, design, key) -> None:
    for song in ("Ada", "Bo"):
        sounds = sounds_by_system(design, key, song)
        assert key.sounds[sounds["human"]]["lag_samples"] == HUMAN_LAG_SAMPLES
        plain, human = (sound(test_folder, sounds[name])[0] for name in ("sum", "human"))
        cross = np.correlate(human[40_000:60_000], plain[39_900:60_100], "valid")
        assert int(np.argmax(cross)) == 100


def test_stems_sum_to_the_plain_mix(test_folder, design, key) -> None:
    for page in design.pages:
        total = sum(sound(test_folder, stem.sound) for stem in page.stems)
        plain = sounds_by_system(design, key, key.pages[page.id].song)["sum"]
        # Six dithered sounds of 16 bit lie in between.
        assert np.abs(total - sound(test_folder, plain)).max() < 8 / 32768


def test_the_excerpt_is_the_loudest(key) -> None:
    # Loud from 3 s to the end at 7 s: any 3 s in it, and nothing before.
    assert all(3.0 <= page.start_s <= 4.0 for page in key.pages.values())


def test_pages_and_their_places(design, key) -> None:
    assert sorted((p.kind, p.place) for p in design.pages) == sorted(
        [
            (PageKind.TRAINING, PagePlace.FIRST),
            (PageKind.RATED, PagePlace.ANY),
            (PageKind.RATED, PagePlace.ANY),
            (PageKind.RATED, PagePlace.LAST),
        ]
    )
    (last,) = (p for p in design.pages if p.place == PagePlace.LAST)
    original = design.pages_by_id[key.pages[last.id].repeats]
    assert {s.sound for s in last.stimuli} == {s.sound for s in original.stimuli}
    assert not {s.id for s in last.stimuli} & {s.id for s in original.stimuli}
    assert original.always
    for page in design.pages:
        assert [s.id for s in page.stimuli] == sorted(s.id for s in page.stimuli)
        assert {key.stimuli[s.id].page for s in page.stimuli} == {page.id}
        assert {key.stimuli[s.id].system for s in page.stimuli} == set(key.systems)


def test_nothing_public_says_who(test_folder, design, key) -> None:
    secrets = [*key.systems, str(key.seed), "Ada", "Bo", "mixture", str(test_folder.parent)]
    words = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in secrets))
    allowed = {"sum", "7"}  # words of the page's own scripts
    for root in (test_folder / "public", test_folder / "webmushra"):
        files = [path for path in root.rglob("*") if path.is_file()]
        assert files
        for path in files:
            assert not words.search(path.relative_to(root).as_posix())
            if path.suffix in (".json", ".yaml") or path.name in ("design.js", "index.html"):
                found = set(words.findall(path.read_text("utf-8")))
                assert not found - allowed, path
                assert "plain sum" in path.read_text("utf-8") or "sum" not in found
            assert b"key.json" not in path.read_bytes()
        assert len({path.stat().st_mtime for path in files}) == 1
    for suffix, folder in ((".js", "public/sounds"), (".wav", WEBMUSHRA_FOLDER)):
        sizes = {path.stat().st_size for path in (test_folder / folder).glob(f"*{suffix}")}
        assert len(sizes) == 1
    wav = next((test_folder / WEBMUSHRA_FOLDER).glob("*.wav")).read_bytes()
    # A header, the samples and nothing else: no chunk to hold a name or a time.
    assert len(wav) == 44 + 4 * design.n_samples


def test_order_says_nothing(design, key) -> None:
    """A system's place among the sorted ids is no constant."""
    orders = {tuple(key.stimuli[s.id].system for s in page.stimuli) for page in design.pages}
    assert len(orders) > 1


def test_a_seed_gives_the_same_test(make_test, songs) -> None:
    one, two = (make_test(songs[:1], seed=3) for _ in range(2))
    names = [p.relative_to(one).as_posix() for p in one.rglob("*") if p.is_file()]
    _, differ, errors = filecmp.cmpfiles(one, two, names, shallow=False)
    assert (differ, errors) == ([], [])
    other = make_test(songs[:1], seed=4)
    assert read_design(other).test_id != read_design(one).test_id


def test_a_hidden_reference_is_open_too(short_folder) -> None:
    folder = short_folder
    design, key = read_design(folder), read_key(folder)
    assert key.reference_system == "human"
    for page in design.pages:
        (hidden,) = (s for s in page.stimuli if key.stimuli[s.id].system == "human")
        assert page.reference == hidden.sound
    config = yaml.safe_load((folder / "webmushra/configs/mixer.yaml").read_text("utf-8"))
    page = next(p for p in config["pages"] if isinstance(p, dict) and p["type"] == "mushra")
    # webMUSHRA hides its reference among the conditions by itself.
    assert len(page["stimuli"]) == 2
    assert page["reference"] not in page["stimuli"].values()


def test_webmushra_configuration(test_folder, design) -> None:
    text = (test_folder / "webmushra/configs/mixer.yaml").read_text("utf-8")
    config = yaml.safe_load(text)
    assert {"testname", "testId", "bufferSize", "stopOnErrors", "remoteService"} <= set(config)
    welcome, *pages, finish = config["pages"]
    assert (welcome["type"], finish["type"]) == ("generic", "finish")
    (shuffled,) = (p for p in pages if isinstance(p, list))
    assert shuffled[0] == "random"
    mushra = [*(p for p in pages if isinstance(p, dict)), *shuffled[1:]]
    assert len(mushra) == len(design.pages) * len(design.scales)
    assert len({p["id"] for p in mushra}) == len(mushra)
    for page in mushra:
        assert page["type"] == "mushra"
        for path in (page["reference"], *page["stimuli"].values()):
            assert (test_folder / "webmushra" / path).is_file()
        assert page["name"] in {scale.name for scale in design.scales}
        assert page["content"].count("<audio") == 4


def test_what_cannot_be_built_is_said_first(songs: list[Song], tmp_path) -> None:
    def refused(error, match, words=("sum", "human"), own=songs, **changes) -> None:
        with pytest.raises(error, match=match):
            check_build(
                own, parse_systems(words), tmp_path / "T", BuildSettings(length_s=4.0, **changes)
            )

    refused(SettingsError, "2 to 12", words=("sum",))
    refused(InputError, "two songs are called 'Ada'", own=[songs[0], songs[0]])
    refused(InputError, "shorter than the 9 s", start_s=5.0)
    refused(SettingsError, "is not one of the systems", hidden_reference="none")
    refused(SettingsError, "1 to 2 pages", pages_per_participant=3)
    refused(SettingsError, "from 0 to 4, not 5", least_heard_s=5.0)
    refused(SettingsError, "loudness", loudness_lufs=3.0)
    with pytest.raises(SettingsError, match="two systems are called 'a'"):
        parse_systems(["x/a", "y/a"])
    with pytest.raises(SettingsError, match="NAME=FOLDER"):
        parse_systems(["mine=nowhere"])
    with pytest.raises(InputError, match="no mix of 'Ada' by human"):
        check_build(
            songs, parse_systems(["sum", "human"], tmp_path), tmp_path / "T", BuildSettings()
        )


def test_answers_are_never_overwritten(songs, tmp_path) -> None:
    settings = BuildSettings(length_s=SONG_S, seed=1, training=False)
    systems = parse_systems(["sum", "human"])
    folder = tmp_path / "T"
    build_test(songs[:1], systems, folder, settings)
    with pytest.raises(OutputError, match="--overwrite"):
        build_test(songs[:1], systems, folder, settings)
    build_test(songs[:1], systems, folder, settings, overwrite=True)
    assert (folder / "key.json").stat().st_mode & 0o077 == 0
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"notes\.txt does not belong to the test;"):
        build_test(songs[:1], systems, folder, settings, overwrite=True)
    (folder / "notes.txt").unlink()
    (folder / "answers.sqlite").touch()
    with pytest.raises(OutputError, match="holds answers"):
        build_test(songs[:1], systems, folder, settings, overwrite=True)
    with pytest.raises(InputError, match="key"):
        build_test(songs[:1], systems, tmp_path, settings, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["T"]


def test_the_command_builds(songs, rendered, tmp_path, capsys) -> None:
    folder = tmp_path / "T"
    words = [str(songs[0].folder), "--systems", "none", "human", f"old={rendered}"]
    options = ["-o", str(folder), "--length", "3", "--seed", "5", "--json"]
    assert run(["listen", "build", *words, *options]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["systems"] == ["none", "human", "old"]
    assert read_key(folder).systems == ("none", "human", "old")
    assert run(["listen", "build", *words, *options]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_human_mixes_are_found_by_name(write_song, rng, tmp_path) -> None:
    short = noise(rng, 0.5, RATE_HZ)
    files = {"vocals.wav": short, "drums.wav": short}
    (human,) = parse_systems(["human"])
    for name in ("mix.wav", "reference.flac", "Mixture.wav"):
        folder = write_song({}, folder=name.split(".")[0])
        for file, audio in {**files, name: short}.items():
            subtype = "PCM_16" if file.endswith("flac") else "FLOAT"
            soundfile.write(folder / file, audio.T, RATE_HZ, subtype=subtype)
        song = load_song(folder)
        assert find_mix_file(human, song) == song.folder / name
        assert name not in [recording.file for recording in song.recordings]
    (elsewhere,) = parse_systems(["human"], tmp_path)
    soundfile.write(tmp_path / "mix.flac", short.T, RATE_HZ)
    assert find_mix_file(elsewhere, load_song(tmp_path / "mix")) == tmp_path / "mix.flac"


def test_the_paper_s_layout_is_one_command(tmp_path, monkeypatch) -> None:
    """Six songs, six mixes of each, 25 s at -23 LUFS, the dry stems at hand, nothing else."""
    assert (FIXED["length"], FIXED["loudness"]) == (25.0, -23.0)
    # The same with less to cut.
    monkeypatch.setattr("mixer.listen.paper_layout.FIXED", {**FIXED, "length": EXCERPT_S})
    folders = [write_song(tmp_path / f"song {seed}", seed) for seed in range(6)]
    mixes = tmp_path / "mixes"
    mixes.mkdir()
    for folder in folders:
        (mixes / f"{folder.name}.wav").symlink_to(folder / "mixture.wav")
    systems = ["sum", "human", *(f"{letter}={mixes}" for letter in "abcd")]
    test = tmp_path / "test"
    arguments = [*map(str, folders), "--paper-layout", "-o", str(test), "--seed", "1", "-q"]
    assert run(["listen", "build", *arguments, "--systems", *systems]) == 0
    design, key = read_design(test), read_key(test)
    assert [(page.kind, page.place, len(page.stimuli)) for page in design.pages] == [
        (PageKind.RATED, PagePlace.ANY, 6)
    ] * 6
    assert all(page.reference is None and len(page.stems) == 4 for page in design.pages)
    assert {key.pages[page.id].song for page in design.pages} == {f"song {i}" for i in range(6)}
    assert design.n_samples == EXCERPT_S * RATE_HZ
    assert design.loudness_lufs == -23.0
    assert [scale.id for scale in design.scales] == ["production_value", "clarity", "excitement"]
    assert design.pages_per_participant is None


def test_the_paper_s_systems_are_what_ships(capsys, songs) -> None:
    assert len(default_systems()) == 6
    assert default_systems()[-1] == "human"
    assert {"default", "tracks", "none"} <= set(default_systems())
    folder = str(songs[0].folder)
    command = ["listen", "build", "-o", "t"]
    six = [*[folder] * 6, "--paper-layout"]
    for arguments, code, message in (
        ([folder, "--paper-layout"], 2, "has 6 songs, not 1"),
        ([*six, "--systems", "none", "sum"], 2, "has 6 mixes of a song, not 2"),
        ([*six, "--length", "10"], 2, "--paper-layout and --length cannot be combined"),
        ([*six, "--hidden-reference", "human"], 2, "and --hidden-reference cannot be combined"),
        ([folder], 2, "say what to compare: --systems NAME..., or --paper-layout"),
    ):
        assert run([*command, *arguments]) == code
        assert message in capsys.readouterr().err
