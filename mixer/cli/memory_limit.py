"""A limit on memory under which the libraries cannot even be loaded."""

from __future__ import annotations

# A render of a second of song was loaded and made within 600 MB of addresses and not within 300;
# below that, libraries fail while they load, or wait for threads that they do not get.
LEAST_BYTES = 512 << 20


def why_it_cannot_start() -> str | None:
    """Reason why this process's limit (`ulimit -v`) is too low; None if it suffices."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit >= LEAST_BYTES:
        return None
    return (
        f"cannot start within {limit >> 20} MiB of memory (ulimit -v); allow at least"
        f" {LEAST_BYTES >> 20} MiB"
    )
