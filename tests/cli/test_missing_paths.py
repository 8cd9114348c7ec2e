"""A path that a command is to read and that does not exist is a usage error, in every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from mixer.cli.main import cli, run

# What commands write.
OUTPUTS = {"output", "out", "csv_path", "plot_path", "export_folder"}


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _commands(inner, (*words, name))


def _command(words: tuple[str, ...]) -> click.Command:
    command: click.Command | None = cli
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command


ALL = list(_commands(cli, ()))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_path_that_is_read_must_exist(words: tuple[str, ...]) -> None:
    paths = [p for p in _command(words).params if isinstance(p.type, click.Path)]
    if words == ("demo",):
        return  # it writes a folder
    lenient = {p.name for p in paths if isinstance(p.type, click.Path) and not p.type.exists}
    assert lenient <= OUTPUTS


READS = [
    words
    for words in ALL
    if words != ("demo",)
    for p in _command(words).params[:1]
    if isinstance(p.type, click.Path)
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_a_missing_path_is_a_usage_error(words, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    missing = ["nowhere"] * sum(
        isinstance(p, click.Argument) and isinstance(p.type, click.Path)
        for p in _command(words).params
    )
    given = [
        part
        for p in _command(words).params
        if isinstance(p, click.Option) and p.required
        for part in (p.opts[-1], "nowhere")
    ]
    named = ["evaluate"] if words == ("evaluate", "mixes") else words  # the default of its group
    assert run([*named, *missing, *given]) == 2
    assert "'nowhere' does not exist" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
