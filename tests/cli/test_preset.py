"""`mixer preset`: output, exit codes, and what saving leaves behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mixer.cli import preset
from mixer.errors import OutputError, PresetError
from mixer.preset.merge import resolve


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / "own"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "own"


def run(*arguments: str) -> int:
    """The group alone; what it raises is turned into an exit code one level up."""
    code = preset.command.main(list(arguments), standalone_mode=False)
    return code if isinstance(code, int) else 0


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return answer


def test_list_tells_shipped_from_own(own_folder: Path, capsys) -> None:
    assert run("list", "--json") == 0
    shipped = answered(capsys)["presets"]
    assert len(shipped) == 13
    assert all(row["shipped"] and row["summary"] for row in shipped)
    own_folder.mkdir()
    (own_folder / "rock.toml").write_text('summary = "my rock"')
    (own_folder / "broken.toml").write_text("[vocals]\ngian_db = 1")
    assert run("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "(yours, instead of the shipped one) my rock" in lines["rock"]
    assert "line 2: vocals.gian_db is unknown" in lines["broken"]
    assert "yours" not in lines["wide"]
    assert run("list", "--json") == 0
    rows = {row["name"]: row for row in answered(capsys)["presets"]}
    assert rows["rock"]["hides_shipped"]
    assert not rows["rock"]["shipped"]


def test_show_prints_a_preset_that_does_the_same(tmp_path: Path, capsys) -> None:
    assert run("show", "modern-pop") == 0
    (tmp_path / "copy.toml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert resolve(["copy.toml"]).console == resolve(["modern-pop"]).console
    assert run("show", "wide", "--json") == 0
    shown = answered(capsys)
    assert shown["console"]["bass"] == {"width": 0.0}
    assert shown["sources"][0]["name"] == "wide"
    with pytest.raises(PresetError, match="did you mean 'rock'"):
        run("show", "rokc")


def test_validate_tells_every_mistake_and_fails(tmp_path: Path, capsys) -> None:
    (tmp_path / "bad.toml").write_text("[vocals]\ngian_db = 1\npan = 7\n[drums]\neq = 1")
    (tmp_path / "good.toml").write_text("[vocals]\npan = 0.5")
    (tmp_path / "orphan.toml").write_text('extends = "nobody"')
    assert run("validate", "good.toml", "rock") == 0
    assert capsys.readouterr().out == "good.toml: valid\nrock: valid\n"
    assert run("validate", "good.toml", "bad.toml", "orphan.toml", "none.toml") == 2
    said = capsys.readouterr()
    assert said.out == "good.toml: valid\n"
    starts = ["bad.toml: line 2", "bad.toml: line 3", "bad.toml: line 5", "orphan.toml: line 1"]
    *mistakes, missing = said.err.splitlines()
    assert [": ".join(line.split(": ")[:2]) for line in mistakes] == starts
    assert "preset file 'none.toml' was not found" in missing
    assert run("validate", "bad.toml", "--json") == 2
    (file,) = answered(capsys)["files"]
    assert (file["valid"], len(file["mistakes"])) == (False, 3)


def test_diff_shows_each_setting_that_differs(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.toml").write_text("[vocals]\ngain_db = 1\n[[vocals.eq]]\nq = 1")
    (tmp_path / "b.toml").write_text("[bass]\npan = 0.5\n[[vocals.eq]]\nq = 2\n[drums.gate]")
    assert run("diff", "a.toml", "b.toml", "--json") == 0
    rows = {row["key"]: (row["a"], row["b"]) for row in answered(capsys)["differences"]}
    assert rows.pop("drums.gate.ratio") == (None, 10.0)
    assert {key: row for key, row in rows.items() if "gate" not in key} == {
        "vocals.gain_db": (1.0, 0.0),
        "vocals.eq.0.q": (1.0, 2.0),
        "bass.pan": (0.0, 0.5),
    }
    assert run("diff", "a.toml", "b.toml") == 0
    assert "vocals.eq.0.q" in capsys.readouterr().out
    assert run("diff", "rock", "rock") == 0
    assert capsys.readouterr().out == "rock and rock set the same\n"


def test_save_keeps_a_whole_preset_and_overwrites_nothing_unasked(own_folder: Path, capsys) -> None:
    arguments = ("--preset", "rock", "--set", "vocals.gain_db=+1.5", "--summary", 'for "us"')
    assert run("save", "our-rock", *arguments) == 0
    path = own_folder / "our-rock.toml"
    assert capsys.readouterr().out == f"{path}\n"
    saved = resolve(["our-rock"])
    assert saved.console == resolve(["rock"], sets=["vocals.gain_db=+1.5"]).console
    assert saved.summary == 'for "us"'
    assert [source["name"] for source in saved.sources] == ["our-rock"]
    before = path.read_bytes()
    with pytest.raises(OutputError, match="already exists; add --overwrite"):
        run("save", "our-rock", "--set", "bass.pan=1")
    with pytest.raises(OutputError, match="wide ships with mixer"):
        run("save", "wide", "--set", "bass.pan=1")
    assert path.read_bytes() == before
    assert [p.name for p in own_folder.iterdir()] == ["our-rock.toml"]
    assert run("save", "our-rock", "--set", "bass.pan=1", "--overwrite", "--json") == 0
    assert answered(capsys)["console"] == {"bass": {"pan": 1.0}}
    assert resolve(["our-rock"]).table == {"bass": {"pan": 1.0}}


def test_delete_takes_an_own_preset_and_never_a_shipped_one(own_folder: Path, capsys) -> None:
    run("save", "wide", "--set", "bass.pan=1", "--overwrite")
    assert run("delete", "wide") == 0
    assert capsys.readouterr().out.endswith(f"deleted {own_folder / 'wide.toml'}\n")
    assert not list(own_folder.iterdir())
    assert resolve(["wide"]).table != {"bass": {"pan": 1.0}}
    with pytest.raises(PresetError, match="wide ships with mixer"):
        run("delete", "wide")
    with pytest.raises(PresetError, match="you have not saved any"):
        run("delete", "../song")
    run("save", "our-rock", "--set", "bass.pan=1")
    with pytest.raises(PresetError, match="did you mean 'our-rock'"):
        run("delete", "our-rok")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("../x", "--set", "bass.pan=1"), "is not a valid preset name"),
        (("x",), "nothing to save"),
        (("x", "--set", "bass.pan=9"), "--set: bass.pan must be a number from -1 to 1"),
        (("x", "--set", "bass.pan=1", "--summary", "a\nb"), "must be one line"),
    ],
)
def test_save_refuses_before_it_writes(
    own_folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(PresetError, match=message):
        run("save", *arguments)
    assert not own_folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="rights work in another way there")
def test_save_where_nothing_can_be_made_is_one_line(own_folder: Path) -> None:
    own_folder.write_text("a file, not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        run("save", "x", "--set", "bass.pan=1")
