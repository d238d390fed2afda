"""Memory that decoding takes, against what is free."""

from __future__ import annotations

from pathlib import Path

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.wording import size_text


def check_memory(name: str, needed: int) -> None:
    """Refuse to decode what does not fit in memory, before the machine runs out of it.

    Raises
    ------
    SourceError
        If more is needed than is free.
    """
    free = free_bytes()
    if free is not None and needed > free:
        raise SourceError(
            f"{name}: decoding it takes {size_text(needed)} of memory at once, {size_text(free)} are free: "
            f"its format has no random access; save it as a tiled TIFF on a larger machine"
        )


def free_bytes() -> int | None:
    """Return the memory that is free for this process, None where the system does not tell."""
    limits = [_free_of_machine(), _free_of_group()]
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else None


def _free_of_machine() -> int | None:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _free_of_group() -> int | None:
    """Return what a container's limit (cgroup version 2) leaves."""
    limit, used = _lines("/sys/fs/cgroup/memory.max"), _lines("/sys/fs/cgroup/memory.current")
    if not limit or not used or not limit[0].isdigit():
        return None
    # The files that the system keeps in memory count as used, and give way when memory is asked for.
    cached = sum(
        int(line.split()[1]) for line in _lines("/sys/fs/cgroup/memory.stat") if line.startswith("inactive_file ")
    )
    return max(0, int(limit[0]) - int(used[0]) + cached)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []
