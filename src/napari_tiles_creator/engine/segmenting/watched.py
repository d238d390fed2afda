"""Work in a thread of its own that is watched: how far it is can be told while it lasts, and it can be stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")

# How often it is told how far it is, s.
EVERY_S = 0.2


class StoppedError(Exception):
    """Nobody waits for the work any more."""


def watched(work: Callable[[], T], share: Callable[[], float], stop: Callable[[], None]) -> Generator[float, None, T]:
    """Yield from time to time how far some work is, 0…1; return what it returns.

    Parameters
    ----------
    work : callable
        Runs in a thread of its own; what it raises is raised here.
    share : callable
        How much of it is done, 0…1.
    stop : callable
        Makes it end soon, such as by a `StoppedError`: called when the generator is closed, which then waits for it,
        and, to no effect, when it is at its end.
    """
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(work)
        try:
            while not wait([under_way], EVERY_S).done:
                yield share()
        finally:
            stop()
    return under_way.result()
