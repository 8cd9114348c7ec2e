"""What a stranger wrote never commands the terminal: in lines, in tables, in JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

import mixer.cli
from mixer.cli.console import answer, say, talk_error, talk_warning
from mixer.cli.main import run
from mixer.cli.terminal import table_console
from mixer.fxnorm.profile import PACKAGED

HOSTILE = "\x1b[31mred\x1b]0;title\x07\x9b2J\r\x08\u202eback"
COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_lines_tables_and_json_show_what_would_command(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    table = Table(box=None)
    table.add_column(Text(HOSTILE))
    table.add_row(Text(HOSTILE))
    table.add_row(HOSTILE.replace("[", "("))
    table_console().print(table)
    answer({"about": HOSTILE})
    said = capsys.readouterr().out
    assert not COMMANDS.search(said)
    assert said.count("red") == 5
    assert json.loads(said[said.index("{") :]) == {"about": HOSTILE}


def test_a_table_keeps_whole_words_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    table = Table(box=None)
    for name in ("a recording.wav", "vocals", "44100"):
        table.add_column(Text(name))
    table_console().print(table)
    assert "a recording.wav" in capsys.readouterr().out


def test_warnings_are_yellow_and_errors_red_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> str:
        talk_warning("a\x1b[31m")
        talk_error("b")
        return capsys.readouterr().err

    assert told() == "warning: a\\x1b[31m\nb\n"
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    # A terminal, as far as a program can tell.
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert told() == "\x1b[33mwarning: a\\x1b[31m\x1b[0m\n\x1b[31mb\x1b[0m\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in told()


@pytest.mark.parametrize("command", ["show", "compare"])
def test_a_profiles_words_do_not_reach_the_terminal(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = json.loads((PACKAGED / "musdb18.json").read_text(encoding="utf-8"))
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**table, "about": HOSTILE}), encoding="utf-8")
    first = ["musdb18"] if command == "compare" else []
    code = run(["profile", command, *first, str(path)])
    said = capsys.readouterr()
    assert not COMMANDS.search(said.out + said.err)
    assert code in (0, 3)


def test_commands_print_through_these_alone() -> None:
    for path in Path(mixer.cli.__file__).parent.glob("*.py"):
        if path.stem in ("console", "terminal", "main", "streams"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "click.echo(" not in text, path
        assert not re.search(r"(?<!_)Console\((?!\))", text), path
