"""Run a page's blocks in the current folder, in their order, or check them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mixer.cli.main import run
from mixer.files.toml_text import parse_toml
from tests.docs.blocks import Block
from tests.docs.parsing import parse_line, parse_mixer

# These answer until somebody stops them.
SERVERS = (["studio"], ["mcp"], ["listen", "serve"])
# The commands of the jobs on the page of clusters are recorded by stand-ins of these names.
_STAND_IN = '#!/bin/sh\nprintf "%s\\n" "$@" > "$RECORDED"\n'
_SRUN = '#!/bin/sh\nshift\nexec "$@"\n'

ChangeWords = Callable[[list[str]], list[str]]


class PageRun:
    """A page's blocks, run one after the other with the names that Python blocks share."""

    def __init__(self, change_words: ChangeWords, capsys: pytest.CaptureFixture[str]) -> None:
        self.change_words = change_words
        self.capsys = capsys
        self.names: dict[str, Any] = {}
        self.said = ""

    def write_files(self, blocks: list[Block]) -> None:
        """Write the blocks that are files, so that any command of the page finds them."""
        for block in blocks:
            if block.file:
                Path(block.file).parent.mkdir(parents=True, exist_ok=True)
                Path(block.file).write_text(block.text, encoding="utf-8")

    def run(self, block: Block) -> None:
        """Run a block, or check one that is marked or that is not a program."""
        if block.language == "sh":
            for words in block.commands():
                self._line(words, block)
        elif block.language == "python":
            exec(compile(block.text, block.where, "exec"), self.names)
        else:
            {
                "text": lambda block: None,
                "json": _check_json,
                "toml": self._check_toml,
                "csv": self._check_manifest,
                "bash": _run_job,
                "yaml": _check_kubernetes_job,
            }[block.language](block)

    def _line(self, words: list[str], block: Block) -> None:
        parse_line(words, block.where)
        serves = any(words[1 : 1 + len(server)] == server for server in SERVERS)
        if words[0] == "mixer" and not block.not_run and not serves:
            self._mixer(words[1:], block.where)

    def _mixer(self, words: list[str], where: str) -> None:
        target = None
        if ">" in words:
            target = words[words.index(">") + 1]
            words = words[: words.index(">")]
        words = self.change_words([part for word in words for part in _names(word)])
        if not words:
            return
        self.capsys.readouterr()
        code = run(words)
        said = self.capsys.readouterr()
        assert code == 0, f"{where}: {words}: {said.err}"
        self.said += said.out
        if target is not None:
            Path(target).write_text(said.out, encoding="utf-8")

    def _check_toml(self, block: Block) -> None:
        parse_toml(block.text)
        if block.file:
            path = Path(block.file)
            is_song = path.name == "song.toml"
            self._mixer(
                ["check", str(path.parent)] if is_song else ["preset", "validate", block.file],
                block.where,
            )

    def _check_manifest(self, block: Block) -> None:
        Path("block.csv").write_text(block.text, encoding="utf-8")
        self._mixer(["batch", "block.csv", "-o", "of-the-block", "--dry-run"], block.where)


def _names(word: str) -> list[str]:
    """What a shell makes of a word with stars: the names that it stands for, if there are any."""
    found = (
        [str(path) + "/" * word.endswith("/") for path in sorted(Path().glob(word))]
        if "*" in word and "=" not in word
        else []
    )
    return found or [word]


def _check_json(block: Block) -> None:
    value = json.loads(block.text)
    for server in value.get("mcpServers", {}).values():
        assert server["command"] == "mixer"
        parse_mixer(server["args"], block.where)


def _run_job(block: Block) -> None:
    """Run a script for a cluster with stand-ins for what it calls."""
    _check_recorded(["bash", "-c", block.text], block)


def _check_kubernetes_job(block: Block) -> None:
    job = yaml.safe_load(block.text)
    template = job["spec"]["template"]["spec"]
    for container in template["containers"]:
        volumes = {volume["name"] for volume in template["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        _check_recorded(container["command"], block)


def _check_recorded(command: list[str], block: Block) -> None:
    """Run a command whose `mixer` is a stand-in, and read the words that the stand-in was given."""
    folder = Path("stand-ins")
    folder.mkdir(exist_ok=True)
    for name, script in (("mixer", _STAND_IN), ("srun", _SRUN)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    numbers = {
        "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_CPUS_PER_TASK": "4",
        "JOB_COMPLETION_INDEX": "2",
    }
    path = f"{folder.resolve()}{os.pathsep}{os.environ['PATH']}"
    recorded = folder / "words"
    surroundings = {**os.environ, **numbers, "PATH": path, "RECORDED": str(recorded.resolve())}
    subprocess.run(command, env=surroundings, check=True, timeout=60)
    words = recorded.read_text().splitlines()
    parse_mixer(words, block.where)
    assert "3/16" in words
