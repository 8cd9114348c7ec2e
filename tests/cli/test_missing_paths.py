"""A path that a command is to read and that does not exist is a usage error, in every command."""

from __future__ import annotations

import click
import pytest

from mixer.cli.main import run
from tests.cli.command_tree import all_commands

# What commands write.
OUTPUTS = {"output", "out", "csv_path", "plot_path", "export_folder"}


ALL = all_commands()


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_path_that_is_read_must_exist(words: tuple[str, ...]) -> None:
    paths = [p for p in ALL[words].params if isinstance(p.type, click.Path)]
    if words == ("demo",):
        return  # it writes a folder
    lenient = {p.name for p in paths if isinstance(p.type, click.Path) and not p.type.exists}
    assert lenient <= OUTPUTS


READS = [
    words
    for words in ALL
    if words != ("demo",)
    for p in ALL[words].params[:1]
    if isinstance(p.type, click.Path)
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_a_missing_path_is_a_usage_error(words, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    missing = ["nowhere"] * sum(
        isinstance(p, click.Argument) and isinstance(p.type, click.Path) for p in ALL[words].params
    )
    given = [
        part
        for p in ALL[words].params
        if isinstance(p, click.Option) and p.required
        for part in (p.opts[-1], "nowhere")
    ]
    named = ["evaluate"] if words == ("evaluate", "mixes") else words  # the default of its group
    assert run([*named, *missing, *given]) == 2
    assert "'nowhere' does not exist" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
