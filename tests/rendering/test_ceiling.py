"""A console that says "none" has no ceiling, in every place where a console can say it."""

import json
from pathlib import Path

import pytest

from mixer import RenderSettings, load_song
from mixer.batch.batch_plan import WHOLE_BATCH, list_songs
from mixer.batch.requests.defaults import Defaults
from mixer.cli.main import run
from mixer.console.settings import NO_CEILING_DBTP
from mixer.output.recipe_reader import read_recipe
from mixer.preset.merge import resolve
from mixer.preset.schema import plain_table, read_console
from mixer.rendering.settings import with_console
from mixer.studio.edited_plan import plan_edits
from mixer.studio.edits import read_changes
from mixer.takes.variation_record import write_preset
from tests.signals import band

RATE_HZ = 44_100
LIFTED = "master.true_peak_dbtp=none"


@pytest.fixture
def song(write_song, rng) -> Path:
    """Four stems whose sum, as it is, peaks far above full scale."""
    loud = {f"{name}.wav": 4.0 * audio for name, audio in band(rng, 1.0, RATE_HZ).items()}
    return Path(write_song(loud))


def render_peak(song: Path, out: Path, *options: str) -> tuple[float, float | None]:
    """True peak of a mix, and the ceiling that its recipe tells."""
    where = ["-o", str(out), "--model", "none", "--overwrite", "-q"]
    assert run(["render", str(song), *where, *options]) == 0
    recipe = read_recipe(out)
    return recipe.measurements["master"]["true_peak_dbtp"], recipe.settings.true_peak_dbtp


def test_none_lifts_the_ceiling_from_every_place(song: Path, tmp_path: Path) -> None:
    out = tmp_path / "mix.wav"
    (tmp_path / "open.toml").write_text('[master]\ntrue_peak_dbtp = "none"\n')
    (tmp_path / "low.toml").write_text("[master]\ntrue_peak_dbtp = -3\n")
    preset, low = (["--preset", str(tmp_path / f"{name}.toml")] for name in ("open", "low"))
    assert render_peak(song, out) == (pytest.approx(-1.0, abs=0.05), -1.0)
    for options in (["--set", LIFTED], preset, [*low, *preset], [*low, "--set", LIFTED]):
        peak_dbtp, ceiling_dbtp = render_peak(song, out, *options)
        assert peak_dbtp > 3.0, options
        assert ceiling_dbtp is None, options
    (song / "song.toml").write_text('[console.master]\ntrue_peak_dbtp = "none"\n')
    assert render_peak(song, out, *low)[1] is None
    # what is asked for on the command line wins
    assert render_peak(song, out, "--true-peak", "-2")[1] == -2.0


def test_the_word_survives_every_table() -> None:
    console = resolve((), None, [LIFTED]).console
    assert console.true_peak_dbtp == NO_CEILING_DBTP
    table = json.loads(json.dumps(plain_table(console)))
    assert table == {"master": {"true_peak_dbtp": "none"}}
    assert read_console(table, "recipe") == console
    # a later layer sets one again
    assert resolve((), table, ["master.true_peak_dbtp=-2"]).console.true_peak_dbtp == -2.0


def test_a_take_without_a_ceiling_stays_so(song: Path, tmp_path: Path) -> None:
    mix = tmp_path / "mix.wav"
    render_peak(song, mix, "--true-peak", "none")
    takes = iter(((mix, "vocals.gain_db=1", None), (mix, "master.true_peak_dbtp=-2", -2.0)))
    for number, (parent, asked, ceiling_dbtp) in enumerate(takes, 2):
        assert run(["revise", str(parent), asked, "-q"]) == 0
        take = next(path for path in tmp_path.glob(f"*take{number}*.wav"))
        assert read_recipe(take).settings.true_peak_dbtp == ceiling_dbtp
    assert run(["revise", str(take), LIFTED, "-q"]) == 0
    last = next(path for path in tmp_path.glob("*take4*.wav"))
    assert read_recipe(last).settings.true_peak_dbtp is None


def test_a_batch_and_the_studio_lift_it_too(song: Path, tmp_path: Path) -> None:
    (song / "song.toml").write_text('[console.master]\ntrue_peak_dbtp = "none"\n')
    manifest = tmp_path / "songs.csv"
    manifest.write_text(f"song\n{song.name}\n")
    (listed,) = list_songs(manifest, tmp_path / "out", WHOLE_BATCH, Defaults())
    assert listed.row.settings == {"true_peak_dbtp": None}
    loaded = load_song(song)
    assert plan_edits(loaded, loaded.console, {}, 0).settings.true_peak_dbtp is None
    asked = read_changes({"master.true_peak_dbtp": "none"})
    assert plan_edits(loaded, {}, asked, 0).settings.true_peak_dbtp is None
    # a preset of the edited console says it as well
    saved = plain_table(plan_edits(loaded, {}, asked, 0).full.console)
    assert saved == {"master": {"true_peak_dbtp": "none"}}


def test_a_variation_of_a_mix_without_a_ceiling_has_none(tmp_path: Path) -> None:
    write_preset(tmp_path / "var1.wav", RenderSettings(true_peak_dbtp=None), "wider")
    (preset,) = tmp_path.glob("*.toml")
    assert with_console(RenderSettings(), resolve([str(preset)]).console).true_peak_dbtp is None
