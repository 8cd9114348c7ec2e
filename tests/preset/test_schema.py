"""What a preset may say, what it is refused for, and the way to a console and back."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mixer.console import settings as console_settings
from mixer.console.settings import (
    CEILING_RANGE_DBTP,
    LOUDNESS_RANGE_LUFS,
    Band,
    Compressor,
    Console,
    Delay,
    Duck,
    Plugin,
    Strip,
)
from mixer.errors import PresetError
from mixer.files.shape import Leaf, Rows, Shape, Table
from mixer.preset.console_shape import CONSOLE, MASTER_LACKS, TARGETS
from mixer.preset.find import list_presets
from mixer.preset.merge import resolve
from mixer.preset.preset_writing import preset_text
from mixer.preset.schema import plain_table, read_console

Write = Callable[[str, str], Path]

FULL = Console(
    strips=(
        (
            "vocals",
            Strip(
                solo=True,
                amount=0.5,
                eq=(Band(), Band("notch", 50.0, q=30.0)),
                plugins=(Plugin("/x/A.vst3", (("Dry/Wet", 0.5), ("on", True), ('a"b', "c\\d"))),),
                gain_db=((0.0, -3.0), (10.5, 0.1)),
                reverb_db=-12.0,
                delay_db=-60.0,
            ),
        ),
        ("drums", Strip(mute=True, duck=Duck("bass"), pan=-1.0, width=0.0)),
    ),
    master=Strip(compressor=Compressor(amount=0.25, ratio=1e-0 + 1 / 3)),
    delay=Delay(beats=0.75, ping_pong=True),
    loudness_lufs=-14.0,
)


def test_every_setting_of_the_console_is_a_key() -> None:
    """The schema is read off the dataclasses: none of their fields is out of a preset's reach."""
    kinds = {k for k in vars(console_settings).values() if dataclasses.is_dataclass(k)}
    reached: dict[str, set[str]] = {}

    def visit(shape: Shape) -> None:
        if isinstance(shape, Rows):
            visit(shape.item)
        if isinstance(shape, Table):
            name = getattr(shape.make, "__name__", "")
            reached.setdefault(name, set()).update(shape.fields)
            for inner in shape.fields.values():
                visit(inner)

    visit(CONSOLE)
    for kind in kinds - {Console}:
        assert reached[kind.__name__] == {f.name for f in dataclasses.fields(kind)}
    bus = CONSOLE.fields["master"]
    assert isinstance(bus, Table)
    own = {f.name for f in dataclasses.fields(Strip)} - set(MASTER_LACKS)
    assert set(bus.fields) == own | {"loudness_lufs", "true_peak_dbtp"}


def test_the_targets_have_the_renderers_ranges() -> None:
    bus = CONSOLE.fields["master"]
    assert isinstance(bus, Table)
    leaves = [bus.fields[name] for name in TARGETS]
    assert [leaf.allowed for leaf in leaves if isinstance(leaf, Leaf)] == [
        LOUDNESS_RANGE_LUFS,
        CEILING_RANGE_DBTP,
    ]


def every_number() -> list[tuple[str, Leaf]]:
    """Each number of a strip, of the bus, the reverb and the delay by its dotted key."""
    found: list[tuple[str, Leaf]] = []

    def visit(shape: Shape, key: str) -> None:
        if isinstance(shape, Rows):
            visit(shape.item, f"{key}.0")
        elif isinstance(shape, Table):
            for name, inner in shape.fields.items():
                visit(inner, f"{key}.{name}" if key else name)
        elif isinstance(shape, Leaf) and shape.kind == "number":
            found.append((key, shape))

    for name in ("drums", "master", "reverb", "delay"):
        visit(CONSOLE.fields[name], name)
    return found


