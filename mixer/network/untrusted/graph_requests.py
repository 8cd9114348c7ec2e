"""Requests to the process of untrusted graphs; what it answers is trusted in nothing."""

from __future__ import annotations

from typing import Literal, TypedDict

# Name, type, shape and offset in the block of an input; name, shape and offset of an answer.
FeedPlace = tuple[str, str, list[int], int]
AnswerPlace = tuple[str, list[int], int]


class OpenWork(TypedDict):
    """Open the graph whose first `bytes` are in the block, on a device (kind, index)."""

    do: Literal["open"]
    graph: str
    bytes: int
    device: tuple[str, int]
    optimise: bool


class RunWork(TypedDict):
    """Run a graph with the inputs in the block, `bytes` long with room for the answers."""

    do: Literal["run"]
    graph: str
    bytes: int
    feeds: list[FeedPlace]
    answers: list[AnswerPlace]


Work = OpenWork | RunWork


class Request(TypedDict):
    """Work in the block of this number, and the bytes that it may take; None for no limit."""

    work: Work
    block: int
    memory: int | None
