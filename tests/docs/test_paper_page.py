"""docs/paper.md: every file, function and test that it names exists, and its commands run."""

from __future__ import annotations

import ast
import functools
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.files.wording import listed
from tests.signals import band
from tests.training.run.small_run import HYPER

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "paper.md"
_NAMED = re.compile(
    r"`((?:mixer|training|export|benchmarks|tests|docs)/[\w./-]+\.(?:py|toml|json|md))(?::(\w+))?`"
)


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The cells of every row of its tables, heads and rules left out."""
    lines = [line for line in text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "in the paper" and not row[0].startswith("---")]


@functools.cache
def definitions(path: Path) -> frozenset[str]:
    """What a Python file defines at its top: functions, classes and constants."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return frozenset(found)


def test_every_file_function_and_test_that_is_named_exists() -> None:
    named = _NAMED.findall(text())
    assert len(named) > 100
    missing = [path for path, _ in named if not (ROOT / path).is_file()]
    missing += [
        f"{path}:{name}"
        for path, name in named
        if name and (ROOT / path).is_file() and name not in definitions(ROOT / path)
    ]
    assert not missing, listed(missing)


def test_every_row_has_its_place_its_proof_and_its_difference() -> None:
    found = rows()
    assert len(found) > 35
    for row in found:
        assert len(row) == 4, row
        part, place, proof, difference = row
        assert all((part, place, proof, difference)), row
        # What nobody has done here has no proof, and says so in its place.
        if _NAMED.search(place):
            assert re.search(r"`tests/[\w/]+\.py:test_\w+`", proof), row


def test_links_inside_the_page_and_beside_it_lead_somewhere() -> None:
    heads = re.findall(r"^## (.+)$", text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w\s-]", "", head.lower()).replace(" ", "-") for head in heads}
    for target in re.findall(r"\]\((?!https)([^)]+)\)", text()):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (PAGE.parent / target).is_file(), target


def commands() -> list[list[str]]:
    blocks = re.findall(r"```\n(mixer .*?)```", text(), re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_the_commands_go_from_musdb18_to_the_table(tmp_path, monkeypatch, capsys) -> None:
    """As they stand, on three songs of two seconds with small networks and a few steps."""
    for place, name in enumerate(("train/A - A", "train/Triviul - Angelsaint", "test/B - B")):
        folder = tmp_path / "musdb18hq" / name
        folder.mkdir(parents=True)
        stems = band(np.random.default_rng(place), 2.0, 44_100)
        for stem, audio in {**stems, "mixture": sum(stems.values())}.items():
            soundfile.write(folder / f"{stem}.wav", 0.4 * audio.T, 44_100)
    small = [f"network.hyper_parameters.{name}={value}" for name, value in HYPER.items()]
    small += ["data.segment_s=1.7", "data.workers=0", "run.device=cpu", "run.batch_size=2"]
    small += ["run.batches_per_epoch=2", "schedule.epochs=1", "schedule.divisors=1"]
    small += ["data.valid_per_song=1", "schedule.warm_up_epochs=0", "run.tensorboard=false"]
    small += ["run.threads=1"]
    monkeypatch.chdir(tmp_path)
    assert [command[0] for command in commands()] == [
        "dataset",
        "train",
        "train",
        "export",
        "evaluate",
    ]
    for command in commands():
        more = {"train": small, "dataset": ["--variants", "1", "--jobs", "1"]}.get(command[0], [])
        words = [
            str(path.relative_to(tmp_path))
            for word in command
            if word.endswith("/*/")
            for path in sorted((tmp_path / word.removesuffix("/*/")).iterdir())
        ]
        plain = [word for word in command if not word.endswith("/*/")]
        assert run([*plain, *words, *more]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "Objective measures, mean over 1 song" in said
    assert re.search(r"^ours-s-lb +\d", said, re.MULTILINE)
    assert re.search(r"^none +\d", said, re.MULTILINE)