def test_every_number_holds_its_range_and_says_it() -> None:
    numbers = every_number()
    assert len(numbers) > 60
    for key, leaf in numbers:
        plugin = f"{key.split('.')[0]}.plugins.0.path=x.vst3"
        path = plugin if ".plugins." in key else "vocals.mute=false"
        low, high = leaf.allowed
        for value in (low, high):
            resolve(sets=[path, f"{key}={value!r}"])
        for value in (low - 1e-6 * (1 + abs(low)), high + 1e-6 * (1 + abs(high)), float("nan")):
            with pytest.raises(PresetError, match=re.escape(f"{key} must be")) as refused:
                resolve(sets=[path, f"{key}={value!r}"])
            assert f"from {low:g} to {high:g}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[vocals]\n\ngian_db = 1", 3, "vocals.gian_db is unknown; did you mean 'gain_db'?"),
        ("# x\n[vocal]\ngain_db = 1", 2, "vocal is unknown; did you mean 'vocals'?"),
        ("[vocals]\ngain_db = 30", 2, "vocals.gain_db must be a number from -60 to 24 or"),
        ("[vocals]\ngain_db = '1'", 2, "not '1'"),
        ("[vocals]\ngain_db = true", 2, "not true"),
        ("[vocals]\ngain_db = inf", 2, "not inf"),
        ("[vocals]\nmute = 1", 2, "vocals.mute must be true or false, not 1"),
        ("vocals = 3", 1, "vocals must be a table, not 3"),
        ("[vocals]\ncompressor = 3", 2, 'vocals.compressor must be a table or "none", not 3'),
        ("[vocals]\nhigh_pass = {slope_db_per_octave = 18}", 2, "must be one of 12, 24, not 18"),
        ("[[drums.eq]]\nq=1\n[[drums.eq]]\n# c\nq=99", 5, "drums.eq.1.q must be a number from 0.1"),
        ("[drums]\neq = [\n {q = 1},\n {type = 'pek'}]", 4, "drums.eq.1.type must be one of peak"),
        ("[drums]\neq = 'all'", 2, "drums.eq must be a list of tables"),
        ("[drums.eq.first]\nq = 1", 1, "drums.eq.first is unknown; a list has 0, 1, 2"),
        (
            "[drums.eq.4]\nq = 1",
            1,
            "drums.eq.4 does not exist: there are 0, the next is drums.eq.0",
        ),
        ("[bass]\npan = [[0, 0], [0, 1]]", 2, "point 1 at 0 s must come after the one at 0 s"),
        ("[bass]\npan = [[0, 0], [5, 2]]", 2, "point 1 must be from -1 to 1, not 2"),
        ("[bass]\npan = [[-1, 0]]", 2, "point 0 must be at 0 to 360000 seconds, not -1"),
        ("[bass]\npan = [[0, 0, 0]]", 2, r"point 0 must be [seconds, value], not [0, 0, 0]"),
        ("[bass]\npan = []", 2, "has 0 points; 1 to 10000 are allowed"),
        ("[master]\nloudness_lufs = [[0, -14]]", 2, "master.loudness_lufs must be a number"),
        ("[master]\nsolo = true", 2, "master.solo is unknown"),
        ("[vocals.duck]\nby = 'vocals'", 2, "vocals.duck.by must be another stem"),
        ("[drums.duck]\nby = 'piano'", 2, "must be one of vocals, bass, drums, other, not 'piano'"),
        ("[[other.plugins]]\namount = 1", 1, "other.plugins.0.path is missing"),
        (
            "[[other.plugins]]\npath='x'\nparameters = {a = [1]}",
            3,
            ".a must be a finite number",
        ),
        ('summary = "a\\nb"\n', 1, "summary must be one line of text"),
        ("extends = 3", 1, "extends must be one line of text"),
        (
            "extends = 'rokc'",
            1,
            "extends cannot be used: unknown preset 'rokc'; did you mean 'rock'?",
        ),
        ('"a\\nb" = 1', 1, "is unknown"),
    ],
)
def test_a_refusal_names_file_line_and_what_is_allowed(
    write_preset: Write, text: str, line: int, message: str
) -> None:
    path = write_preset("mine", text)
    with pytest.raises(PresetError) as refused:
        resolve([str(path)])
    assert str(refused.value).startswith(f"{path}: line {line}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "a = ",
        "a = " + "[" * 5_000,
        "[vocals]\ngain_db = " + "9" * 5_000,
        "[vocals]\ngain_db = " + "9" * 4_000,
        "[vocals]\ngain_db = 1979-05-27",
        "[vocals.gain_db.x.y.z]",
        "[vocals]\neq = [" + "{}," * 65 + "]",
        "[vocals]\ngain_db = [" + "".join(f"[{i},0]," for i in range(10_001)) + "]",
        "x" * 1_000_001,
        "é".encode("latin-1"),
        b"\x00",
    ],
)
def test_what_is_no_preset_is_one_short_line(own_folder: Path, text: str | bytes) -> None:
    path = own_folder / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PresetError, match=re.escape(str(path))) as refused:
        resolve([str(path)])
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < len(str(path)) + 300


