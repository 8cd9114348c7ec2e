"""The Tab key: what each shell is told, where its completion goes; nothing is overwritten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mixer.cli.completion_scripts import Shell
from mixer.cli.main import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]

# Looked for before `home` hides every program.
BASH = shutil.which("bash")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without anything."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr("mixer.cli.completion_scripts.shutil.which", lambda name: None)
    return folder


def completed(**words: str) -> list[str]:
    """What a shell is answered that asks at the Tab key."""
    done = subprocess.run(
        [sys.executable, "-c", "from mixer.cli.main import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **words},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("shell", [shell.value for shell in Shell])
def test_installing_twice_changes_nothing_the_second_time(home: Path, shell: str, capsys) -> None:
    assert run(["completion", "install", shell]) == 0
    said = capsys.readouterr().out
    files = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert files
    # Every file that it touched it names.
    assert all(str(path) in said for path in files)
    assert run(["completion", "install", shell]) == 0
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == files
    assert "up to date" in capsys.readouterr().out


def test_a_start_up_file_keeps_every_line(home: Path) -> None:
    start_up = home / ".zshrc"
    start_up.write_text("alias ll='ls -l'  # no end of line")
    assert run(["completion", "install", "zsh"]) == 0
    text = start_up.read_text()
    assert text.startswith("alias ll='ls -l'  # no end of line\n# >>> mixer completion >>>\n")
    start_up.write_text(text.replace("compinit", "older") + "export AFTER=1\n")
    assert run(["completion", "install", "zsh"]) == 0
    assert start_up.read_text() == text + "export AFTER=1\n"


def test_somebody_elses_completion_is_kept(home: Path, capsys) -> None:
    theirs = home / ".config" / "fish" / "completions" / "mixer.fish"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("complete -c mixer -a volume\n")
    assert run(["completion", "install", "fish"]) == 1
    assert "is not mixer's" in capsys.readouterr().err
    assert theirs.read_text() == "complete -c mixer -a volume\n"


def test_the_own_shell_is_taken_and_an_unknown_one_named(home: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert run(["completion", "install"]) == 0
    assert "press Tab" in capsys.readouterr().out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert run(["completion", "install"]) == 2
    assert "unknown shell 'tcsh'" in capsys.readouterr().err


def test_commands_and_options_are_completed() -> None:
    words = {"_MIXER_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    told = completed(**words, COMP_WORDS="mixer ")
    assert [line.removeprefix("plain,") for line in told[: len(COMMANDS)]] == list(COMMANDS)
    words["COMP_CWORD"] = "3"
    # A manifest that is not there yet is no reason to answer nothing.
    assert "plain,--json" in completed(**words, COMP_WORDS="mixer batch inti.csv --js")
    # Of a mistyped command it knows no more than of mixer itself.
    assert "plain,--help" in completed(**words, COMP_WORDS="mixer rendr x --")


def test_powershell_is_told_kind_word_and_help() -> None:
    told = completed(
        _MIXER_COMPLETE="powershell_complete", MIXER_WORDS="mixer\npreset", MIXER_WORD="de"
    )
    assert told == ["plain\tdelete\tDelete your own preset NAME; shipped..."]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(shell: str, tmp_path: Path, capsys) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    assert run(["completion", "show", shell]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    done = subprocess.run([program, "-n", str(script)], capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_manual_page_has_every_command(capsys) -> None:
    assert run(["man"]) == 0
    page = capsys.readouterr().out
    assert page.startswith('.TH "MIXER" "1"')
    for name in COMMANDS:
        assert f".SS mixer {name}" in page
    assert ".B \\-\\-loudness NUMBER|NONE\n" in page
    # A line that begins with a point would be a request.
    requests = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert requests <= {".TH", ".SH", ".SS", ".B", ".PP", ".TP", ".nf", ".fi"}
    if shutil.which("man"):
        done = subprocess.run(
            ["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True, timeout=60
        )
        assert done.stderr == ""
        assert "EXIT STATUS" in done.stdout


@pytest.mark.skipif(BASH is None, reason="no bash here")
def test_bash_completes_after_one_command_without_any_package(home: Path, capsys) -> None:
    (home / ".bashrc").write_text("export KEPT=1\n")
    assert run(["completion", "install", "bash"]) == 0
    code = '. "$HOME/.bashrc"; complete -p mixer; echo "$KEPT"'
    command = [str(BASH), "--norc", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert "mixer" in done.stdout
    assert done.stdout.endswith("\n1\n")
