"""Every code block of README and of the pages runs on the demo song, or is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import LANGUAGES, PAGES, blocks_of
from tests.docs.running import PageRun
from tests.docs.scenes import scene_of

WITH_BLOCKS = [page for page in PAGES if blocks_of(page)]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_every_block_says_its_language(page: Path) -> None:
    for block in blocks_of(page):
        assert block.language in LANGUAGES, block.where


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run_in_their_order(
    page: Path, short_demo: Path, empty_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = scene_of(page.stem, short_demo)
    if scene.trains:
        pytest.importorskip("torch", reason="needs the train extra")
    scene.prepare(short_demo)
    blocks = blocks_of(page)
    running = PageRun(scene.words, capsys)
    running.write_files(blocks)
    for block in blocks:
        running.run(block)
    scene.after(running.said)
