"""What a header claims against what the file can hold: nothing is decoded that cannot be true or cannot fit."""

from __future__ import annotations

from pathlib import Path

from napari_tiles_creator.errors import SourceError

# Claims below this are decoded without a question: whatever is wrong with the file, the memory is there.
HARMLESS_BYTES = 2**24


def check_claim(path: Path, height: int, width: int, pixel_bytes: float, most: float) -> None:
    """Refuse a header whose pixels cannot be in the file.

    Parameters
    ----------
    path : Path
        The file.
    height, width : int
        What its header says, px.
    pixel_bytes : float
        Bytes a pixel takes once it is decoded.
    most : float
        Bytes that one byte of the file can become at the very best, by the format's own rules.

    Raises
    ------
    SourceError
        If there is no pixel, or the file is too short for them.
    """
    if height < 1 or width < 1:
        raise SourceError(f"{path.name} is damaged: its header says {width} × {height} px")
    decoded, stored = height * width * pixel_bytes, path.stat().st_size
    if decoded > HARMLESS_BYTES and decoded > most * stored:
        raise SourceError(
            f"{path.name} is damaged or cut short: its header claims {width} × {height} px, "
            f"but the file holds {size_text(stored)} only"
        )


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


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if size < 1000 * factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size / 1e12:.3g} TB"
