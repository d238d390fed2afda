"""Work that is done in steps, so that it can be shown, stopped or spread: a generator whose return is the result."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of an image is through."""

    done_px: int
    total_px: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the user should know; nothing fails for it."""

    message: str


def result_of(steps: Generator[object, None, T]) -> T:
    """Take all steps at once; return what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def in_order(work: Callable[[Item], T], items: Iterable[Item], workers: int) -> Iterator[T]:
    """Yield what work gives for each item, in their order, from a pool of threads.

    Few items are begun ahead of the one that is waited for, so that results need little memory. When the generator is
    closed, or an item fails, no more is begun.

    Parameters
    ----------
    work : callable
        Called in the threads.
    items : iterable
        Taken one by one in the calling thread.
    workers : int
        Threads, at least 1.
    """
    under_way: deque[Future[T]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) > workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
