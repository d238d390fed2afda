"""Work that is done in steps, so that it can be shown, stopped or spread: a generator whose return is the result.

And what such work may take where nobody says it: threads and memory.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

T = TypeVar("T")
Item = TypeVar("Item")
Changed = TypeVar("Changed")

# Memory for pixels, beyond what the program itself takes.
MEMORY_BYTES = 512 << 20
# Of that, what is kept between reads: the rest is for what is computed with.
HOLD_BYTES = MEMORY_BYTES // 2


def default_workers() -> int:
    """Return one worker a processor that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of an image is through."""

    done_px: int
    total_px: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that the user should know; nothing fails for it."""

    message: str


# What most work in steps yields.
Step: TypeAlias = Warned | Progress


def result_of(steps: Generator[object, None, T]) -> T:
    """Take all steps at once; return what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def passed_on(steps: Generator[Item, None, T], change: Callable[[Item], Changed | None]) -> Generator[Changed, None, T]:
    """Yield what each step is changed to, but for None; return what the steps come to. They are closed when this is."""
    try:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            changed = change(step)
            if changed is not None:
                yield changed
    finally:
        steps.close()


def carried_out(tasks: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """Yield what each task returns; see `in_order`."""
    return in_order(lambda task: task(), tasks, workers)


def in_order(work: Callable[[Item], T], items: Iterable[Item], workers: int) -> Generator[T, None, None]:
    """Yield what work gives for each item, in their order, from a pool of threads; one worker is this thread.

    Few items are begun ahead of the one that is waited for, so that results need little memory. When the generator is
    closed, or an item fails, no more is begun.

    Parameters
    ----------
    work : callable
        What is done with each item, in any thread.
    items : iterable
        Taken one by one in the calling thread.
    workers : int
        Threads, at least 1.
    """
    if workers == 1:
        yield from map(work, items)
        return
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