def test_a_folder_a_pipe_and_a_missing_file_are_refused(own_folder: Path) -> None:
    (own_folder / "folder.toml").mkdir()
    for name in ("folder.toml", "none.toml", "a" * 300 + ".toml", "nul\0.toml"):
        with pytest.raises(PresetError, match="was not found"):
            resolve([str(own_folder / name)])


def test_a_console_survives_table_json_and_toml() -> None:
    table = plain_table(FULL)
    assert read_console(json.loads(json.dumps(table)), "a.mix.json") == FULL
    text = preset_text(table, summary='say "when"')
    again = tomllib.loads(text)
    assert again.pop("summary") == 'say "when"'
    assert read_console(again, "a.toml") == FULL
    assert preset_text(plain_table(read_console(again, "a.toml")), summary='say "when"') == text


def test_nothing_said_is_a_neutral_console() -> None:
    assert resolve().console == Console()
    assert resolve(["neutral"]).table == {} == plain_table(Console())
    assert resolve(sets=["vocals.gain_db=0", "bass.width=1"]).console == Console()


@pytest.mark.parametrize(
    "table",
    [
        {"vocals": {"gain_db": 99}},
        {"vocals": "none"},
        {"vocals": {"reverb_db": "none"}},
        {"vocals": {"eq": {"0": {"q": 1}}}},
        {"vocals": {"duck": {}}},
        {"all_stems": {"gain_db": 1}},
        [1],
        None,
    ],
)
def test_a_recipe_with_another_table_is_refused(table: Any) -> None:
    with pytest.raises(PresetError, match=r"^a\.mix\.json: "):
        read_console(table, "a.mix.json")


def test_the_shipped_presets_are_all_there_and_stand_alone() -> None:
    shipped = {p.name: resolve([str(p.path)]) for p in list_presets() if p.shipped}
    assert set(shipped) == {
        *("neutral", "vocal-forward", "instrumental", "modern-pop", "hip-hop", "rock", "acoustic"),
        *("edm", "lo-fi", "podcast-music-bed", "wide", "mono-safe", "demo-loud"),
    }
    for name, resolved in shipped.items():
        assert 20 < len(resolved.summary) <= 100, name
        first = Path(resolved.sources[0]["path"]).read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(f"# {name}: ")
        assert (resolved.console == Console()) == (name == "neutral")
        # what a user saves of it is the same preset
        text = preset_text(resolved.table)
        assert read_console(tomllib.loads(text), name) == resolved.console
    loud, bed = shipped["demo-loud"].console, shipped["podcast-music-bed"].console
    assert (loud.loudness_lufs, loud.true_peak_dbtp) == (-9.0, -1.0)
    assert bed.loudness_lufs == -24.0
    assert bed.strip("vocals").mute
    assert shipped["instrumental"].console.strip("vocals").mute
