"""What every test of training needs."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def torch_threads() -> Iterator[None]:
    """A run may set the number of PyTorch's threads; the next test has what there was before."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
