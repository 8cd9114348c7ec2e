"""Tracing a torch module says nothing of its own."""

from __future__ import annotations

import logging

import torch

from export.traced_graph import traced_graph


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def test_torch_s_remarks_on_optional_packages_are_hidden() -> None:
    kept, logger = _Kept(), logging.getLogger("torch.onnx")
    level = logger.level
    logger.addHandler(kept)
    try:
        axes = ({0: torch.export.Dim("n")},)
        graph = traced_graph(torch.nn.Linear(2, 3), (torch.zeros(4, 2),), ["x"], ["y"], axes)
    finally:
        logger.removeHandler(kept)
    assert graph
    assert kept.lines == []
    assert logger.level == level
