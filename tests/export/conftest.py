"""The fixtures of the network's room: exported networks, one torch thread."""

from tests.network.conftest import exported, one_torch_thread, profile_path

__all__ = ["exported", "one_torch_thread", "profile_path"]
